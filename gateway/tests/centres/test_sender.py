"""One centre: order, numbers that survive a crash, refusals, faults and link tests.

The receiver is a small server that says what it is told to say; the codec's own tests stand
beside the codec, and pysiaalarm judges in the end-to-end tests.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callpoint_gateway.centres.dc09.path import Dc09Path as CentrePath
from callpoint_gateway.centres.sender import UNSTORED, CentreSender
from callpoint_gateway.configuration.config import Centre
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    TimeBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.dc09.frame import wrap
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.receivers.listener import Listener

from ..conftest import ManualClock
from .centre_desk import PATIENT_S

SOON_S = 45.0
REGISTER = Register(
    [Place(id="home")],
    [
        Device(
            id="board",
            place="home",
            zone=[
                Zone(zone=1, kind="panic", centre_zone=11),
                Zone(zone=2, kind="door", report_opening=True),
                Zone(zone=3, kind="door"),
            ],
        )
    ],
)


class Receiver(Listener):
    """Answers each frame with ``answer`` (ACK, DUH or nothing) and keeps (number, data)."""

    def __init__(self) -> None:
        super().__init__(free_port())
        self.frames: list[tuple[int, str]] = []
        self.whole: list[str] = []
        self.answer = "ACK"
        self.news = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while frame := await reader.readuntil(b"\r"):
            found = re.search(r'"([A-Z-]+)"(\d{4}).*?\[(.*?)\]', frame.decode())
            assert found is not None
            self.frames.append((int(found[2]), found[3] or found[1]))
            self.whole.append(frame.decode())
            async with self.news:
                self.news.notify_all()
            if self.answer:
                body = f'"{self.answer}"{found[2]}L0#1234[]'
                writer.write(wrap(body.encode()))

    async def until(self, count: int) -> None:
        async with asyncio.timeout(SOON_S), self.news:
            await self.news.wait_for(lambda: len(self.frames) >= count)


class Desk:
    """A sender under test with its journal and receiver."""

    def __init__(self, alarms: Journal, clock: ManualClock) -> None:
        self.alarms, self.clock = alarms, clock
        self.receiver = Receiver()
        self.delivered: list[Entry] = []
        self.sender: CentreSender | None = None
        self._running: asyncio.Task[None] | None = None
        self._seq = 0

    async def start(self, supervision_s: float = 0, away_after_s: float = 0) -> None:
        """Start the sender as a starting gateway would."""
        port = self.receiver.port
        centre = Centre(
            name="police",
            host="127.0.0.1",
            port=port,
            account="1234",
            supervision_s=supervision_s,
            away_after_s=away_after_s,
        )

        def path(_: object, account: str, __: object) -> CentrePath:
            return CentrePath(
                "127.0.0.1",
                port,
                account,
                now=lambda: self.clock.wall / 1000,
                first_timeout=PATIENT_S,
            )

        sender = CentreSender(
            centre, path, self.alarms, REGISTER, self.clock, self.delivered.append
        )
        await sender.prepare()
        self.sender, self._running = sender, asyncio.create_task(sender.run())

    async def told_to_end(self) -> bool:
        """Cancel the sender's work; say whether that ended it."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running], timeout=SOON_S)
        return self._running.cancelled()

    async def crash(self) -> None:
        """End the sender wherever it is."""
        if self._running is not None and self.sender is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            await self.sender.close()

    async def until_failed(self) -> None:
        """Wait for one more attempt that reaches nobody."""
        assert self.sender is not None
        before = self.sender.failed
        async with asyncio.timeout(SOON_S):
            while self.sender.failed == before:
                await asyncio.sleep(0.005)

    def raise_event(self, kind: int, state: int, zone: int = 1, detail: int = 0) -> None:
        self._seq += 1
        occurred = self.clock.wall
        body = EventBody("estate", kind, state, zone, detail, 1, 0, occurred, Quality.AGE)
        self.alarms.submit([NewEntry(Type.EVENT, body, "board", 7, self._seq)])

    async def until_journal(self, condition: Callable[[list[Entry]], bool]) -> list[Entry]:
        async with asyncio.timeout(SOON_S):
            with self.alarms.reader() as reader:
                while not condition(entries := reader.read(0, 1000)):
                    await asyncio.sleep(0.01)
        # What is committed has then been told of as well.
        await self.alarms.store([])
        return entries


