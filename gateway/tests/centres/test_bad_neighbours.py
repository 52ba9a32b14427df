"""What one device, account or event is refused costs no other alarm more than one try."""

import asyncio

import pytest

from callpoint_gateway.centres import sender
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    NewEntry,
    Quality,
    ReportBody,
    SetAsideBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.dc09.frame import wrap
from callpoint_gateway.protocols.report import NOT_TAKEN
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import (
    AdverseReceiver,
    Frame,
    Manner,
    Say,
    ack,
    nak,
    well,
)

from ..conftest import ManualClock
from .centre_desk import PATIENT_S, SHORT_S, UNKNOWN, CentreDesk, deliveries, faults, play

pytestmark = pytest.mark.usefixtures("quick")


def is_unknown(frame: Frame) -> bool:
    return frame.data.startswith(f"#{UNKNOWN}")


async def silent(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    if not is_unknown(frame):
        await well(receiver, frame, say)


async def closes(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    if is_unknown(frame):
        receiver.hang_up()
    else:
        await well(receiver, frame, say)


async def refuses_link_tests_too(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    if is_unknown(frame) or not frame.number:
        await nak(receiver, frame, say)
    else:
        await well(receiver, frame, say)


async def naks(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    await (nak if is_unknown(frame) else well)(receiver, frame, say)


async def framed_nak(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    if is_unknown(frame):
        say(wrap(b'"NAK"0000R0L0A0[]'))
    else:
        await well(receiver, frame, say)


async def says_duh(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    if is_unknown(frame):
        say(ack(frame, token="DUH"))
    else:
        await well(receiver, frame, say)


MANNERS = (silent, closes, refuses_link_tests_too, naks, framed_nak, says_duh)


def positions(entries: list[Entry], body: type[DeliveryBody] | type[SetAsideBody]) -> list[int]:
    return [one.about or 0 for one in entries if isinstance(one.body, body)]


@pytest.mark.parametrize("manner", MANNERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("supervision_s", [0.0, 0.2])
def test_a_slip_in_an_account_keeps_no_other_alarm_from_the_centre(
    alarms: Journal, clock: ManualClock, manner: Manner, supervision_s: float
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = manner
        timeout_s = 2 * SHORT_S if manner is silent else PATIENT_S
        await desk.start(supervision_s=supervision_s, timeout_s=timeout_s)
        for zone in (1, 2, 3):
            desk.raise_event(names.PANIC, zone=zone, device="slip")
        for _ in range(3):
            desk.raise_event(names.PANIC, names.ALARM)
            desk.raise_event(names.PANIC, names.RESTORE)
        done = await desk.until_delivered(6)
        assert sorted(body.number for body in done) == [4, 5, 6, 7, 8, 9]
        await desk.until(lambda found: ("centre/police/refused", True) in faults(found))
        # Somebody corrects the account at the centre: what was never taken comes.
        desk.first.manner = well
        desk.raise_event(names.PANIC, names.ALARM)
        entries = await desk.until(lambda found: len(deliveries(found)) == 10)
        assert sorted(positions(entries, DeliveryBody))[:3] == [1, 2, 3]
        assert {body.number for body in deliveries(entries)} == set(range(1, 11))
        await desk.until(lambda found: ("centre/police/refused", False) in faults(found))

    play(alarms, clock, scenario)


def test_while_one_account_is_not_answered_link_tests_go_on(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = silent
        await desk.start(supervision_s=0.3, away_after_s=60.0, timeout_s=SHORT_S)
        for zone in (1, 2, 3):
            desk.raise_event(names.PANIC, zone=zone, device="slip")
        await desk.until_true(lambda: sum(not one.number for one in desk.first.frames) >= 4)
        entries = await desk.until(lambda found: bool(faults(found)))
        assert faults(entries)[0] == ("centre/police/refused", True), "the centre is not away"

    play(alarms, clock, scenario)


async def put_aside(desk: CentreDesk) -> None:
    """Have the event at position 1 set aside: others are accepted between its tries."""
    desk.raise_event(names.PANIC, device="slip")

    def is_aside(found: list[Entry]) -> bool:
        return bool(positions(found, SetAsideBody))

    raising = asyncio.create_task(_others(desk))
    try:
        await desk.until(is_aside)
    finally:
        raising.cancel()
        await asyncio.gather(raising, return_exceptions=True)


async def _others(desk: CentreDesk) -> None:
    while True:
        desk.raise_event(names.PANIC, names.ALARM)
        await asyncio.sleep(0.05)


def test_what_alone_is_refused_is_set_aside_and_tried_again_also_after_a_crash(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = naks
        await desk.start()
        await put_aside(desk)
        with alarms.reader() as reader:
            assert reader.cursors()["centre/police/urgent"].position > 1
        await desk.crash()
        tried = len(desk.first.frames)
        await desk.start()
        await desk.until_true(lambda: any(map(is_unknown, desk.first.frames[tried:])))
        desk.first.manner = well
        entries = await desk.until(lambda found: 1 in positions(found, DeliveryBody))
        (body,) = [one.body for one in entries if one.about == 1 and one.type == Type.DELIVERY]
        assert isinstance(body, DeliveryBody)
        assert (body.number, body.accepted) == (1, True)
        await desk.until(lambda found: ("centre/police/refused", False) in faults(found))

    play(alarms, clock, scenario)


def test_a_person_who_closes_the_alarm_ends_the_tries(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = naks
        await desk.start()
        await put_aside(desk)
        desk.closed.add(1)
        entries = await desk.until(lambda found: 1 in positions(found, DeliveryBody))
        (body,) = [one.body for one in entries if one.about == 1 and one.type == Type.DELIVERY]
        assert isinstance(body, DeliveryBody)
        assert not body.accepted
        assert not told_of_not_taken(entries)
        await desk.until(lambda found: ("centre/police/refused", False) in faults(found))

    play(alarms, clock, scenario)


def told_of_not_taken(entries: list[Entry]) -> list[str]:
    bodies = [one.body for one in entries if isinstance(one.body, ReportBody)]
    return [body.centre for body in bodies if body.detail == NOT_TAKEN]


def test_what_is_never_taken_ends_after_a_long_time_and_the_others_are_told(
    alarms: Journal, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "GIVE_UP_TRIES", 8)

    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = naks
        await desk.start()
        await put_aside(desk)
        tried = len(desk.first.frames)
        await desk.until_true(lambda: sum(map(is_unknown, desk.first.frames[tried:])) > 9)
        with alarms.reader() as reader:
            assert 1 not in positions(reader.read(0, 5000), DeliveryBody), "an hour is not long"
        clock.advance(int(sender.GIVE_UP_ALARM_S * 1000) + 1)
        desk.raise_event(names.PANIC, names.ALARM)
        entries = await desk.until(lambda found: 1 in positions(found, DeliveryBody))
        assert told_of_not_taken(entries) == ["property"]

    play(alarms, clock, scenario)


def test_a_centre_that_refuses_everything_for_a_while_is_told_all_of_it_afterwards(
    alarms: Journal, clock: ManualClock
) -> None:
    """The receiver answers link tests, but its database is down."""

    async def refuses_events(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
        await (nak if frame.number else well)(receiver, frame, say)

    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = refuses_events
        await desk.start(supervision_s=0.1)
        for zone in (1, 2, 3):
            desk.raise_event(names.SMOKE, zone=zone, device="slip")
        desk.raise_event(names.PANIC)
        await desk.until(lambda found: ("centre/police/refused", True) in faults(found))
        await desk.until_true(lambda: len(desk.first.events) > 8)
        with alarms.reader() as reader:
            types = {one.type for one in reader.read(0, 1000)}
        assert not types & {Type.DELIVERY, Type.SET_ASIDE}
        desk.first.manner = well
        done = await desk.until_delivered(4)
        assert all(body.accepted for body in done)

    play(alarms, clock, scenario)


def test_a_board_that_floods_takes_turns_with_the_others(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, clock.wall, Quality.AGE)
        await desk.start()
        flood = [NewEntry(Type.EVENT, body, "slip", 1, number) for number in range(1, 5_001)]
        await alarms.store(flood)
        desk.raise_event(names.PANIC)
        with alarms.reader() as reader:
            await desk.until_true(lambda: bool(reader.about(5_001)))
            before = sum(one.type == Type.DELIVERY for one in reader.read(5_000, 5_000))
        assert before < 2_000, "it did not stand behind the flood"

    play(alarms, clock, scenario)
