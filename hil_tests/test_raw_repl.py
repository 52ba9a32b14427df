"""The raw REPL's client against boards on a pseudo-terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import serial

from .pty_boards import BabblingBoard, PtyBoard, ScriptedBoard
from .raw_repl import BANNER, RawRepl, ReplError
from .serial_rig import open_port

ENTER = b"\r\x03\x03\r\x01"
ENTERED = (ENTER, b"noise\r\n>>> \r\n" + BANNER)
Connect = Callable[..., RawRepl]


@pytest.fixture
def connect() -> Iterator[Connect]:
    ends: list[PtyBoard | serial.Serial] = []

    def connect(board: PtyBoard, patience_s: float = 5.0) -> RawRepl:
        ends.append(board)
        board.begin()
        port = open_port(board.name)
        ends.append(port)
        return RawRepl(port, patience_s)

    yield connect
    for end in reversed(ends):
        end.close()


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_a_program_runs_whatever_the_pieces(connect: Connect, piece: int) -> None:
    board = ScriptedBoard([ENTERED, (b"\x04", b"OK4\r\nfive\r\n\x04\x04>")], piece)
    repl = connect(board)
    repl.enter()
    assert repl.run("print(2 + 2)\nprint('five')") == "4\nfive\n"
    assert board.sent == ENTER + b"print(2 + 2)\nprint('five')\x04"


def test_a_board_that_starts_late_is_asked_again(connect: Connect) -> None:
    board = ScriptedBoard([(ENTER + ENTER, BANNER + BANNER), (b"\x04", b"OK1\r\n\x04\x04>")])
    repl = connect(board)
    repl.enter()
    assert repl.run("print(1)") == "1\n", "the second banner is passed over"


def test_a_board_that_says_nothing_is_told(connect: Connect) -> None:
    with pytest.raises(ReplError, match="it said: nothing"):
        connect(PtyBoard(), 0.2).enter()


def test_a_board_in_a_boot_loop_is_told_in_time(connect: Connect) -> None:
    repl = connect(BabblingBoard(), 1.0)
    began = time.monotonic()
    with pytest.raises(ReplError, match="RTCWDT_RTC_RESET"):
        repl.enter()
    assert time.monotonic() - began < 5


def test_a_board_whose_program_has_died_is_told_with_its_traceback(connect: Connect) -> None:
    end = (
        b'OK{"ok": true}\r\n\x04Traceback (most recent call last):\r\n  File\r\nMemoryError: \r\n'
    )
    repl = connect(ScriptedBoard([ENTERED, (b"\x04", end + b"\x04>")], 3))
    repl.enter()
    repl.start("run()")
    assert repl.line() == '{"ok": true}'
    with pytest.raises(ReplError, match=r"has ended: Traceback(.|\n)*MemoryError"):
        repl.line()


def test_a_program_that_is_given_lines(connect: Connect) -> None:
    script = [ENTERED, (b"\x04", b"OKready\r\n"), (b"one\n", b"1\r\n"), (b"two\n", b"2\r\n")]
    repl = connect(ScriptedBoard(script))
    repl.enter()
    repl.start("serve()")
    assert repl.line() == "ready"
    for name, answer in (("one", "1"), ("two", "2")):
        repl.send(name)
        assert repl.line() == answer


def test_a_long_program_arrives_whole(connect: Connect) -> None:
    board = ScriptedBoard([ENTERED, (b"\x04", b"OK\x04\x04>")])
    repl = connect(board)
    repl.enter()
    program = "".join(f"x = {number}\n" for number in range(500))
    assert repl.run(program) == ""
    assert board.sent == ENTER + program.encode() + b"\x04"
