"""The whole firmware on the virtual board: an event outlives kill -9 with the broker down."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, interpreter

from callpoint_protocol.names import ALARM, INTRUSION, PANIC
from callpoint_rig.ports import free_port

# The 32-bit interpreter compiles the sources in this heap as well; see README, "Memory".
_HEAP = "160k"


@contextmanager
def _board(name: str, settings: Path) -> Iterator[Any]:
    command = [
        interpreter(name),
        "-X",
        f"heapsize={_HEAP}" if name.endswith("32") else "heapsize=2m",
    ]
    process = subprocess.Popen(
        [*command, str(FIRMWARE / "callpoint_boards/virtual.py"), str(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        with socket.create_connection(("127.0.0.1", json.loads(line)["control"]), 60) as control:
            yield control.makefile("rw")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def _ask(control: Any, request: dict[str, Any], wanted: str = "ok") -> dict[str, Any]:
    control.write(json.dumps(request) + "\n")
    control.flush()
    while True:
        answer: dict[str, Any] = json.loads(control.readline())
        if wanted in answer:
            return answer


def _until_depth(control: Any, depth: int) -> None:
    """Wait until so many events are in flash, however soon after the start they were raised."""
    ends = time.monotonic() + 60
    while (found := _ask(control, {"get": "state"})["depth"]) != depth:
        assert time.monotonic() < ends, f"{found} events, not {depth}"


@pytest.mark.parametrize("name", NAMES)
def test_an_event_outlives_a_kill(name: str, tmp_path: Path) -> None:
    port = free_port()
    settings = tmp_path / "board.json"
    zones = [{"zone": 1, "kind": "panic", "input": "button"}]
    content = {"site": "s", "device": "d", "host": "127.0.0.1", "port": port, "zones": zones}
    settings.write_text(json.dumps(content))
    with _board(name, settings) as control:
        event = _ask(control, {"set": "button", "to": 1}, "event")["event"]
        assert event[1:] == [1, PANIC, ALARM, 1]
    settings.write_text(json.dumps({**content, "board": {"levels": {"button": 1}}}))
    with _board(name, settings) as control:
        state = _ask(control, {"get": "state"})
        assert state["depth"] == 1  # it is still held down, which is no new press
        assert state["boot"] == event[0] + 1
        assert "error" in _ask(control, {"set": "nothing", "to": 1}, "error")
    settings.write_text(json.dumps(content))
    with _board(name, settings) as control:
        _until_depth(control, 2)  # let go of without power: restored


@pytest.mark.parametrize("name", NAMES)
def test_loops_and_what_woke_the_board(name: str, tmp_path: Path) -> None:
    settings = tmp_path / "board.json"
    loop = {"input": "line", "preset": "4k7", "pullup": 4700}
    content = {
        "site": "s",
        "device": "d",
        "host": "127.0.0.1",
        "port": 1,
        "zones": [
            {"zone": 1, "kind": "intrusion", "loop": loop},
            {"zone": 2, "kind": "door", "input": "contact", "release": "exit", "left_open_s": 60},
            {"zone": 3, "kind": "smoke", "input": "relay", "fault": "fault", "latch_s": 30},
        ],
        "board": {"levels": {"line": 500}, "woken_by": "contact"},
    }
    settings.write_text(json.dumps(content))
    with _board(name, settings) as control:
        _until_depth(control, 2)  # the door opened and closed again
        alarm = _ask(control, {"loop": "line", "ratio": 670}, "event")["event"]
        assert alarm[2:] == [INTRUSION, ALARM, 1]
        assert _ask(control, {"get": "state"})["loops"] == {"line": 670}
        for ratio in (1001, -1, True, "1", None):
            assert "error" in _ask(control, {"loop": "line", "ratio": ratio}, "error")
        assert "error" in _ask(control, {"loop": "contact", "ratio": 1}, "error")
