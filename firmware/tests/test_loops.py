"""Supervised loops: every border of every preset, hysteresis, bursts, and what is told of them.

The table is that of the fact sheet, in ohms; the script has it from the firmware.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreters import NAMES
from wired import Wired

from callpoint_protocol.names import (
    ALARM,
    LOOP_HIGH,
    LOOP_LOW,
    LOOP_MASKED,
    LOOP_OPEN,
    LOOP_SHORT,
    RESTORE,
    TROUBLE,
    TROUBLE_RESTORE,
)

HYSTERESIS = 4
DEBOUNCE_MS = 300
POLL_MS = 50

NORMAL = (0, 0)
HIGH = (TROUBLE, LOOP_HIGH)
LOW = (TROUBLE, LOOP_LOW)
SHORT = (TROUBLE, LOOP_SHORT)
OPEN = (TROUBLE, LOOP_OPEN)
MASKED = (TROUBLE, LOOP_MASKED)
FAULT = (TROUBLE, 0)
ALARMED = (ALARM, 0)

_TWO = (SHORT, LOW, NORMAL, HIGH, ALARMED, MASKED, OPEN)
_NC = (SHORT, LOW, NORMAL, HIGH, ALARMED)
_NO = (ALARMED, LOW, NORMAL, HIGH, OPEN)
_OHMS = {
    "1k": (1_000, (800, 900, 1_200, 1_300, 12_000, 19_000)),
    "2k2": (2_200, (1_800, 2_000, 2_500, 2_700, 12_000, 15_000)),
    "4k7": (4_700, (3_700, 4_200, 5_500, 6_500, 19_000, 22_000)),
    "5k6": (5_600, (1_400, 2_800, 8_400, 9_800, 12_600, 22_000)),
}
PRESETS = {
    **{name: (pullup, ohms, _TWO) for name, (pullup, ohms) in _OHMS.items()},
    **{f"{name}-nc": (pullup, ohms[:4], _NC) for name, (pullup, ohms) in _OHMS.items()},
    **{f"{name}-no": (pullup, ohms[:4], _NO) for name, (pullup, ohms) in _OHMS.items()},
    "1k-fault": (
        1_000,
        (800, 900, 1_200, 1_300, 3_500, 4_500, 19_000),
        (SHORT, LOW, NORMAL, HIGH, ALARMED, FAULT, MASKED, OPEN),
    ),
}


@pytest.fixture(params=NAMES, scope="module")
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    played = Wired(str(request.param))
    yield played
    played.close()


def _zone(preset: str = "2k2", pullup: int = 0, kind: str = "intrusion", **more: Any) -> Any:
    loop = {"input": "l", "preset": preset, "pullup": pullup or PRESETS[preset][0]}
    return {"zone": 1, "kind": kind, "loop": loop, **more}


def _said(wired: Wired, zone: Any, *ratios: int) -> list[tuple[int, int]]:
    """Hold each ratio for a second and return (state, detail) of what was told."""
    happens = [[number * 1_000, "l", ratio] for number, ratio in enumerate(ratios)]
    events = wired.events(zone, len(ratios) * 1_000, happens, levels={"l": ratios[0]})
    return [(state, detail) for state, detail, _ in events]


def _becomes(told: tuple[int, int]) -> list[tuple[int, int]]:
    return [] if told == NORMAL else [told]


def _moves(before: tuple[int, int], after: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what is told of one class after another, the first told of already."""
    said = []
    ends = (TROUBLE_RESTORE, before[1]) if before[0] == TROUBLE else None
    if after == ALARMED:
        return [ALARMED, ends] if ends else [ALARMED]
    if ends:
        said.append(ends)
    if before == ALARMED and after in (NORMAL, LOW, HIGH):
        said.append((RESTORE, 0))
    return said + _becomes(after)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_border_has_the_class_of_the_table_and_hysteresis(wired: Wired, preset: str) -> None:
    pullup, ohms, classes = PRESETS[preset]
    zone = _zone(preset)
    for ohm, (below, above) in zip(ohms, pairwise(classes), strict=True):
        border = round(1_000 * ohm / (ohm + pullup))
        under, over = border - 1, border
        assert _said(wired, zone, under) == _becomes(below)
        assert _said(wired, zone, over) == _becomes(above)
        assert _said(wired, zone, under, border + HYSTERESIS - 1) == _becomes(below)
        assert _said(wired, zone, over, border - HYSTERESIS) == _becomes(above)
        rises = _said(wired, zone, under, border + HYSTERESIS)
        assert rises == _becomes(below) + _moves(below, above)
        falls = _said(wired, zone, over, border - HYSTERESIS - 1)
        assert falls == _becomes(above) + _moves(above, below)
    assert _said(wired, zone, 0) == _becomes(classes[0])
    assert _said(wired, zone, 1_000) == _becomes(classes[-1])


