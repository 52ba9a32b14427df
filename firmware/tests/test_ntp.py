"""The device's clock is set by an honest server's answer, and by nothing else."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("ntp_script.py")
_UNIX_1900 = 2_208_988_800
Answer = Callable[[bytes], bytes | None]


def _packet(asked: bytes, unix_s: float, first: int = 0x24, stratum: int = 2) -> bytes:
    seconds = int(unix_s) + _UNIX_1900
    stamp = struct.pack(">II", seconds & 0xFFFFFFFF, int(unix_s % 1 * 2**32))
    return bytes((first, stratum, 6, 0xEC)) + bytes(20) + asked[40:48] + stamp + stamp


@contextmanager
def _server(answer: Answer) -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                asked, sender = sock.recvfrom(256)
                if not asked:
                    return
                reply = answer(asked)
                if reply is not None:
                    sock.sendto(reply, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", sock.getsockname())
        thread.join()


def _asked(name: str, answer: Answer) -> dict[str, Any]:
    with _server(answer) as port:
        done = subprocess.run(
            [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), str(port)],
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 0, done.stderr + done.stdout
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", NAMES)
def test_a_true_answer_sets_the_clock(name: str) -> None:
    result = _asked(name, lambda asked: _packet(asked, 1_900_000_000.25))
    assert result["set"] is True
    assert 1_900_000_000_250 <= result["wall"] < 1_900_000_002_500
    assert result["told"] == [result["told"][0]]
    assert result["told"][0] in (1_900_000_000, 1_900_000_001, 1_900_000_002)


@pytest.mark.parametrize("name", NAMES)
def test_after_2036_the_count_has_begun_anew(name: str) -> None:
    result = _asked(name, lambda asked: _packet(asked, 2_100_000_000))
    assert 2_100_000_000_000 <= result["wall"] < 2_100_000_002_500


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: _packet(b"\0" * 48, time.time()),
        lambda asked: _packet(asked, time.time(), first=0x23),
        lambda asked: _packet(asked, time.time(), first=0xE4),
        lambda asked: _packet(asked, time.time(), stratum=0),
        lambda asked: _packet(asked, time.time(), stratum=16),
        lambda asked: _packet(asked, time.time())[:47],
        lambda asked: None,
    ],
    ids=["foreign", "no server", "not set", "kiss of death", "stratum 16", "short", "silence"],
)
def test_anything_else_sets_nothing_and_holds_up_nothing(answer: Answer) -> None:
    result = _asked("micropython", answer)
    assert (result["set"], result["wall"], result["told"]) == (False, None, [])
    assert result["turns"] > 100, "the loop went on while nothing came"
