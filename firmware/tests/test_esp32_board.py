"""The ESP32 board on fakes that behave as the port does, on both interpreters."""

from __future__ import annotations

from typing import Any

import pytest
from interpreters import NAMES, said_on_fakes


@pytest.fixture(params=NAMES, scope="module")
def findings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(said_on_fakes(request.param, "esp32_script.py")[0])


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
    for name, armed, woken in [
        ("door closed", {"ext1": ["(26,)", "True"]}, "door"),
        ("door open", {"ext0": ["26", "False"]}, "door"),
        ("two", {"ext0": ["4", "False"], "ext1": ["(5,)", "True"]}, "button"),
        # Two that were closed: which of them it was, the level tells at the next start.
        ("three", {"ext0": ["27", "False"], "ext1": ["(26, 14)", "True"]}, None),
        ("c3 door", {"gpio": ["(4,)", "True"]}, "door"),
    ]:
        found = findings[name]
        assert (found["ms"], found["light"], found["armed"]) == (5000, 0, armed), name
        assert found["wakes before and after"] == [False, True], name
        assert found["woken by"] == woken, name
    assert findings["timer"]["woken by"] is None
    assert (findings["c3 without"], findings["c3 with"]) == (False, True)


def test_a_contact_that_moved_before_the_sleep_is_not_slept_over(findings: dict[str, Any]) -> None:
    assert findings["armed anew"] == [5000, False, ["ext1"]]
    assert findings["moved before"] == "door"


@pytest.mark.parametrize(
    ("name", "moved"), [("two open", "button"), ("c3 mixed", "door"), ("no such pin", "tamper")]
)
def test_where_the_chip_cannot_wake_it_looks_instead(
    findings: dict[str, Any], name: str, moved: str
) -> None:
    first, looks, again, fed, woken = findings[name]
    assert (first, looks) == (None, 1000), "it returned when the contact moved"
    assert again == 1
    assert fed >= 1000, "a watchdog must not end it"
    assert woken == moved, "the contact is back, and is told of all the same"


def test_the_heartbeat_comes_without_a_wake_by_contact_too(findings: dict[str, Any]) -> None:
    assert findings["heartbeat"] == [1, 50, False]


def test_no_deep_sleep_between_activation_and_start(findings: dict[str, Any]) -> None:
    assert findings["slot activated"] == "reset"


def test_an_alarm_during_the_farewell_does_not_wait_for_the_heartbeat(
    findings: dict[str, Any],
) -> None:
    assert findings["farewell"] == 3_600_000
    assert findings["alarm in the farewell"] == 1


def test_a_supply_that_is_not_measured_is_no_low_battery(findings: dict[str, Any]) -> None:
    assert findings["no divider"] is None
    assert findings["battery rail"] == 500


def test_slots(findings: dict[str, Any]) -> None:
    assert (findings["running"], findings["refused"]) == (0, -5379)
    assert (findings["boot"], findings["then running"]) == ("ota_1", 1)


def test_the_application_runs_on_it(findings: dict[str, Any]) -> None:
    assert findings["event"] is True
    assert findings["lamp"] == ["pressed", 1]
    assert findings["watchdog"] == [20_000, True]


@pytest.mark.parametrize("name", NAMES)
def test_a_start_without_file_system_and_identity_ends_in_a_restart(name: str) -> None:
    said, complaints = said_on_fakes(name, "start_script.py")
    assert said == [
        ["boot", "goes on"],
        ["pause", 5_000],
        ["end", "reset"],
        ["watchdog first", [60_000]],
    ]
    assert "identity: blank" in complaints
    assert "file system: not mounted" in complaints
