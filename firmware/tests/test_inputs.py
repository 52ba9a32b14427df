"""Edges become events: pulses, bounce, dropped interrupts and the gestures of a button."""

import json
import subprocess
from pathlib import Path

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_protocol.names import (
    ALARM,
    DEVICE,
    DOOR,
    FAULT_STUCK_INPUT,
    GESTURE_DOUBLE,
    GESTURE_HOLD,
    GESTURE_SINGLE,
    NOTICE,
    PANIC,
    RESTORE,
    TROUBLE,
    TROUBLE_RESTORE,
)

_SCRIPT = Path(__file__).with_name("inputs_script.py")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _play(name: str, kind: int, gesture: int, steps: str) -> list[list[int]]:
    command = [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)]
    done = subprocess.run(
        [*command, str(kind), str(gesture)],
        input=steps.replace(",", "\n").encode(),
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return [line for line in lines if line[0] != "touched"]


def test_a_pulse_that_nobody_saw_is_an_event(name: str) -> None:
    events = _play(name, PANIC, GESTURE_SINGLE, "100 1,101 0,110,170")
    assert events == [[110, PANIC, ALARM, GESTURE_SINGLE, 2], [170, PANIC, RESTORE, 0, 1]]


def test_bounce_is_one_press(name: str) -> None:
    events = _play(name, PANIC, GESTURE_SINGLE, "100 1,100,102 0,102,104 1,104,200,300 0,300,360")
    assert [event[2] for event in events] == [ALARM, RESTORE]


def test_a_dropped_interrupt_is_made_good_by_the_level(name: str) -> None:
    events = _play(name, DOOR, GESTURE_SINGLE, "100 1 dropped,150,400 0 dropped,450")
    assert [event[:3] for event in events] == [[150, DOOR, NOTICE], [450, DOOR, NOTICE]]


def test_a_hold_alarms_only_when_long_enough(name: str) -> None:
    short = "100 1,100,1000 0,1000,1100,"
    events = _play(name, PANIC, GESTURE_HOLD, short + "2000 1,2000,3900,4000,5000 0,5000")
    assert [event[:4] for event in events] == [
        [4000, PANIC, ALARM, GESTURE_HOLD],
        [5000, PANIC, RESTORE, 0],
    ]


def test_a_double_press_alarms_at_its_second_press(name: str) -> None:
    lone = "100 1,100,300 0,300,400,"
    twice = "5000 1,5000,5100 0,5100,5300 1,5300,5400 0,5400"
    events = _play(name, PANIC, GESTURE_DOUBLE, lone + twice)
    assert [event[:4] for event in events] == [
        [5300, PANIC, ALARM, GESTURE_DOUBLE],
        [5400, PANIC, RESTORE, 0],
    ]


def test_a_stuck_button_is_reported_once_and_restored(name: str) -> None:
    events = _play(name, PANIC, GESTURE_SINGLE, "0 1,0,29000,30000,31000,90000,95000 0,95000")
    assert [event[1:4] for event in events] == [
        [PANIC, ALARM, GESTURE_SINGLE],
        [DEVICE, TROUBLE, FAULT_STUCK_INPUT],
        [DEVICE, TROUBLE_RESTORE, FAULT_STUCK_INPUT],
        [PANIC, RESTORE, 0],
    ]
