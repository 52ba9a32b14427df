"""One alarm centre: a consumer of the alarms journal that delivers what is routed to it.

Promises:

1. An event is finished only when the centre has answered; the answer and the cursor that it
   moves are one commit.
2. Events of life kinds go first, each group in journal order.
3. A repeat has the number of the first transmission, also after a crash (``backlog``).
4. A path that is lost is reported over another one; what the gateway says of itself is an entry
   like any other (``ReportBody``) and is delivered like any other.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.centres.paths import Paths
from callpoint_gateway.centres.periodic_test import LOOK_S, due_in_s
from callpoint_gateway.centres.protocol import OpenPath
from callpoint_gateway.centres.reporting import report_of
from callpoint_gateway.centres.routing import Routing
from callpoint_gateway.centres.supervised_path import Health, SupervisedPath
from callpoint_gateway.configuration.centres import PATHS, Centre, CentrePath
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.log_lines import alarm
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.backlog import Backlog
from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    DeliveryBody,
    Entry,
    NewEntry,
    ReportBody,
    Stored,
    Type,
    Write,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import (
    PATH_1,
    PATH_2,
    PATH_OTHER,
    TEST_WITH_TROUBLE,
    Carrier,
    Outcome,
    Verdict,
)
from callpoint_gateway.supervision.faults import open_faults
from callpoint_protocol import names

RETRY_FIRST_S = 0.25
RETRY_MAX_S = 1.0
# How many answered deliveries may wait for the disk: so many are sent again after a crash.
UNSTORED = 64
# An event that alone is refused with NAK for so long, while link tests are accepted, is at fault
# itself and must not hold up the others.
NAK_S = 30.0
UTC = ZoneInfo("UTC")

log = logging.getLogger(__name__)


class CentreSender:
    """Delivers what is routed to one centre; ``run`` until cancelled.

    ``delivered``, ``refused`` and ``failed`` count deliveries since the start.
    """

    def __init__(
        self,
        centre: Centre,
        open_path: OpenPath,
        alarms: Journal,
        register: Register,
        clock: Clock,
        delivered: Callable[[Entry], None],
        *,
        site: str = "",
        zone: ZoneInfo = UTC,
    ) -> None:
        """``open_path`` opens a path for an account; ``delivered`` is called, in the
        journal's thread, once an acceptance is on disk. ``zone``: the site's time zone."""
        self._centre = centre
        self._open_path = open_path
        self._alarms = alarms
        self._register = register
        self._clock = clock
        self._tell = delivered
        self._site = site
        self._zone = zone
        self._reader = alarms.reader()
        self._wake = asyncio.Event()
        self._woken = False  # since the journal was last looked at
        self._loop = asyncio.get_running_loop()
        routing = Routing(centre, register, zone)
        self._backlog = Backlog(centre.name, self._reader, routing.part_of, routing.rule)
        self._memory_name = f"{STATE}centre/{centre.name}/paths"
        self._memories: list[dict[str, int]] = [{} for _ in centre.ways]
        self._remembered: dict[str, int] = {}
        self._faults: set[str] = set()
        self._away_ms: int | None = None  # since when no path is up
        self._nak: tuple[int, float] | None = None  # a refused entry, since when
        self._unstored = 0
        self.delivered = self.refused = self.failed = 0
        self._paths = self._open_paths(frozenset())
        alarms.watch(self._committed, first=True)

    @property
    def name(self) -> str:
        """What the configuration calls the centre."""
        return self._centre.name

    @property
    def oldest_s(self) -> float:
        """Age of the oldest entry that is still to be delivered, in seconds; 0: none is."""
        recorded_ms = self._backlog.oldest_ms
        if recorded_ms is None:
            return 0.0
        return max(0, self._clock.wall_ms() - recorded_ms) / 1000

    @property
    def _away(self) -> str:
        return f"centre/{self._centre.name}"

    @property
    def _refusing(self) -> str:
        return f"{self._away}/refused"

    def _fault_of(self, path: int) -> str:
        return f"{self._away}/path/{path}"

    @property
    def lost_paths(self) -> list[int]:
        """Numbers of the paths that are lost now."""
        return self._paths.lost

    def _open_paths(self, lost: frozenset[int]) -> Paths:
        def open_account(way: CentrePath, memory: dict[str, int]) -> Callable[[str], Carrier]:
            return lambda account: self._open_path(way, account, memory)

        ways = zip(self._centre.ways, self._memories, strict=True)
        openers = [open_account(way, memory) for way, memory in ways]
        return Paths(
            openers,
            self._centre.account or "",
            self._centre.supervision_s,
            self._judged,
            all_for_life=self._centre.both_paths,
            lost=lost,
        )

    async def close(self) -> None:
        """Close the connections and release the reader."""
        await self._paths.close()
        self._reader.close()

    def _committed(self) -> None:
        # While it has something to do it looks by itself: waking the loop is a system call.
        if not self._woken and not self._loop.is_closed():
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def prepare(self) -> None:
        """Read the cursors, or set them to the present for a new centre."""
        kept = self._reader.cursors().get(self._memory_name)
        self._remembered = dict(kept.state) if kept else {}
        for key, value in self._remembered.items():
            path, _, what = key.partition("/")
            if int(path) <= len(self._memories):
                self._memories[int(path) - 1][what] = value
        standing = open_faults(self._alarms)
        mine = {self._away, self._refusing, *map(self._fault_of, range(1, PATHS + 1))}
        self._faults = mine & standing.keys()
        numbers = range(1, len(self._memories) + 1)
        self._paths = self._open_paths(
            frozenset(number for number in numbers if self._fault_of(number) in self._faults)
        )
        gone = [
            self._ends(self._fault_of(number), "is no path of this centre any more")
            for number in range(1, PATHS + 1)
            if number > len(self._memories) or len(self._memories) == 1
        ]
        await self._alarms.store([*self._backlog.prepare(), *chain.from_iterable(gone)])

    async def run(self) -> None:
        """Deliver for ever, supervise the paths, and report periodic tests."""
        work = (self._deliver_all(), self._paths.watch(), self._test_on_schedule())
        tasks = [self._loop.create_task(part) for part in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end_all(tasks)

    async def _deliver_all(self) -> None:
        failures = 0
        while True:
            self._wake.clear()
            self._woken = False
            waiting = self._backlog.next()
            if waiting is None:
                await self._idle()
                continue
            outcome = await self._deliver(*waiting)
            if outcome.verdict is not Verdict.UNREACHABLE:
                failures = 0
                continue
            failures += 1
            self.failed += 1
            delay = min(RETRY_MAX_S, RETRY_FIRST_S * 2 ** min(failures - 1, 8))
            await asyncio.sleep(delay * random.uniform(0.75, 1.0))

    async def _idle(self) -> None:
        moves = self._backlog.idle_moves
        try:
            # Half a second of quiet before the cursors are moved past entries that are not
            # for this centre: a commit for each of them would wear the card out.
            # Not wait_for, which forgets a cancellation that comes together with the event.
            async with asyncio.timeout(0.5 if moves else None):
                await self._wake.wait()
        except TimeoutError:
            await self._alarms.store(self._backlog.passed())

    async def _deliver(self, part: str, event: Entry, number: int) -> Outcome:
        told = report_of(self._reader.repaired(event), self._register, self._clock)
        account = told[0] or self._centre.account or ""
        outcome, path = await self._paths.send(account, told[1], number)
        if outcome.verdict is Verdict.UNREACHABLE:
            if not await self._is_at_fault(event, outcome):
                return outcome
            outcome = msgspec.structs.replace(outcome, verdict=Verdict.REFUSED)
        self._nak = None
        accepted = outcome.accepted
        body = DeliveryBody(
            centre=self._centre.name,
            number=number,
            accepted=accepted,
            answer=outcome.answer,
            took_ms=outcome.took_ms,
            path=path,
        )
        writes: list[Write] = [
            NewEntry(Type.DELIVERY, body, device=event.device, about=event.position),
            *self._backlog.finished(part),
            *self._memory(),
        ]
        if accepted:
            self.delivered += 1
            writes += self._ends(self._refusing, "accepts again")
        else:
            self.refused += 1
            writes += self._begins(self._refusing, outcome.reason, outcome.remedy)

        def done(_: list[Stored]) -> None:
            if accepted:
                self._tell(event)
            alarm(
                "delivered" if accepted else "refused",
                f"centre {self._centre.name}: {outcome.answer} after {outcome.took_ms} ms",
                dev=event.device or "",
                event_id=event.position,
            )

        self._alarms.submit(writes, done)
        self._unstored += 1
        if self._unstored == UNSTORED:
            # Nothing to store: this comes after all that was submitted earlier.
            await self._alarms.store([])
            self._unstored = 0
        return outcome

    async def _is_at_fault(self, event: Entry, outcome: Outcome) -> bool:
        """Say whether it is this event that the centre does not want, and not everything."""
        if not outcome.answer:
            return False
        now = self._loop.time()
        if self._nak is None or self._nak[0] != event.position:
            self._nak = event.position, now
        if now - self._nak[1] < NAK_S:
            return False
        return (await self._paths.test()).accepted

    def _memory(self) -> list[Write]:
        """Return what is to be stored when a path has learnt something."""
        state = {
            f"{number}/{key}": value
            for number, memory in enumerate(self._memories, 1)
            for key, value in memory.items()
        }
        if state == self._remembered:
            return []
        self._remembered = state
        return [Cursor(self._memory_name, 0, state)]

    def _own(self, kind: int, state: int, detail: int, zone: int = 0) -> NewEntry:
        body = ReportBody(
            self._site, self._centre.name, kind, state, detail, zone, self._clock.wall_ms()
        )
        return NewEntry(Type.REPORT, body)

    def _begins(self, source: str, reason: str, remedy: str) -> list[Write]:
        """Return the entry of a fault that begins now; none if it stands already."""
        if source in self._faults:
            return []
        self._faults.add(source)
        log.warning("%s: %s -> %s", source, reason, remedy)
        return [fault_begins(source, reason, remedy)]

    def _ends(self, source: str, reason: str) -> list[Write]:
        """Return the entry of a fault that ends now; none if there is none."""
        if source not in self._faults:
            return []
        self._faults.discard(source)
        log.info("%s: %s", source, reason)
        return [fault_ends(source, reason)]

    def _judged(self, path: SupervisedPath, reason: str, remedy: str) -> None:
        """A path has answered, or has not."""
        writes: list[Write] = []
        lost = path.health is Health.LOST
        if len(self._memories) > 1 and (lost or path.health is Health.UP):
            source = self._fault_of(path.number)
            fault = self._begins(source, reason, remedy) if lost else self._ends(source, reason)
            if fault:
                state = names.TROUBLE if lost else names.TROUBLE_RESTORE
                detail = {1: PATH_1, 2: PATH_2}.get(path.number, PATH_OTHER)
                own = self._own(names.SUPERVISION, state, detail, path.number)
                writes += [*fault, own]
        if path.health is Health.UP:
            self._away_ms = None
            writes += self._ends(self._away, reason)
        elif self._paths.none_up:
            writes += self._away_entries(reason, remedy)
        if writes:
            self._alarms.submit(writes)

    def _away_entries(self, reason: str, remedy: str) -> list[Write]:
        now = self._clock.monotonic_ms()
        if self._away_ms is None:
            self._away_ms = now
        if now - self._away_ms < self._centre.away_after_s * 1000:
            return []
        return self._begins(self._away, reason, remedy)

    async def _test_on_schedule(self) -> None:
        """Write a report for each periodic test that is due."""
        last = self._last_test()
        while True:
            since_s = None if last is None else self._clock.monotonic_ms() / 1000 - last
            due_s = due_in_s(self._centre, self._zone, self._clock.wall_ms(), since_s)
            if due_s is None:
                return
            if due_s > 0:
                await asyncio.sleep(min(due_s, LOOK_S))
                continue
            trouble = self._faults or open_faults(self._alarms)
            detail = TEST_WITH_TROUBLE if trouble else names.TEST_PERIODIC
            await self._alarms.store([self._own(names.TEST, names.TESTED, detail)])
            last = self._clock.monotonic_ms() / 1000

    def _last_test(self) -> float | None:
        """Return when the last test was, in seconds of the monotonic clock of this boot."""
        found: Entry | None = None
        for entry in self._reader.all_of(Type.REPORT):
            body = entry.body
            if isinstance(body, ReportBody) and body.centre == self._centre.name:
                found = entry if body.kind == names.TEST else found
        if found is None:
            return None
        if found.boot_id == self._clock.boot_id():
            return found.mono_ms / 1000
        # The wall clock may be wrong; it can make one test too many, or late by one period.
        age_ms = max(0, self._clock.wall_ms() - found.recorded_ms)
        return (self._clock.monotonic_ms() - age_ms) / 1000
