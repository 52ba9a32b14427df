"""Names are looked up without holding up the loop, and nothing but a true answer is believed."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("dns_script.py")
_QUESTION = b"\x06broker\x07example\x00\x00\x01\x00\x01"


def _command(name: str, *words: str) -> list[str]:
    return [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), *words]


def _answer(asked: bytes, *records: bytes, code: int = 0, number: int | None = None) -> bytes:
    head = asked[:2] if number is None else struct.pack(">H", number)
    return (
        head + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0) + asked[12:]
    ) + b"".join(records)


def _record(kind: int, content: bytes, name: bytes = b"\xc0\x0c") -> bytes:
    return name + struct.pack(">HHIH", kind, 1, 60, len(content)) + content


@contextmanager
def _server(answer: Callable[[bytes, int], list[bytes]]) -> Iterator[int]:
    """``answer(question, how many came before)`` returns the datagrams to send back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            count = 0
            while True:
                asked, sender = sock.recvfrom(512)
                if not asked:
                    return
                for datagram in answer(asked, count):
                    sock.sendto(datagram, sender)
                count += 1

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", sock.getsockname())
        thread.join()


def _ask(name: str, port: int, host: str = "broker.example") -> dict[str, Any]:
    done = subprocess.run(
        _command(name, "ask", host, str(port)), capture_output=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", NAMES)
def test_the_address_behind_another_name_is_found(name: str) -> None:
    alias = _record(5, b"\x04edge\xc0\x13")
    address = _record(1, bytes((192, 0, 2, 7)), b"\x04edge\x07example\x00")
    with _server(lambda asked, count: [_answer(asked, alias, address)]) as port:
        assert _ask(name, port)["address"] == "192.0.2.7"


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_question_is_asked_again_and_a_foreign_answer_is_ignored(name: str) -> None:
    true = _record(1, bytes((192, 0, 2, 7)))
    false = _record(1, bytes((203, 0, 113, 9)))

    def answer(asked: bytes, count: int) -> list[bytes]:
        foreign = (struct.unpack(">H", asked[:2])[0] + 1) & 0xFFFF
        return [_answer(asked, true)] if count else [_answer(asked, false, number=foreign)]

    with _server(answer) as port:
        result = _ask(name, port)
    assert result["address"] == "192.0.2.7"
    assert result["turns"] > 100, "the loop went on turning while nobody answered"


@pytest.mark.parametrize("name", NAMES)
def test_no_such_host_is_told(name: str) -> None:
    with _server(lambda asked, count: [_answer(asked, code=3)]) as port:
        assert "no such host" in _ask(name, port)["error"]


@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.binary(max_size=60).map(
                lambda rest: b"\x12\x34\x81\x80\0\1\0\3\0\0\0\0" + _QUESTION + rest
            ),
        ),
        min_size=100,
        max_size=300,
    )
)
def test_garbage_is_no_answer(datagrams: list[bytes]) -> None:
    lines = "\n".join(datagram.hex() or "00" for datagram in datagrams)
    done = subprocess.run(
        _command("micropython", "judge"), input=lines.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    said = done.stdout.decode().split("\n")[:-1]
    assert len(said) == len(datagrams)
    for datagram, word in zip(datagrams, said, strict=True):
        believed = word not in ("None", "DNS: no such host")
        assert not believed or datagram.startswith(b"\x12\x34")