def play(alarms: Journal, clock: ManualClock, what: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(alarms, clock)
        await desk.receiver.start()
        try:
            await what(desk)
        finally:
            await desk.crash()
            await desk.receiver.stop()

    asyncio.run(run())


def bodies(entries: list[Entry], wanted: type) -> list[DeliveryBody | FaultBody]:
    return [entry.body for entry in entries if isinstance(entry.body, wanted)]


def deliveries(count: int) -> Callable[[list[Entry]], bool]:
    return lambda entries: len(bodies(entries, DeliveryBody)) >= count


def test_events_arrive_in_order_and_the_answers_are_entries(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start()
        desk.raise_event(names.PANIC, names.ALARM)
        desk.raise_event(names.PANIC, names.RESTORE)
        entries = await desk.until_journal(deliveries(2))
        assert desk.receiver.frames == [(1, "#1234|Nri1/PA11"), (2, "#1234|Nri1/PH11")]
        answers = [b for b in bodies(entries, DeliveryBody) if isinstance(b, DeliveryBody)]
        assert [(b.number, b.accepted, b.answer) for b in answers] == [
            (1, True, "ACK"),
            (2, True, "ACK"),
        ]
        assert [entry.seq for entry in desk.delivered] == [1, 2]

    play(alarms, clock, scenario)


def test_a_door_is_reported_only_where_the_register_says_so(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start()
        desk.raise_event(names.DOOR, names.NOTICE, zone=3, detail=names.OPEN)
        desk.raise_event(names.DOOR, names.NOTICE, zone=2, detail=names.OPEN)
        desk.raise_event(names.DOOR, names.NOTICE, zone=2, detail=names.CLOSED)
        await desk.until_journal(deliveries(2))
        assert [data for _, data in desk.receiver.frames] == ["#1234|Nri1/BA2", "#1234|Nri1/BH2"]

    play(alarms, clock, scenario)


def test_life_goes_first_after_an_outage(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.receiver.stop()
        await desk.start()
        for _ in range(3):
            desk.raise_event(names.TAMPER, names.ALARM)
        desk.raise_event(names.SMOKE, names.ALARM)
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: bool(bodies(entries, FaultBody)))
        await desk.receiver.start()
        await desk.until_journal(deliveries(5))
        codes = [data[11:13] for _, data in desk.receiver.frames]
        assert codes == ["FA", "PA", "TA", "TA", "TA"]

    play(alarms, clock, scenario)


def test_a_repeat_after_a_crash_has_the_same_number(alarms: Journal, clock: ManualClock) -> None:
    """The tamper's frame left as number 1; then the process died and a panic came in."""

    async def scenario(desk: Desk) -> None:
        await desk.start()
        desk.receiver.answer = ""
        desk.raise_event(names.TAMPER, names.ALARM)
        await desk.receiver.until(1)
        await desk.crash()
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: len(entries) == 2)
        desk.receiver.answer = "ACK"
        await desk.start()
        await desk.until_journal(deliveries(2))
        sent = {data: number for number, data in desk.receiver.frames}
        assert desk.receiver.frames[0] == (1, "#1234|Nri1/TA11")
        assert sent == {"#1234|Nri1/TA11": 1, "#1234|Nri1/PA11": 2}
        assert [data[11:13] for _, data in desk.receiver.frames[-2:]] == ["PA", "TA"]

    play(alarms, clock, scenario)


def test_a_disk_that_hangs_ends_deliveries_after_as_many_as_may_be_repeated(
    alarms: Journal, clock: ManualClock
) -> None:
    count = 2 * UNSTORED

    async def scenario(desk: Desk) -> None:
        await desk.start()
        await desk.crash()
        for _ in range(count):
            desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: len(entries) == count)
        await desk.start()
        alarms.hold(True)
        await desk.receiver.until(UNSTORED)
        # Time for many more, if it went on.
        for _ in range(50):
            await asyncio.sleep(0.002)
            assert len(desk.receiver.frames) == UNSTORED
        alarms.hold(False)
        await desk.until_journal(deliveries(count))
        assert [number for number, _ in desk.receiver.frames] == list(range(1, count + 1))

    play(alarms, clock, scenario)


def test_numbers_go_on_after_a_restart(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: Desk) -> None:
        for count in (1, 2, 3):
            await desk.start()
            desk.raise_event(names.PANIC, names.ALARM)
            await desk.until_journal(deliveries(count))
            await desk.crash()
        assert [number for number, _ in desk.receiver.frames] == [1, 2, 3]

    play(alarms, clock, scenario)


def test_what_the_centre_cannot_use_is_a_fault_until_it_takes_it(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start()
        desk.receiver.answer = "DUH"
        desk.raise_event(names.PANIC, names.ALARM)
        entries = await desk.until_journal(lambda found: bool(bodies(found, FaultBody)))
        (fault,) = bodies(entries, FaultBody)
        assert isinstance(fault, FaultBody)
        assert (fault.source, fault.active) == ("centre/police/refused", True)
        assert "ask the centre which codes it takes" in fault.remedy
        assert desk.delivered == []
        desk.receiver.answer = "ACK"
        desk.raise_event(names.PANIC, names.RESTORE)
        entries = await desk.until_journal(deliveries(2))
        assert [entry.seq for entry in desk.delivered] == [1, 2]
        (_, over) = bodies(entries, FaultBody)
        assert isinstance(over, FaultBody)
        assert (over.source, over.active) == (fault.source, False)

    play(alarms, clock, scenario)


def test_a_centre_that_is_away_is_one_fault_and_its_return_another_entry(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.receiver.stop()
        await desk.start()
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: bool(bodies(entries, FaultBody)))
        await desk.crash()
        # The fault outlives the process: a restart does not report it again.
        await desk.start()
        await desk.receiver.start()
        entries = await desk.until_journal(deliveries(1))
        faults = [b for b in bodies(entries, FaultBody) if isinstance(b, FaultBody)]
        assert "ask the centre whether its receiver listens at 127.0.0.1:" in faults[0].remedy
        assert faults[1].remedy == ""
        assert [(b.source, b.active) for b in faults] == [
            ("centre/police", True),
            ("centre/police", False),
        ]

    play(alarms, clock, scenario)


def test_a_centre_that_is_away_for_a_moment_is_no_fault(
    alarms: Journal, clock: ManualClock
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.receiver.stop()
        await desk.start(away_after_s=10)
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_failed()
        clock.advance(9_000)
        await desk.receiver.start()
        entries = await desk.until_journal(deliveries(1))
        assert bodies(entries, FaultBody) == []
        # The next time it has its whole delay again.
        await desk.receiver.stop()
        desk.receiver.answer = ""
        desk.raise_event(names.PANIC, names.RESTORE)
        await desk.until_failed()
        clock.advance(10_000)
        entries = await desk.until_journal(lambda entries: bool(bodies(entries, FaultBody)))
        assert len(bodies(entries, FaultBody)) == 1

    play(alarms, clock, scenario)


def test_a_time_that_was_repaired_meanwhile_is_what_the_centre_hears(
    alarms: Journal, clock: ManualClock
) -> None:
    true_ms, clock.wall = clock.wall, 7_000  # a machine without a clock starts in 1970
    skew_ms = clock.wall - clock.monotonic

    async def scenario(desk: Desk) -> None:
        await desk.receiver.stop()
        await desk.start()
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: bool(bodies(entries, FaultBody)))  # it has it
        clock.advance(100_000)
        clock.wall = true_ms + 100_000
        repair = TimeBody(clock.boot_id(), 0, clock.monotonic, skew_ms, true_ms - 7_000)
        alarms.submit([NewEntry(Type.TIME, repair)])
        await desk.until_journal(lambda entries: bool(bodies(entries, TimeBody)))
        await desk.receiver.start()
        await desk.until_journal(deliveries(1))
        happened = datetime.fromtimestamp(true_ms / 1000, UTC).strftime("%H:%M:%S,%m-%d-%Y")
        assert f"[H{happened}]" in desk.receiver.whole[0]

    play(alarms, clock, scenario)


@pytest.mark.parametrize(
    ("waited_ms", "late"), [(0, False), (29_000, False), (31_000, True)], ids=str
)
@pytest.mark.parametrize("step_ms", [0, -86_400_000, 86_400_000], ids=str)
def test_no_step_of_the_clock_makes_an_event_late(
    alarms: Journal, clock: ManualClock, waited_ms: int, late: bool, step_ms: int
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start()
        await desk.crash()
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: len(entries) == 1)
        clock.advance(waited_ms)
        clock.wall += step_ms
        await desk.start()
        await desk.until_journal(deliveries(1))
        assert ("[H" in desk.receiver.whole[0]) == late

    play(alarms, clock, scenario)


@pytest.mark.parametrize("turns", range(7))
def test_it_ends_when_told_although_something_comes_in(
    alarms: Journal, clock: ManualClock, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told at every turn of the loop around the one in which a commit wakes it."""
    watchers: list[Callable[[], None]] = []
    monkeypatch.setattr(alarms, "watch", lambda watcher, first: watchers.append(watcher))

    async def scenario(desk: Desk) -> None:
        await desk.start(supervision_s=60)
        for _ in range(10):
            await asyncio.sleep(0)
        (committed,) = watchers
        committed()
        for _ in range(turns):
            await asyncio.sleep(0)
        assert await desk.told_to_end()

    play(alarms, clock, scenario)


def test_a_new_centre_begins_at_the_present(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: Desk) -> None:
        desk.raise_event(names.PANIC, names.ALARM)
        await desk.until_journal(lambda entries: len(entries) == 1)
        await desk.start()
        desk.raise_event(names.PANIC, names.RESTORE)
        await desk.until_journal(deliveries(1))
        assert [data for _, data in desk.receiver.frames] == ["#1234|Nri1/PH11"]

    play(alarms, clock, scenario)


def test_a_quiet_line_is_tested(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start(supervision_s=0.05)
        await desk.receiver.until(2)
        assert set(desk.receiver.frames) == {(0, "NULL")}
        await desk.receiver.stop()
        desk.receiver.answer = ""
        entries = await desk.until_journal(lambda entries: bool(bodies(entries, FaultBody)))
        assert [type(entry.body) for entry in entries] == [FaultBody]

    play(alarms, clock, scenario)


def test_the_cursor_passes_what_is_not_for_this_centre(
    alarms: Journal, clock: ManualClock, tmp_path: Path
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.start()
        desk.raise_event(names.DOOR, names.NOTICE, zone=3, detail=names.OPEN)
        async with asyncio.timeout(SOON_S):
            with alarms.reader() as reader:
                while {
                    cursor.position
                    for name, cursor in reader.cursors().items()
                    if name.endswith(("urgent", "normal"))
                } != {1}:
                    await asyncio.sleep(0.01)

    play(alarms, clock, scenario)
