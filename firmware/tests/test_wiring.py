"""Doors, latching contacts, what moved without power, what woke the chip, debounce per zone."""

from collections.abc import Iterator
from typing import Any

import pytest
from interpreters import NAMES
from wired import Wired

from callpoint_protocol.names import (
    ALARM,
    CLOSED,
    DEVICE,
    DOOR,
    FAULT_STUCK_INPUT,
    FORCED,
    GESTURE_SINGLE,
    LEFT_OPEN,
    NOTICE,
    OPEN,
    PANIC,
    RESTORE,
    SMOKE,
    TROUBLE,
    TROUBLE_RESTORE,
)

OPENED = (NOTICE, OPEN)
SHUT = (NOTICE, CLOSED)


@pytest.fixture(params=NAMES, scope="module")
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    played = Wired(str(request.param))
    yield played
    played.close()


def _door(**more: Any) -> dict[str, Any]:
    return {"zone": 1, "kind": "door", "input": "c", **more}


def _smoke(**more: Any) -> dict[str, Any]:
    return {"zone": 1, "kind": "smoke", "input": "c", **more}


def _told(wired: Wired, zone: Any, until: int, happens: Any, **more: Any) -> Any:
    return [event[:2] for event in wired.events(zone, until, happens, **more)]


@pytest.mark.parametrize("active", [0, 1])
def test_a_door_is_normally_open_or_closed(wired: Wired, active: int) -> None:
    happens = [[1_000, "c", active], [2_000, "c", 1 - active]]
    assert _told(wired, _door(active=active), 5_000, happens) == [OPENED, SHUT]


@pytest.mark.parametrize(
    ("zone", "configured", "after"),
    [({"left_open_s": 30}, {}, 30), ({}, {"lo1": 40}, 40), ({"left_open_s": 5}, {"lo1": 0}, 0)],
)
def test_a_door_left_open_is_a_trouble_until_it_closes(
    wired: Wired, zone: Any, configured: Any, after: int
) -> None:
    happens = [[1_000, "c", 1], [90_000, "c", 0]]
    events = wired.events(_door(**zone), 120_000, happens, configured=configured)
    troubles = [event for event in events if event[0] in (TROUBLE, TROUBLE_RESTORE)]
    if not after:
        assert troubles == []
        return
    assert [event[:2] for event in events] == [
        OPENED,
        (TROUBLE, LEFT_OPEN),
        SHUT,
        (TROUBLE_RESTORE, LEFT_OPEN),
    ]
    assert 0 <= troubles[0][2] - (1_000 + after * 1_000) <= 50
    early = [[1_000, "c", 1], [after * 1_000 + 900, "c", 0]]
    assert _told(wired, _door(**zone), 120_000, early, configured=configured) == [OPENED, SHUT]


@pytest.mark.parametrize("active", [0, 1])
def test_a_door_opened_without_a_request_is_forced(wired: Wired, active: int) -> None:
    zone = _door(release="exit", release_active=active)
    asked, over = ["exit", active], ["exit", 1 - active]
    forced = [OPENED, (TROUBLE, FORCED), SHUT, (TROUBLE_RESTORE, FORCED)]
    for happens, wanted in (
        ([[10_000, "c", 1], [20_000, "c", 0]], forced),
        ([[10_000, *asked], [10_000, *over], [14_900, "c", 1], [20_000, "c", 0]], [OPENED, SHUT]),
        ([[10_000, *asked], [10_500, *over], [16_000, "c", 1], [20_000, "c", 0]], forced),
        ([[10_000, *asked], [40_000, "c", 1], [50_000, "c", 0]], [OPENED, SHUT]),
        ([[2_000, "c", 1], [20_000, "c", 0]], [OPENED, SHUT]),  # nobody saw who asked before
    ):
        assert _told(wired, zone, 60_000, happens) == wanted
    assert _told(wired, _door(), 60_000, [[10_000, "c", 1]]) == [OPENED]


def test_a_request_and_the_door_at_one_look_are_no_force(wired: Wired) -> None:
    zone = _door(release="exit")
    happens = [[10_000, "c", 1], [10_010, "exit", 1]]
    assert _told(wired, zone, 20_000, happens, stalls=[[9_990, 10_090]]) == [OPENED]


def test_a_forced_door_may_also_be_left_open(wired: Wired) -> None:
    zone = _door(release="exit", left_open_s=10)
    happens = [[10_000, "c", 1], [30_000, "c", 0], [40_000, "c", 1]]
    assert _told(wired, zone, 60_000, happens) == [
        OPENED,
        (TROUBLE, FORCED),
        (TROUBLE, LEFT_OPEN),
        SHUT,
        (TROUBLE_RESTORE, LEFT_OPEN),
        (TROUBLE_RESTORE, FORCED),
        OPENED,
        (TROUBLE, FORCED),
        (TROUBLE, LEFT_OPEN),
    ]


