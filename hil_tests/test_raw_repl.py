"""The raw REPL's client against a scripted peer: the Unix port has none to try it on."""

from __future__ import annotations

import pytest

from .raw_repl import BANNER, RawRepl, ReplError


class Peer:
    """Answers as a board does, in pieces of ``size`` bytes; keeps what it was sent."""

    def __init__(self, answers: list[tuple[bytes, bytes]], size: int = 1000) -> None:
        self._answers = answers
        self._size = size
        self._out = b""
        self.sent = b""
        self._unanswered = b""

    def write(self, data: bytes) -> int:
        self.sent += data
        self._unanswered += data
        if self._answers and self._unanswered.endswith(self._answers[0][0]):
            self._out += self._answers.pop(0)[1]
            self._unanswered = b""
        return len(data)

    def read(self, size: int = 1) -> bytes:
        part, self._out = self._out[: self._size], self._out[self._size :]
        return part


ENTERED = (b"\x01", b"noise\r\n>>> \r\n" + BANNER)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_program_runs_whatever_the_pieces(size: int) -> None:
    peer = Peer([ENTERED, (b"\x04", b"OK4\r\nfive\r\n\x04\x04>")], size)
    repl = RawRepl(peer)
    repl.enter()
    assert repl.run("print(2 + 2)\nprint('five')") == "4\nfive\n"
    assert b"print(2 + 2)" in peer.sent


def test_a_traceback_is_told() -> None:
    peer = Peer([ENTERED, (b"\x04", b"OK\x04Traceback\r\nImportError: no module\r\n\x04>")])
    repl = RawRepl(peer)
    repl.enter()
    with pytest.raises(ReplError, match="ImportError: no module"):
        repl.run("import nothing")


def test_a_board_that_says_nothing_or_something_else_is_told() -> None:
    with pytest.raises(ReplError, match="it said: nothing"):
        RawRepl(Peer([]), 0).enter()
    with pytest.raises(ReplError, match="it said: ets Jul 29"):
        RawRepl(Peer([(b"\x01", b"ets Jul 29 2019")]), 0).enter()


def test_lines_of_a_running_program_and_its_end() -> None:
    peer = Peer(
        [ENTERED, (b"\x04", b'OK{"ok": true}\r\n{"event": [1]}\r\n\x04MemoryError\r\n')], 3
    )
    repl = RawRepl(peer)
    repl.enter()
    repl.start("run()")
    assert [repl.line(), repl.line()] == ['{"ok": true}', '{"event": [1]}']
    with pytest.raises(ReplError, match="MemoryError"):
        repl.line()
    repl.send('{"get": "state"}')
    assert peer.sent.endswith(b'{"get": "state"}\n')


def test_a_long_program_goes_in_pieces() -> None:
    peer = Peer([ENTERED, (b"\x04", b"OK\x04\x04>")])
    repl = RawRepl(peer)
    repl.enter()
    assert repl.run("x = 1\n" * 100) == ""
    assert peer.sent.count(b"x = 1\n") == 100
