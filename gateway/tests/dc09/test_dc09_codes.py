"""Every event that the protocol allows has a code or is declared as not reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.protocols.dc09.codes import Code, code_for
from callpoint_gateway.protocols.dc09.frame import build
from callpoint_gateway.protocols.dc09.message import (
    Encoding,
    NotReported,
    Report,
    event_frame,
    link_test,
    printable,
)
from callpoint_gateway.protocols.report import NOT_REPORTED
from callpoint_protocol import messages, names

OCCURRED_MS = 1_795_350_890_000
EVENTS = [
    (kind, state, detail)
    for kind, states in names.ALLOWED.items()
    for state in states
    for detail in sorted(
        {0, *({2900: ""} if kind == names.BATTERY else messages.details(kind, state))}
    )
]


@pytest.mark.parametrize(("kind", "state", "detail"), EVENTS)
@pytest.mark.parametrize("silent", [False, True])
def test_every_event_has_a_code_or_is_declared(
    kind: int, state: int, detail: int, silent: bool
) -> None:
    code = code_for(kind, state, detail, silent=silent)
    assert (code is None) == ((kind, state) in NOT_REPORTED)
    if code is not None:
        assert code.contact_id[0] in "13"
        assert len(code.contact_id) == 4
        assert len(code.dcs) == 2


def test_only_trials_are_not_reported() -> None:
    assert {state for _, state in NOT_REPORTED} == {names.TESTED}
    assert (names.TEST, names.TESTED) not in NOT_REPORTED


@pytest.mark.parametrize(("kind", "state"), [(names.TEST, names.ALARM), (99, 1), (1, 99)])
def test_unknown_events_have_none(kind: int, state: int) -> None:
    with pytest.raises(ValueError, match="no code"):
        code_for(kind, state)


def test_restore_differs_from_what_it_restores() -> None:
    for kind, states in names.ALLOWED.items():
        for begin, end in (
            (names.ALARM, names.RESTORE),
            (names.TROUBLE, names.TROUBLE_RESTORE),
        ):
            if begin in states:
                for detail in (0, *messages.details(kind, begin)):
                    first, last = code_for(kind, begin, detail), code_for(kind, end, detail)
                    assert first is not None
                    assert last is not None
                    assert first.dcs != last.dcs
                    assert (first.contact_id[0], last.contact_id[0]) == ("1", "3")
                    assert first.contact_id[1:] == last.contact_id[1:]


def test_silent_panic_is_a_hold_up() -> None:
    assert code_for(names.PANIC, names.ALARM, silent=True) == Code("1122", "HA")
    assert code_for(names.PANIC, names.RESTORE, silent=True) == Code("3122", "HH")
    assert code_for(names.PANIC, names.TROUBLE, silent=True) == Code("1375", "PT")


def test_door_position_is_alarm_and_restore() -> None:
    assert code_for(names.DOOR, names.NOTICE, names.OPEN) == Code("1131", "BA")
    assert code_for(names.DOOR, names.NOTICE, names.CLOSED) == Code("3131", "BH")


@pytest.mark.parametrize(
    ("kind", "detail", "begins", "ends"),
    [
        (names.DOOR, names.LEFT_OPEN, Code("1426", "DM"), Code("3426", "DH")),
        (names.DOOR, names.FORCED, Code("1423", "DF"), Code("3423", "DR")),
        (names.DOOR, names.LOOP_LOW, Code("1380", "BT"), Code("3380", "BJ")),
        (names.INTRUSION, names.LOOP_OPEN, Code("1371", "TA"), Code("3371", "TR")),
        (names.PANIC, names.LOOP_SHORT, Code("1372", "TA"), Code("3372", "TR")),
        (names.PANIC, names.LOOP_HIGH, Code("1375", "PT"), Code("3375", "PJ")),
        (names.SMOKE, names.LOOP_OPEN, Code("1373", "FT"), Code("3373", "FJ")),
        (names.WATER, names.LOOP_MASKED, Code("1380", "UT"), Code("3380", "UJ")),
    ],
)
def test_a_trouble_says_what_is_wrong_with_the_line_or_the_door(
    kind: int, detail: int, begins: Code, ends: Code
) -> None:
    assert code_for(kind, names.TROUBLE, detail) == begins
    assert code_for(kind, names.TROUBLE_RESTORE, detail) == ends


def report(**changes: object) -> Report:
    """Return a panic of zone 3 with ``changes``."""
    values: dict[str, object] = {
        "kind": names.PANIC,
        "state": names.ALARM,
        "zone": 3,
        "occurred_ms": OCCURRED_MS,
    }
    return Report(**(values | changes))  # type: ignore[arg-type]


def test_frame_of_an_event() -> None:
    dcs = event_frame(report(), 1, "1234", Encoding.SIA_DCS)
    cid = event_frame(report(), 3, "1234", Encoding.ADM_CID)
    assert (dcs.data, dcs.extended) == ("#1234|Nri1/PA3", ())
    assert (cid.data, cid.extended) == ("#1234|1120 01 003", ())


def test_late_event_says_when_it_was_in_the_centres_time() -> None:
    late = report(late=True, place=("Front desk",))
    dcs = event_frame(late, 1, "1234", Encoding.SIA_DCS)
    assert dcs.extended == ("H12:34:50,11-22-2026", "IFront desk")
    # Only one block here: pysiaalarm refuses two in Contact ID.
    cid = event_frame(late, 1, "1234", Encoding.ADM_CID, clock_offset_s=10.0)
    assert cid.extended == ("H12:35:00,11-22-2026",)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Kitchen, 1st floor", "Kitchen, 1st floor"),
        ("厨房", ""),
        ("厨房 Kitchen", "Kitchen"),
        ("a[b]c|d^e\r\nf", "abcde f"),
        ("x" * 99, "x" * 64),
    ],
)
def test_text_is_short_ascii(text: str, sent: str) -> None:
    assert printable(text) == sent


@given(st.text(max_size=200), st.sampled_from(Encoding), st.booleans())
def test_any_text_gives_a_frame_that_receivers_can_read(
    text: str, encoding: Encoding, late: bool
) -> None:
    frame = event_frame(report(place=(text, text), late=late), 1, "1234", encoding)
    assert len(build(frame)) < 500


@pytest.mark.parametrize("changes", [{"zone": 1000}, {"zone": -1}, {"partition": 100}])
def test_address_out_of_range(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        event_frame(report(**changes), 1, "1234", Encoding.SIA_DCS)


def test_a_trial_is_told_to_no_centre() -> None:
    with pytest.raises(NotReported):
        event_frame(report(state=names.TESTED), 1, "1234", Encoding.SIA_DCS)


def test_number_zero_is_for_link_tests() -> None:
    assert link_test("1234").number == 0
    with pytest.raises(ValueError, match="number"):
        event_frame(report(), 0, "1234", Encoding.SIA_DCS)
