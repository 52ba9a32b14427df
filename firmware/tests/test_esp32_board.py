"""The ESP32 board on fakes that behave as the port does, on both interpreters."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_HERE = Path(__file__).parent
_FAKES = _HERE / "fakes"


@pytest.fixture(params=NAMES, scope="module")
def findings(request: pytest.FixtureRequest) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(interpreter(request.param), "-X", "heapsize=1m"),
            *(str(_HERE / "esp32_script.py"), str(FIRMWARE), str(PROTOCOL), str(_FAKES)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_a_full_queue_of_interrupts_loses_no_press(findings: dict[str, Any]) -> None:
    assert findings["dropped"] == 1
    assert findings["seen"][0][0] is True
    assert findings["seen without an interrupt"] is False
    assert findings["irq takes no hard"] is True


def test_voltages(findings: dict[str, Any]) -> None:
    assert findings["supply"] == 3300
    # A short and 80 mV look the same; an open loop saturates; both are beyond every window.
    assert findings["loop"] == [0, 0, 500, 666, 939]


def test_why_it_started(findings: dict[str, Any]) -> None:
    assert findings["causes"] == [1, 2, 3, 4, 5]
    assert findings["clock floor"] == [2030, 3, 17], "certificates can be verified before NTP"


def test_it_wakes_on_the_opposite_level(findings: dict[str, Any]) -> None:
    assert findings["door closed"] == [5000, [["ext1", ["(26,)", "True"]]], "door"]
    assert findings["door open"] == [5000, [["ext0", ["26", "False"]]], "door"]
    assert findings["timer"] is None
    assert findings["two"][1] == [["ext0", ["4", "False"]], ["ext1", ["(5,)", "True"]]]
    assert findings["two"][2] == "button"
    assert findings["c3"] is False, "this build of the C3 cannot wake by a contact"
    assert findings["moved"] == "returned"


def test_slots(findings: dict[str, Any]) -> None:
    assert (findings["running"], findings["refused"]) == (0, -5379)
    assert (findings["boot"], findings["then running"]) == ("ota_1", 1)


def test_the_application_runs_on_it(findings: dict[str, Any]) -> None:
    assert findings["event"] is True
    assert findings["lamp"] == ["pressed", 1]
    assert findings["watchdog"] == [20_000, True]


@pytest.mark.parametrize("name", NAMES)
def test_a_start_without_file_system_and_identity_ends_in_a_restart(name: str) -> None:
    done = subprocess.run(
        [
            *(interpreter(name), "-X", "heapsize=1m", str(_HERE / "start_script.py")),
            *(str(FIRMWARE), str(PROTOCOL), str(_FAKES)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said == [
        ["boot", "goes on"],
        ["pause", 5_000],
        ["end", "reset"],
        ["watchdog first", [60_000]],
    ]
    assert "identity: blank" in done.stderr
    assert "file system: not mounted" in done.stderr
