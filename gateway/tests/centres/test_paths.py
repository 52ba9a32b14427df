"""Two paths to one centre: failover, return, both at once, and the report of a lost one."""

from callpoint_gateway.journal.entries import Entry, ReportBody
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import ack, never, well

from ..conftest import ManualClock
from .centre_desk import SHORT_S, CentreDesk, deliveries, faults, play

LOST = ("centre/police/path/1", True)
BACK = ("centre/police/path/1", False)


def told(entries: list[Entry]) -> list[tuple[int, int]]:
    """Return (state, path) of what the gateway says of its paths."""
    bodies = [one.body for one in entries if isinstance(one.body, ReportBody)]
    return [(body.state, body.zone) for body in bodies]


def test_the_preferred_path_carries_everything_while_it_answers(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(paths=2)
        for _ in range(3):
            desk.raise_event(names.PANIC)
        assert [one.path for one in await desk.until_delivered(3)] == [1, 1, 1]
        assert desk.second.frames == []

    play(alarms, clock, scenario)


def test_a_silent_path_is_passed_over_after_its_first_patience(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = never
        await desk.start(paths=2, timeout_s=1.0)
        desk.raise_event(names.PANIC)
        (done,) = await desk.until_delivered(1)
        assert (done.path, done.number) == (2, 1)
        assert desk.first.events == desk.second.events == [(1, "#1234|Nri1/PA1")]
        # The next one does not wait for the silent path again.
        desk.raise_event(names.PANIC, names.RESTORE)
        await desk.until_delivered(2)
        assert len(desk.first.events) == 1

    play(alarms, clock, scenario)


def test_a_lost_path_is_reported_over_the_other_one_and_so_is_its_return(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(paths=2, supervision_s=0.1)
        await desk.until_true(lambda: bool(desk.first.frames and desk.second.frames))
        await desk.first.stop()
        entries = await desk.until(lambda found: len(deliveries(found)) == 1)
        assert faults(entries) == [LOST]
        assert told(entries) == [(names.TROUBLE, 1)]
        assert desk.second.events == [(1, "#1234|Nri0/LT1")]
        await desk.first.start()
        entries = await desk.until(lambda found: len(deliveries(found)) == 2)
        assert faults(entries) == [LOST, BACK]
        assert told(entries) == [(names.TROUBLE, 1), (names.TROUBLE_RESTORE, 1)]
        # Events go over the preferred path again.
        assert (deliveries(entries)[1].path, desk.first.events[-1][1]) == (1, "#1234|Nri0/LR1")

    play(alarms, clock, scenario)


def test_the_loss_of_a_path_outlives_a_restart(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.first.stop()
        await desk.start(paths=2, supervision_s=0.1)
        await desk.until_delivered(1)
        await desk.crash()
        await desk.start(paths=2, supervision_s=0.1)
        desk.raise_event(names.PANIC)
        entries = await desk.until(lambda found: len(deliveries(found)) == 2)
        assert faults(entries) == [LOST]
        await desk.first.start()
        entries = await desk.until(lambda found: len(deliveries(found)) == 3)
        assert faults(entries) == [LOST, BACK]

    play(alarms, clock, scenario)


def test_a_path_that_is_no_more_leaves_no_fault_behind(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.second.stop()
        await desk.start(paths=2, supervision_s=0.1)
        await desk.until_delivered(1)
        await desk.crash()
        await desk.start(paths=1)
        entries = await desk.until(lambda found: len(faults(found)) == 2)
        assert faults(entries)[1] == ("centre/police/path/2", False)

    play(alarms, clock, scenario)


def test_one_lost_packet_is_no_lost_path(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(paths=2, supervision_s=0.2, timeout_s=1.0)
        await desk.until_true(lambda: bool(desk.first.frames))
        desk.first.manner = never
        seen = len(desk.first.frames)
        await desk.until_true(lambda: len(desk.first.frames) > seen)
        desk.first.manner = well
        seen = len(desk.first.frames)
        await desk.until_true(lambda: len(desk.first.frames) >= seen + 3)
        with alarms.reader() as reader:
            assert reader.read(0, 10) == []

    play(alarms, clock, scenario)


def test_life_may_go_over_both_paths_at_once(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(paths=2, both_paths=True)
        desk.raise_event(names.PANIC)
        desk.raise_event(names.TAMPER)
        await desk.until_delivered(2)
        await desk.until_true(lambda: bool(desk.second.events))
        assert desk.first.events == [(1, "#1234|Nri1/PA1"), (2, "#1234|Nri1/TA1")]
        assert desk.second.events == [(1, "#1234|Nri1/PA1")]

    play(alarms, clock, scenario)


def test_with_both_at_once_the_first_acceptance_counts(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = never
        await desk.start(paths=2, both_paths=True)
        desk.raise_event(names.PANIC)
        (done,) = await desk.until_delivered(1)
        assert done.path == 2
        # What is under way on the first path gives way to the next event.
        desk.raise_event(names.SMOKE)
        await desk.until_delivered(2)
        await desk.until_true(lambda: desk.first.events[-1:] == [(2, "#1234|Nri1/FA1")])

    play(alarms, clock, scenario)


def test_when_none_is_up_whichever_returns_first_carries_on(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = never
        await desk.second.stop()
        await desk.start(paths=2, timeout_s=SHORT_S)
        desk.raise_event(names.PANIC)
        await desk.until(lambda found: ("centre/police", True) in faults(found))
        await desk.second.start()
        done = await desk.until_delivered(1)
        assert done[0].path == 2

    play(alarms, clock, scenario)


def test_the_encoding_that_a_path_understands_outlives_a_restart(
    alarms: Journal, clock: ManualClock
) -> None:
    async def contact_id_only(receiver: object, frame: object, say: object) -> None:
        token = "ACK" if frame.token == "ADM-CID" else "DUH"  # type: ignore[attr-defined]
        say(ack(frame, token=token))  # type: ignore[operator, arg-type]

    async def scenario(desk: CentreDesk) -> None:
        desk.first.manner = contact_id_only  # type: ignore[assignment]
        await desk.start()
        desk.raise_event(names.PANIC)
        await desk.until_delivered(1)
        await desk.crash()
        await desk.start()
        desk.raise_event(names.PANIC, names.RESTORE)
        await desk.until_delivered(2)
        tokens = [(one.token, one.number) for one in desk.first.frames]
        assert tokens == [("SIA-DCS", 1), ("ADM-CID", 1), ("ADM-CID", 2)]

    play(alarms, clock, scenario)