def test_resistors_and_their_contact(wired: Wired) -> None:
    def ratio(ohm: float) -> int:
        return round(1_000 * ohm / (ohm + 2_200))

    told = _said(
        wired, _zone("2k2"), ratio(2_200), ratio(4_400), ratio(2_200), 1_000, ratio(2_200)
    )
    assert told == [ALARMED, (RESTORE, 0), OPEN, (TROUBLE_RESTORE, LOOP_OPEN)]
    told = _said(wired, _zone("2k2-nc"), ratio(2_200), 1_000, ratio(2_200), 0)
    assert told == [ALARMED, (RESTORE, 0), SHORT]
    told = _said(wired, _zone("2k2-no"), ratio(2_200), 0, ratio(2_200), 1_000)
    assert told == [ALARMED, (RESTORE, 0), OPEN]


def test_one_trouble_at_a_time(wired: Wired) -> None:
    told = _said(wired, _zone(), 0, 1_000, 860, 540, 460, 500)
    assert told == [
        SHORT,
        (TROUBLE_RESTORE, LOOP_SHORT),
        OPEN,
        (TROUBLE_RESTORE, LOOP_OPEN),
        MASKED,
        (TROUBLE_RESTORE, LOOP_MASKED),
        HIGH,
        (TROUBLE_RESTORE, LOOP_HIGH),
        LOW,
        (TROUBLE_RESTORE, LOOP_LOW),
    ]


def test_a_line_cut_during_an_alarm_does_not_end_it(wired: Wired) -> None:
    told = _said(wired, _zone(), 500, 700, 1_000, 700, 500)
    assert told == [ALARMED, OPEN, (TROUBLE_RESTORE, LOOP_OPEN), (RESTORE, 0)]


@pytest.mark.parametrize(
    ("zone", "configured", "debounce"),
    [
        ({}, {}, DEBOUNCE_MS),
        ({"debounce": 100}, {}, 100),
        ({"debounce": 100}, {"d1": 1_000}, 1_000),
        ({}, {"d1": 0}, 0),
    ],
)
def test_a_class_must_last_for_the_debounce_time(
    wired: Wired, zone: Any, configured: Any, debounce: int
) -> None:
    zone = _zone(**zone)
    if debounce:
        short = [[1_000, "l", 700], [1_000 + debounce - 1, "l", 500]]
        assert wired.events(zone, 5_000, short, configured=configured) == []
    happens = [[1_000, "l", 700], [1_000 + debounce + 2 * POLL_MS, "l", 500]]
    (alarm, _, since), (restore, _, until) = wired.events(
        zone, 5_000, happens, configured=configured
    )
    assert (alarm, restore) == (ALARM, RESTORE)
    assert 1_000 <= since <= 1_000 + POLL_MS  # when it began, not when it had lasted
    assert happens[1][0] <= until <= happens[1][0] + POLL_MS


def test_the_worst_of_a_burst_is_told(wired: Wired) -> None:
    burst = [[1_000, "l", 540], [1_100, "l", 1_000], [1_200, "l", 700], [1_260, "l", 540]]
    told = [event[:2] for event in wired.events(_zone(), 1_400, burst)]
    assert told == [ALARMED]
    # What is better than that must last by itself: neither ends the alarm.
    told = [
        event[:2]
        for event in wired.events(
            _zone(), 3_000, [*burst, [1_500, "l", 500], [1_700, "l", 540], [1_900, "l", 700]]
        )
    ]
    assert told == [ALARMED]


