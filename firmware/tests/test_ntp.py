"""The device's clock is set by an honest server's answer, and by nothing else."""

from __future__ import annotations

import json
import re
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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


def _asked(name: str, answer: Answer, **more: Any) -> dict[str, Any]:
    with _server(answer) as port:
        given = json.dumps({"port": port, "now": int(time.time()), **more})
        done = subprocess.run(
            [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), given],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert done.returncode == 0, done.stderr + done.stdout
    result: dict[str, Any] = json.loads(done.stdout)
    result["said"] = done.stderr
    return result


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("epoch", [1970, 2000])
def test_a_true_answer_sets_the_clock(name: str, epoch: int) -> None:
    result = _asked(name, lambda asked: _packet(asked, 1_900_000_000.25), epoch=epoch)
    assert result["set"] == [True]
    assert 1_900_000_000_250 <= result["wall"] < 1_900_000_002_500
    assert result["told"] == [result["told"][0]]
    assert result["told"][0] in (1_900_000_000, 1_900_000_001, 1_900_000_002)
    assert 2_700_000 <= result["pauses"][0] <= 3_600_000
    assert abs(result["off"]) < 10_000, "the system's clock is Unix time in both epochs"


@pytest.mark.parametrize("name", NAMES)
def test_after_2036_the_count_has_begun_anew(name: str) -> None:
    result = _asked(name, lambda asked: _packet(asked, 2_100_000_000))
    assert 2_100_000_000_000 <= result["wall"] < 2_100_000_002_500


_UNBELIEVABLE: dict[str, Answer] = {
    "foreign": lambda asked: _packet(b"\0" * 48, time.time()),
    "no server": lambda asked: _packet(asked, time.time(), first=0x23),
    "not set": lambda asked: _packet(asked, time.time(), first=0xE4),
    "stratum 16": lambda asked: _packet(asked, time.time(), stratum=16),
    "short": lambda asked: _packet(asked, time.time())[:47],
    "zero": lambda asked: _packet(asked, -_UNIX_1900),
    "1970": lambda asked: _packet(asked, 0),
    "silence": lambda asked: None,
}


@pytest.fixture(scope="module")
def unbelieved() -> dict[str, dict[str, Any]]:
    """Every one is waited for in vain for two seconds: all at the same time."""
    with ThreadPoolExecutor() as pool:
        running = {
            name: pool.submit(_asked, "micropython", answer)
            for name, answer in _UNBELIEVABLE.items()
        }
        return {name: answer.result() for name, answer in running.items()}


@pytest.mark.parametrize("name", _UNBELIEVABLE)
def test_anything_else_sets_nothing_and_holds_up_nothing(
    unbelieved: dict[str, dict[str, Any]], name: str
) -> None:
    result = unbelieved[name]
    assert (result["set"], result["wall"], result["told"]) == ([False], None, [])
    assert result["turns"] > 100, "the loop went on while nothing came"


def test_a_server_that_wants_to_be_left_alone_is() -> None:
    result = _asked("micropython", lambda asked: _packet(asked, time.time(), stratum=0))
    assert (result["set"], result["wall"]) == ([False], None)
    assert result["pauses"][0] >= 2_700_000


@pytest.mark.parametrize("name", NAMES)
def test_a_jump_is_believed_when_the_next_answer_agrees(name: str) -> None:
    result = _asked(name, lambda asked: _packet(asked, 1_900_000_000), wall=1_800_000_000, times=2)
    assert result["set"] == [False, True]
    assert 11_250 <= result["pauses"][0] <= 15_000
    assert 1_900_000_000_000 <= result["wall"] < 1_900_000_010_000
    assert re.search(r"off by (99999999|100000000) s, asking again", result["said"])
    assert re.search(r"moved by (9999999|1000000)\d+ ms", result["said"])


def test_jumps_that_disagree_are_not_believed() -> None:
    told = iter((1_900_000_000, 1_800_001_000, 2_000_000_000))
    result = _asked("micropython", lambda asked: _packet(asked, next(told)),
                    wall=1_800_000_000, times=3)  # fmt: skip
    assert result["set"] == [False] * 3
    assert 1_800_000_000_000 <= result["wall"] < 1_800_000_020_000


def test_a_time_before_the_identity_was_made_is_not_believed() -> None:
    result = _asked("micropython", lambda asked: _packet(asked, 1_700_000_000), made=1_800_000_000)
    assert (result["set"], result["wall"]) == ([False], None)
    assert "before the identity" in result["said"]


def test_a_server_with_a_name_is_looked_up_once() -> None:
    questions = []

    def knows(asked: bytes) -> bytes:
        questions.append(asked)
        head = asked[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1, 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes((127, 0, 0, 1))
        return head + asked[12:] + record

    with _server(knows) as dns:
        result = _asked("micropython", lambda asked: _packet(asked, 1_900_000_000),
                        server="time.example", dns=dns, times=2)  # fmt: skip
    assert result["set"] == [True, True]
    assert len(questions) == 1
    assert _asked("micropython", lambda asked: None, server="time.example")["set"] == [False]
