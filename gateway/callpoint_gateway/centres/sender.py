"""One alarm centre: a consumer of the alarms journal that delivers what is routed to it.

The rules of delivery:

1. An entry is finished only when the centre has answered that it takes it; the answer and the
   cursors that it moves are one commit. A repeat has the number of the first transmission, also
   after a crash (``backlog``).
2. Whatever else a centre does (silence, a closed connection, NAK, DUH, deny, 4xx, 5xx) is a
   failure. What failed waits, ever longer, and the next entry goes meanwhile; ``turns`` has the
   order. REFUSED over one path is tried over the others first (``paths``), and a centre that
   asks to be left alone for a while (Retry-After) is.
3. A failure is the entry's own fault only when the centre has accepted others between its tries.
   Then the entry is *set aside*, which is on record and a fault of its own: it is tried again,
   ever more rarely. Else the centre is away: everything waits, and nothing is set aside.
4. What is set aside ends in one of three ways: the centre accepts it; a person closes the alarm;
   or it has been tried for ``GIVE_UP_ALARM_S`` (an alarm) or ``GIVE_UP_OTHER_S`` (the rest).
   Giving up is an entry, is said in the log, and is told to the site's other centres.
5. A path that is lost is reported over another one; what the gateway says of itself is an entry
   like any other (``ReportBody``) and is delivered like any other.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

from callpoint_gateway.centres.paths import Paths
from callpoint_gateway.centres.periodic_test import LOOK_S, due_in_s
from callpoint_gateway.centres.protocol_registry import OpenPath
from callpoint_gateway.centres.reporting import report_of
from callpoint_gateway.centres.routing import Routing
from callpoint_gateway.centres.supervised_path import Health, SupervisedPath
from callpoint_gateway.centres.turns import Trial, Turns
from callpoint_gateway.configuration.centres import PATHS, Centre, CentrePath
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.log_lines import alarm
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.backlog import Backlog, Waiting
from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
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
    NOT_TAKEN,
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

# How many answered deliveries may wait for the disk: so many are sent again after a crash.
UNSTORED = 64
QUIET_S = 0.5
# What the centre has not taken for so long, while it took others all the time, is given up.
GIVE_UP_ALARM_S = 7 * 24 * 3600.0
GIVE_UP_OTHER_S = 24 * 3600.0
# A clock that was set wrong for a moment gives nothing up.
GIVE_UP_TRIES = 20
# So often something must have failed before it is a fault that the centre does not take it.
FAULT_TRIES = 3
# A centre may ask to be left alone for so long at most: there is an alarm to tell.
LEAVE_ALONE_MAX_S = 120.0
UTC = ZoneInfo("UTC")

_EARLIER = Outcome(
    Verdict.REFUSED,
    "",
    "set aside by an earlier run",
    0,
    "see what was set aside with: callpoint events",
)

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
        others: Sequence[str] = (),
        closed: Callable[[Entry], bool] = lambda entry: False,
    ) -> None:
        """``open_path`` opens a path for an account; ``delivered`` is called, in the
        journal's thread, once an acceptance is on disk. ``zone``: the site's time zone.

        ``others``: the names of the site's other centres. ``closed`` says whether a person has
        closed the alarm that an entry belongs to.
        """
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
        self._loop = asyncio.get_running_loop()
        routing = Routing(centre, register, zone)
        self._backlog = Backlog(centre.name, self._reader, routing.part_of, routing.rule)
        self._memory_name = f"{STATE}centre/{centre.name}/paths"
        self._memories: list[dict[str, int]] = [{} for _ in centre.ways]
        self._remembered: dict[str, int] = {}
        self._faults: set[str] = set()
        self._away_ms: int | None = None  # since when no path is up
        self._others = tuple(others)
        self._closed = closed
        self._turns = Turns()
        self._lost: set[int] = set()  # numbers of paths
        self._ups = 0  # how often a path was found up
        self._troubled: dict[int, int] = {}  # position of what fails: ``_ups`` at its first try
        self._not_taken: set[int] = set()  # positions of what fails although the centre is there
        self._why = _EARLIER  # what the centre said of what it did not take
        self._may_have_more = True
        self._unstored = 0
        self.delivered = self.refused = self.failed = 0
        self._paths = self._open_paths(frozenset())
        alarms.watch(self._committed)

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
        def opening(way: CentrePath, memory: dict[str, int]) -> Callable[[str], Carrier]:
            return lambda account: self._open_path(way, account, memory)

        ways = zip(self._centre.ways, self._memories, strict=True)
        openers = [opening(way, memory) for way, memory in ways]
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
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news)

    def _news(self) -> None:
        self._may_have_more = True
        self._wake.set()

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
            frozenset(one for one in numbers if self._fault_of(one) in self._faults)
        )
        gone = [
            self._ends(self._fault_of(one), "is no path of this centre any more")
            for one in range(1, PATHS + 1)
            if one > len(self._memories) or len(self._memories) == 1
        ]
        begun = self._backlog.prepare()
        for waiting in self._backlog.set_aside_before():
            self._turns.add_tried(waiting)
        await self._alarms.store([*begun, *self._refusals(), *chain.from_iterable(gone)])

    async def run(self) -> None:
        """Deliver for ever, supervise the paths, and report periodic tests."""
        work = (self._deliver_all(), self._paths.watch(), self._test_on_schedule())
        tasks = [self._loop.create_task(one) for one in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end_all(tasks)

    async def _deliver_all(self) -> None:
        while True:
            self._wake.clear()
            self._read_on()
            waiting = self._turns.next(self._loop.time())
            if waiting is None:
                await self._idle()
            else:
                await self._deliver(waiting)

    def _read_on(self) -> None:
        """Take in a portion of what has come; the rest is taken in when this has had its turn."""
        if self._may_have_more:
            found = self._backlog.read_on()
            self._may_have_more = bool(found)
            for waiting in found:
                self._turns.add(waiting)

    async def _idle(self) -> None:
        wait_s = self._turns.wait_s(self._loop.time())
        moves = self._backlog.idle_moves
        if moves:
            # Half a second of quiet before the cursors are moved past entries that are not
            # for this centre: a commit for each of them would wear the card out.
            wait_s = QUIET_S if wait_s is None else min(QUIET_S, wait_s)
        started = self._loop.time()
        try:
            # Not wait_for, which forgets a cancellation that comes together with the event.
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            if moves and self._loop.time() - started >= QUIET_S:
                await self._alarms.store(self._backlog.passed())

    async def _deliver(self, waiting: Waiting) -> None:
        entry = self._backlog.entry_of(waiting)
        trial = self._turns.trial(waiting)
        if trial is not None and trial.own_failures and self._closed(entry):
            await self._end(waiting, entry, "a person has closed the alarm")
            return
        told = report_of(entry, self._register, self._clock)
        account = told[0] or self._centre.account or ""
        outcome, path = await self._paths.send(account, told[1], waiting.number)
        if outcome.accepted:
            await self._accepted(waiting, entry, outcome, path)
        else:
            await self._failed(waiting, entry, outcome)

    async def _accepted(self, waiting: Waiting, entry: Entry, outcome: Outcome, path: int) -> None:
        self.delivered += 1
        self._turns.accepted(waiting, self._loop.time())
        self._forget(waiting)
        body = DeliveryBody(
            centre=self._centre.name,
            number=waiting.number,
            accepted=True,
            answer=outcome.answer,
            took_ms=outcome.took_ms,
            path=path,
        )

        def done(_: list[Stored]) -> None:
            self._tell(entry)
            alarm(
                "delivered",
                f"centre {self._centre.name}: {outcome.answer} after {outcome.took_ms} ms",
                dev=entry.device or "",
                event_id=entry.position,
            )

        writes = [
            NewEntry(Type.DELIVERY, body, device=entry.device, about=entry.position),
            *self._backlog.finished(waiting),
            *self._memory(),
            *self._refusals(),
        ]
        self._alarms.submit(writes, done)
        self._unstored += 1
        if self._unstored == UNSTORED:
            # Nothing to store: this comes after all that was submitted earlier.
            await self._alarms.store([])
            self._unstored = 0

    async def _failed(self, waiting: Waiting, entry: Entry, outcome: Outcome) -> None:
        self.failed += 1
        trial = self._turns.failed(
            waiting,
            self._loop.time(),
            answered=bool(outcome.answer) or outcome.verdict is Verdict.REFUSED,
            leave_alone_s=min(outcome.leave_alone_s, LEAVE_ALONE_MAX_S),
        )
        if trial.at_fault and self._is_over(trial, entry):
            await self._end(waiting, entry, "the centre has not taken it for too long")
        elif trial.at_fault and not waiting.aside:
            await self._set_aside(waiting, entry, outcome, trial.tries)
        elif self._is_there(waiting, trial, outcome):
            self._why = outcome
            self._not_taken.add(waiting.position)
            if fault := self._refusals():
                self._alarms.submit(fault)

    def _is_there(self, waiting: Waiting, trial: Trial, outcome: Outcome) -> bool:
        """Say whether the centre answers others, or this, and yet does not take it."""
        ups = self._troubled.setdefault(waiting.position, self._ups)
        answers = bool(outcome.answer) or outcome.verdict is Verdict.REFUSED or self._ups > ups
        return answers and trial.tries >= FAULT_TRIES and not waiting.aside

    def _forget(self, waiting: Waiting) -> None:
        self._troubled.pop(waiting.position, None)
        self._not_taken.discard(waiting.position)

    async def _set_aside(
        self, waiting: Waiting, entry: Entry, outcome: Outcome, tries: int
    ) -> None:
        self.refused += 1
        self._why = outcome
        self._forget(waiting)
        writes = self._backlog.set_aside(waiting, outcome.answer, outcome.reason, tries)
        await self._alarms.store([*writes, *self._memory(), *self._refusals()])
        alarm(
            "set_aside",
            f"centre {self._centre.name}: {outcome.reason}; tried again, ever more rarely",
            dev=entry.device or "",
            event_id=entry.position,
        )

    def _is_over(self, trial: Trial, entry: Entry) -> bool:
        """Say whether an entry has been tried for as long as it may be."""
        is_alarm = isinstance(entry.body, EventBody) and entry.body.state == names.ALARM
        most_s = GIVE_UP_ALARM_S if is_alarm else GIVE_UP_OTHER_S
        if entry.boot_id == self._clock.boot_id():
            age_ms = self._clock.monotonic_ms() - entry.mono_ms
        else:
            age_ms = self._clock.wall_ms() - entry.recorded_ms
        return trial.tries >= GIVE_UP_TRIES and age_ms > most_s * 1000

    async def _end(self, waiting: Waiting, entry: Entry, why: str) -> None:
        """Try it no more; the other centres are told of what this one never took."""
        self._turns.ended(waiting)
        self._forget(waiting)
        body = DeliveryBody(
            centre=self._centre.name, number=waiting.number, accepted=False, answer=why, took_ms=0
        )
        writes: list[Write] = [
            NewEntry(Type.DELIVERY, body, device=entry.device, about=entry.position),
            *self._backlog.finished(waiting),
            *self._refusals(),
        ]
        # What another centre could not be told of is not told back to the one that said so.
        own = isinstance(entry.body, ReportBody) and entry.body.detail == NOT_TAKEN
        if not own and not self._closed(entry):
            writes += [
                self._own(names.SUPERVISION, names.TROUBLE, NOT_TAKEN, to=centre)
                for centre in self._others
            ]
            log.warning(
                "centre %s never took the event %d: %s", self._centre.name, entry.position, why
            )
        await self._alarms.store(writes)

    def _refusals(self) -> list[Write]:
        """Return the fault that begins or ends with what is not taken now."""
        count = self._backlog.aside + len(self._not_taken)
        if not count:
            return self._ends(self._refusing, "takes all")
        reason = f"does not take {count} of its events: {self._why.reason}"
        return self._begins(self._refusing, reason, self._why.remedy)

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

    def _own(self, kind: int, state: int, detail: int, zone: int = 0, to: str = "") -> NewEntry:
        body = ReportBody(
            self._site, to or self._centre.name, kind, state, detail, zone, self._clock.wall_ms()
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
        if lost:
            self._lost.add(path.number)
        if len(self._memories) > 1 and (lost or path.health is Health.UP):
            source = self._fault_of(path.number)
            fault = self._begins(source, reason, remedy) if lost else self._ends(source, reason)
            if fault:
                state = names.TROUBLE if lost else names.TROUBLE_RESTORE
                detail = {1: PATH_1, 2: PATH_2}.get(path.number, PATH_OTHER)
                own = self._own(names.SUPERVISION, state, detail, path.number)
                writes += [*fault, own]
        if path.health is Health.UP:
            self._ups += 1
            if path.number in self._lost:
                self._turns.came_back(self._loop.time())
                self._wake.set()
            self._lost.discard(path.number)
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
