"""What waits for a centre waits once; a client that is moved ends up where it was moved to."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter
from mqtt_peer import Broker

_SCRIPT = Path(__file__).with_name("link_script.py")


def _said(name: str, *words: str) -> Any:
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), *words],
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def slow_dns() -> Iterator[int]:
    """Answers the first question with 127.0.0.2, after the time that an answer takes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            asked, sender = sock.recvfrom(512)
            time.sleep(0.2)
            record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\2"
            sock.sendto(asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked[12:] + record, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(sock.getsockname()[1])
        thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_an_alarm_that_is_asked_for_again_waits_once(name: str) -> None:
    assert _said(name, "asked") == [1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_a_move_while_a_name_is_looked_up_is_not_overtaken(
    name: str, broker: Broker, slow_dns: int
) -> None:
    assert _said(name, "moved", str(slow_dns), str(broker.port)) == [[127, 0, 0, 1]]