def test_a_detector_latches_until_it_was_normal_for_long_enough(wired: Wired) -> None:
    happens = []
    for at in (1_000, 6_000, 11_000):
        happens += [[at, "c", 1], [at + 1_000, "c", 0]]
    start = {"until": 60_000, "happens": happens}
    told = wired.play(zones=[_smoke(latch_s=10)], starts=[start])[0]
    assert [event[1:3] for event in told] == [[SMOKE, ALARM], [SMOKE, RESTORE]]
    assert told[1][5] == 3  # closings in all
    assert 22_000 <= told[1][0] <= 22_050
    assert _told(wired, _smoke(), 60_000, happens) == [(ALARM, 0), (RESTORE, 0)] * 3


def test_a_fault_contact_is_a_trouble_of_the_same_zone(wired: Wired) -> None:
    happens = [[1_000, "f", 1], [2_000, "c", 1], [3_000, "f", 0], [4_000, "c", 0]]
    assert _told(wired, _smoke(fault="f"), 5_000, happens) == [
        (TROUBLE, 0),
        (ALARM, 0),
        (TROUBLE_RESTORE, 0),
        (RESTORE, 0),
    ]


def _starts(wired: Wired, zone: Any, *starts: Any) -> Any:
    played = wired.play(zones=[zone], starts=[{"until": 1_000, **start} for start in starts])
    return [[tuple(event[1:3]) + (event[4],) for event in events] for events in played]


def test_what_moved_without_power_is_told_at_the_start(wired: Wired) -> None:
    still_open = {"levels": {"c": 1}}
    opened, shut = (DOOR, NOTICE, OPEN), (DOOR, NOTICE, CLOSED)
    told = _starts(wired, _door(), {}, still_open, still_open, {}, {}, still_open)
    assert told == [[], [opened], [], [shut], [], [opened]]


def test_troubles_of_a_door_end_when_it_was_closed_without_power(wired: Wired) -> None:
    zone = _door(release="exit", left_open_s=10)
    first = {"happens": [[10_000, "c", 1]], "until": 30_000}
    told = _starts(wired, zone, first, {"levels": {"c": 1}, "until": 60_000}, {})
    assert [event[1:] for event in told[0]] == [OPENED, (TROUBLE, FORCED), (TROUBLE, LEFT_OPEN)]
    assert told[1] == []  # told of before
    assert [event[1:] for event in told[2]] == [
        SHUT,
        (TROUBLE_RESTORE, LEFT_OPEN),
        (TROUBLE_RESTORE, FORCED),
    ]


def test_an_alarm_and_a_fault_outlast_a_start(wired: Wired) -> None:
    both = {"levels": {"c": 1, "f": 1}}
    told = _starts(wired, _smoke(fault="f", latch_s=5), both, both, {"until": 20_000})
    assert sorted(told[0]) == [(SMOKE, ALARM, 0), (SMOKE, TROUBLE, 0)]
    assert told[1] == []
    assert sorted(told[2]) == [(SMOKE, RESTORE, 0), (SMOKE, TROUBLE_RESTORE, 0)]


def test_a_latched_alarm_is_restored_after_a_start(wired: Wired) -> None:
    pulse = {"happens": [[100, "c", 1], [200, "c", 0]]}
    told = _starts(wired, _smoke(latch_s=5), pulse, {}, {"until": 20_000}, {})
    assert told == [[(SMOKE, ALARM, 0)], [], [(SMOKE, RESTORE, 0)], []]


def test_a_button_that_was_held_or_stuck_is_restored_when_let_go_of(wired: Wired) -> None:
    zone = {"zone": 1, "kind": "panic", "input": "c"}
    down = {"levels": {"c": 1}}
    told = _starts(
        wired, zone, down, down, {**down, "until": 40_000}, {**down, "until": 40_000}, {}
    )
    assert told == [
        [(PANIC, ALARM, GESTURE_SINGLE)],
        [],
        [(DEVICE, TROUBLE, FAULT_STUCK_INPUT)],
        [],
        [(DEVICE, TROUBLE_RESTORE, FAULT_STUCK_INPUT), (PANIC, RESTORE, 0)],
    ]


def test_a_contact_that_woke_the_chip_and_is_back_is_a_pulse(wired: Wired) -> None:
    woken = {"woken_by": "c"}
    open_and_woken = {"woken_by": "c", "levels": {"c": 1}}
    told = _starts(wired, _door(), woken, open_and_woken, open_and_woken, woken, {})
    assert [[event[1:] for event in events] for events in told] == [
        [OPENED, SHUT],
        [OPENED],
        [SHUT, OPENED],
        [SHUT],
        [],
    ]
    panic = {"zone": 1, "kind": "panic", "input": "c"}
    assert _starts(wired, panic, woken, {}) == [
        [(PANIC, ALARM, GESTURE_SINGLE), (PANIC, RESTORE, 0)],
        [],
    ]


