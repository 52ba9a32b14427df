"""No manner of a receiver loses an event or keeps the sender from the next one."""

import pytest

from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import (
    DELIVERING,
    REFUSING,
    SILENT,
    AdverseReceiver,
    Frame,
    Manner,
    Say,
    late,
    nak,
    never,
    no_null,
    well,
)

from ..conftest import ManualClock
from .centre_desk import PATIENT_S, SHORT_S, CentreDesk, faults, play

pytestmark = pytest.mark.usefixtures("quick")

EVENTS = [(1, "#1234|Nri1/PA1"), (2, "#1234|Nri1/PH1")]


def raise_both(desk: CentreDesk) -> None:
    desk.raise_event(names.PANIC, names.ALARM)
    desk.raise_event(names.PANIC, names.RESTORE)


@pytest.mark.parametrize("manner", DELIVERING, ids=lambda one: one.__name__)
def test_what_answers_at_all_is_delivered_to(
    alarms: Journal, clock: ManualClock, manner: Manner
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = manner
        await desk.start(supervision_s=0.2, timeout_s=SHORT_S if manner is late else PATIENT_S)
        raise_both(desk)
        done = await desk.until_delivered(2)
        assert [(one.number, one.accepted) for one in done] == [(1, True), (2, True)]
        # Repeats have the number of the first transmission; nothing is out of order.
        seen = list(dict.fromkeys(desk.first.events))
        assert [one for one in seen if "Nri" in one[1]] == EVENTS
        assert [one.seq for one in desk.delivered] == [1, 2]
        assert desk.sender is not None
        assert desk.sender.delivered == 2

    play(alarms, clock, scenario)


@pytest.mark.parametrize("manner", REFUSING, ids=lambda one: one.__name__)
def test_what_is_refused_is_a_fault_and_is_tried_until_it_is_taken(
    alarms: Journal, clock: ManualClock, manner: Manner
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = manner
        await desk.start()
        raise_both(desk)
        entries = await desk.until(lambda found: ("centre/police/refused", True) in faults(found))
        assert not any(entry.type == "delivery" for entry in entries)
        assert desk.delivered == []
        desk.first.manner = well
        done = await desk.until_delivered(2)
        assert [(body.number, body.accepted) for body in done] == [(1, True), (2, True)]
        await desk.until(lambda found: ("centre/police/refused", False) in faults(found))

    play(alarms, clock, scenario)


@pytest.mark.parametrize("manner", SILENT, ids=lambda one: one.__name__)
def test_what_does_not_answer_keeps_the_backlog_until_it_does(
    alarms: Journal, clock: ManualClock, manner: Manner
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = manner
        await desk.start(timeout_s=SHORT_S)
        raise_both(desk)
        entries = await desk.until(lambda found: ("centre/police", True) in faults(found))
        assert not any(entry.type == "delivery" for entry in entries)
        desk.first.manner = well
        desk.first.thawed.set()
        done = await desk.until_delivered(2)
        assert [(one.number, one.accepted) for one in done] == [(1, True), (2, True)]
        entries = await desk.until(lambda found: len(faults(found)) == 2)
        assert faults(entries) == [("centre/police", True), ("centre/police", False)]

    play(alarms, clock, scenario)


@pytest.mark.parametrize("manner", [never, nak], ids=lambda one: one.__name__)
def test_a_second_path_takes_over_from_any_that_fails(
    alarms: Journal, clock: ManualClock, manner: Manner
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = manner
        await desk.start(paths=2, timeout_s=SHORT_S)
        raise_both(desk)
        done = await desk.until_delivered(2)
        assert [(one.number, one.path, one.accepted) for one in done[:2]] == [
            (1, 2, True),
            (2, 2, True),
        ]
        assert set(desk.first.events) <= set(desk.second.events)

    play(alarms, clock, scenario)


def test_a_receiver_that_refuses_every_link_test_is_no_fault(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = no_null
        await desk.start(supervision_s=0.02)
        await desk.until_true(lambda: len(desk.first.frames) >= 5)
        with alarms.reader() as reader:
            assert reader.read(0, 10) == []

    play(alarms, clock, scenario)


def test_a_link_test_under_way_does_not_hold_up_an_alarm(
    alarms: Journal, clock: ManualClock
) -> None:
    """The receiver is silent about the link test, which would be waited for longer than here."""

    async def deaf_to_tests(receiver: object, frame: object, say: object) -> None:
        if frame.number:  # type: ignore[attr-defined]
            await well(receiver, frame, say)  # type: ignore[arg-type]

    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = deaf_to_tests
        await desk.start(supervision_s=0.05)
        await desk.until_true(lambda: bool(desk.first.frames))
        desk.raise_event(names.PANIC)
        await desk.until_delivered(1)

    play(alarms, clock, scenario)


def test_an_event_that_is_refused_with_nak_for_a_moment_is_sent_again(
    alarms: Journal, clock: ManualClock
) -> None:
    """The receiver takes link tests all the while: a NAK or two is no refusal of the event."""

    async def at_the_third_time(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
        sent = sum(one.data == frame.data for one in receiver.frames)
        await (nak if frame.number and sent < 3 else well)(receiver, frame, say)

    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = at_the_third_time
        await desk.start()
        raise_both(desk)
        done = await desk.until_delivered(2)
        assert [(one.number, one.accepted, one.answer) for one in done] == [
            (1, True, "ACK"),
            (2, True, "ACK"),
        ]
        for event in EVENTS:
            assert desk.first.events.count(event) == 3

    play(alarms, clock, scenario)


def test_a_receiver_that_refuses_everything_with_nak_keeps_the_backlog(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = nak
        await desk.start()
        raise_both(desk)
        await desk.until_true(lambda: len(desk.first.frames) >= 5)
        with alarms.reader() as reader:
            assert not any(one.type == "delivery" for one in reader.read(0, 10))
        desk.first.manner = well
        assert [one.accepted for one in await desk.until_delivered(2)] == [True, True]

    play(alarms, clock, scenario)