@pytest.mark.parametrize("kind", ["panic", "medical", "smoke", "door", "tamper", "gas", "water"])
def test_every_kind_may_be_on_a_loop(wired: Wired, kind: str) -> None:
    zone = _zone(kind=kind)
    told = wired.events(zone, 4_000, [[0, "l", 1_000], [1_000, "l", 700], [2_000, "l", 500]])
    states = [state for state, _, _ in told]
    assert states.count(TROUBLE) == states.count(TROUBLE_RESTORE) == 1
    assert len(told) == 4
    assert told[0][:2] == OPEN


def test_a_loop_is_not_told_of_again_after_a_start(wired: Wired) -> None:
    def start(level: int) -> dict[str, Any]:
        return {"until": 1_000, "levels": {"l": level}}

    starts = [start(level) for level in (500, 700, 700, 1_000, 1_000, 500, 500)]
    played = wired.play(zones=[_zone()], starts=starts)
    told = [[(event[2], event[4]) for event in events] for events in played]
    assert told == [
        [],
        [ALARMED],
        [],
        [OPEN],
        [],
        [(TROUBLE_RESTORE, LOOP_OPEN), (RESTORE, 0)],
        [],
    ]


_RATIO = st.sampled_from([0, 230, 460, 463, 476, 500, 530, 540, 548, 700, 850, 860, 900, 1_000])
# Where a loop ends must not depend on where it came from.
_LAST = st.sampled_from([0, 230, 463, 500, 541, 700, 860, 1_000])
_CLASSES = [(450, SHORT), (476, LOW), (532, NORMAL), (551, HIGH), (845, ALARMED), (872, MASKED)]


def _class_of(ratio: int) -> tuple[int, int]:
    return next((known for border, known in _CLASSES if ratio < border), OPEN)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_RATIO, st.integers(1, 900)), max_size=12), _LAST)
def test_whatever_a_loop_does_it_ends_as_it_is(
    wired: Wired, train: list[tuple[int, int]], last: int
) -> None:
    happens, at = [], 0
    for ratio, length in train:
        happens.append([at, "l", ratio])
        at += length
    happens.append([at, "l", last])
    told = wired.events(_zone(), at + 2_000, happens)
    trouble, alarm = None, False
    for state, detail, _ in told:
        if state == TROUBLE:
            assert trouble is None
            trouble = detail
        elif state == TROUBLE_RESTORE:
            assert trouble == detail
            trouble = None
        else:
            assert alarm == (state == RESTORE)
            alarm = not alarm
    state, detail = _class_of(last)
    assert trouble == (detail if state == TROUBLE else None)
    if state != TROUBLE:
        assert alarm == (state == ALARM)
    for number, (ratio, length) in enumerate(train):
        long = length > DEBOUNCE_MS + 2 * POLL_MS
        if long and _class_of(ratio) == ALARMED:
            begins = happens[number][0]
            raised = [event[2] for event in told if event[0] == ALARM]
            assert any(moment <= begins + POLL_MS for moment in raised)


@pytest.mark.parametrize(
    ("loop", "more", "error"),
    [
        ({"preset": "3k3"}, {}, "preset: 1k 2k2 4k7 5k6, each also with -nc or -no; or 1k-fault"),
        ({"preset": "1k-fault-nc"}, {}, "preset: "),
        ({"pullup": 99}, {}, "pullup: not a whole number from 100 to 100000"),
        ({"pullup": 100_000}, {}, "pullup: with 100000 ohms the windows of 2k2 are too narrow"),
        ({"input": ""}, {}, "input: a text is needed"),
        ({"ohms": 1}, {}, "ohms: unknown key; one of input preset pullup"),
        ({}, {"input": "pin"}, "input: not together with a loop"),
        (
            {"preset": "1k-fault", "pullup": 1_000},
            {"fault": "pin"},
            "fault: 1k-fault tells of faults",
        ),
    ],
)
def test_wrong_loops_are_refused(wired: Wired, loop: Any, more: Any, error: str) -> None:
    zone = _zone(**more)
    zone["loop"] |= loop
    assert wired.play(zones=[zone], starts=[])["error"].startswith(error)