@pytest.mark.parametrize(
    ("zone", "configured", "debounce"),
    [
        ({}, {}, 50),
        ({}, {"db": 200}, 200),
        ({"debounce": 400}, {"db": 200}, 400),
        ({"debounce": 400}, {"d1": 1_000}, 1_000),
        ({}, {"d1": 0}, 5),
    ],
)
def test_debounce_is_the_zones_own_or_the_common_one(
    wired: Wired, zone: Any, configured: Any, debounce: int
) -> None:
    # Restless until just before the debounce time ends, and once more just after it.
    bounce = [[1_000, "c", 1], [1_001, "c", 0], [1_000 + debounce - 1, "c", 1]]
    after = [[1_000 + debounce + 100, "c", 0], [1_000 + debounce + 101, "c", 1]]
    events = wired.events(_door(**zone), 9_000, bounce, configured=configured)
    assert events == [(*OPENED, 1_000)]
    events = wired.events(_door(**zone), 9_000, bounce + after, configured=configured)
    assert [event[:2] for event in events] == [OPENED, SHUT, OPENED]
    assert events[2][2] - events[1][2] == debounce


def test_a_pulse_while_nobody_could_look_is_told_even_soon_after_another(wired: Wired) -> None:
    happens = [[1_000, "c", 1], [1_030, "c", 0], [1_200, "c", 1], [1_230, "c", 0]]
    told = _told(wired, _door(), 5_000, happens, stalls=[[1_060, 1_300]])
    assert told == [OPENED, SHUT, OPENED, SHUT]


@pytest.mark.parametrize(
    ("zone", "error"),
    [
        (_door(debounce=1_001), "debounce: not a whole number from 0 to 1000"),
        (_door(debounce=-1), "debounce: "),
        (_door(debounce=True), "debounce: "),
        (_door(left_open_s=86_401), "left_open_s: not a whole number from 0 to 86400"),
        (_door(release=""), "release: a text is needed"),
        (_door(release_active=1), "release_active: there is no release"),
        (_door(release="e", release_active=2), "release_active: not a whole number from 0 to 1"),
        (_door(latch_s=1), "latch_s: not for kind door"),
        ({"zone": 1, "kind": "panic", "input": "c", "latch_s": 1}, "latch_s: not for kind panic"),
        (_smoke(left_open_s=1), "left_open_s: not for kind smoke"),
        (_smoke(release="e"), "release: not for kind smoke"),
        (_smoke(latch_s=86_401), "latch_s: not a whole number from 0 to 86400"),
        (_smoke(colour=1), "colour: unknown key"),
        ({"zone": 1, "kind": "smoke"}, "input: a text is needed"),
        (_smoke(loop=1), "loop: not an object"),
    ],
)
def test_wrong_zones_are_refused(wired: Wired, zone: Any, error: str) -> None:
    assert wired.play(zones=[zone], starts=[])["error"].startswith(error)


@pytest.mark.parametrize(
    "zones",
    [
        [{"zone": 1, "kind": "panic", "input": "c"}, {"zone": 2, "kind": "medical", "input": "c"}],
        [_door(release="c")],
        [_door(release="f"), {"zone": 2, "kind": "smoke", "input": "d", "fault": "f"}],
    ],
)
def test_one_pin_in_two_places_is_refused(wired: Wired, zones: Any) -> None:
    error = wired.play(zones=zones, starts=[])["error"]
    assert (
        error == f"zones: {'f' if len(zones) == 2 and 'fault' in zones[1] else 'c'} is used twice"
    )


@pytest.mark.parametrize("host", ["broker.local", "mqtt://b", "b:1883", "a b", "a..b", "x" * 64])
def test_a_host_that_no_lookup_finds_is_refused(wired: Wired, host: str) -> None:
    error = wired.play(zones=[_door()], starts=[], content={"host": host})["error"]
    assert error.startswith("host: ")


def test_two_zones_of_one_number_are_refused(wired: Wired) -> None:
    error = wired.play(zones=[_door(), _smoke()], starts=[])["error"]
    assert error == "zone: two zones have the same number"


@pytest.mark.parametrize("zone", [_door(left_open_s=60), _smoke(latch_s=60)])
def test_a_device_that_sleeps_cannot_measure_time_for_a_zone(wired: Wired, zone: Any) -> None:
    assert wired.play(zones=[zone], starts=[]) == []
    error = wired.play(zones=[zone], starts=[], content={"sleep": {}})["error"]
    assert error == "sleep: zone 1 must be watched all the time"
