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
from zoneinfo import ZoneInfo

from callpoint_gateway.centres.centre_faults import CentreFaults
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.centres.paths import Paths
from callpoint_gateway.centres.periodic_test import PeriodicTests
from callpoint_gateway.centres.protocol import OpenPath
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.questions import PathView
from callpoint_gateway.centres.reporting import report_of
from callpoint_gateway.centres.routing import LevelAt, Routing
from callpoint_gateway.centres.supervised_path import SupervisedPath
from callpoint_gateway.centres.turns import Trial, Turns
from callpoint_gateway.configuration.centres import Centre, CentrePath
from callpoint_gateway.configuration.levels import NORMAL as NORMAL_LEVEL
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
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import (
    NOT_TAKEN,
    Carrier,
    Outcome,
    Verdict,
)
from callpoint_gateway.words.said import Said, said
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
    said("centre.set_aside_before"),
    0,
    said("centre.set_aside_before.do"),
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
        level_at: LevelAt = lambda position, place: NORMAL_LEVEL,
    ) -> None:
        """``open_path`` opens a path for an account; ``delivered`` is called, in the
        journal's thread, once an acceptance is on disk. ``zone``: the site's time zone.

        ``others``: the names of the site's other centres. ``closed`` says whether a person has
        closed the alarm that an entry belongs to. ``level_at``: see ``Routing``.
        """
        self._centre = centre
        self._open_path = open_path
        self._alarms = alarms
        self._register = register
        self._clock = clock
        self._tell = delivered
        self._reader = alarms.reader()
        self._wake = asyncio.Event()
        self._woken = False  # since the journal was last looked at
        self._loop = asyncio.get_running_loop()
        routing = Routing(centre, register, zone, level_at)
        self._backlog = Backlog(centre.name, self._reader, routing.part_of, routing.rule)
        self._memory_name = f"{STATE}centre/{centre.name}/paths"
        self._one_memory = PROTOCOLS[centre.protocol].one_memory
        memories = centre.ways[: 1 if self._one_memory else None]
        self._memories = [Memory(self._keep_memory) for _ in memories]
        self._remembered: dict[str, int] = {}
        self._faults = CentreFaults(site, centre, alarms, clock)
        self._tests = PeriodicTests(centre, zone, alarms, clock, self._faults)
        self._others = tuple(others)
        self._closed = closed
        self._turns = Turns()
        self._lost: set[int] = set()  # numbers of paths
        self._ups = 0  # how often a path was found up
        self._troubled: dict[int, int] = {}  # position of what fails: ``_ups`` at its first try
        self._not_taken: set[int] = set()  # positions of what fails although the centre is there
        self._why = _EARLIER  # what the centre said of what it did not take
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
    def lost_paths(self) -> list[int]:
        """Numbers of the paths that are lost now."""
        return self._paths.lost

    @property
    def paths(self) -> list[PathView]:
        """The state of each path, the preferred first."""
        return self._paths.states()

    def _open_paths(self, lost: frozenset[int]) -> Paths:
        def open_account(way: CentrePath, memory: Memory) -> Callable[[str], Carrier]:
            return lambda account: self._open_path(way, account, memory)

        openers = [
            open_account(way, self._memories[0 if self._one_memory else number])
            for number, way in enumerate(self._centre.ways)
        ]
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
            if self._one_memory:
                self._memories[0].setdefault(what, value)
            elif int(path) <= len(self._memories):
                self._memories[int(path) - 1][what] = value
        ended = self._faults.prepare()
        self._paths = self._open_paths(self._faults.lost_paths)
        begun = self._backlog.prepare()
        for waiting in self._backlog.set_aside_before():
            self._turns.add_tried(waiting)
        await self._alarms.store([*begun, *self._refusals(), *ended])

    async def run(self) -> None:
        """Deliver for ever, supervise the paths, and report periodic tests."""
        work = (self._deliver_all(), self._paths.watch(), self._tests.run(self._reader))
        tasks = [self._loop.create_task(part) for part in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end_all(tasks)

    async def _deliver_all(self) -> None:
        while True:
            self._wake.clear()
            self._woken = False
            self._read_on()
            waiting = self._turns.next(self._loop.time())
            if waiting is None:
                await self._idle()
            else:
                await self._deliver(waiting)

    def _read_on(self) -> None:
        """Take in a portion of what has come; the rest is taken in when this has had its turn."""
        for waiting in self._backlog.read_on():
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
                self._faults.report(names.SUPERVISION, names.TROUBLE, NOT_TAKEN, centre=centre)
                for centre in self._others
            ]
            log.warning(
                "centre %s never took the event %d: %s", self._centre.name, entry.position, why
            )
        await self._alarms.store(writes)

    def _refusals(self) -> list[Write]:
        """Return the fault that begins or ends with what is not taken now."""
        count = self._backlog.aside + len(self._not_taken)
        return self._faults.refusals(count, self._why.reason, self._why.remedy)

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

    async def _keep_memory(self) -> None:
        # Nothing new may still be on its way to the disk: this comes after it.
        await self._alarms.store(self._memory())

    def _judged(self, path: SupervisedPath, reason: Said, remedy: Said) -> None:
        """A path has answered, or has not."""
        if path.health is Health.LOST:
            self._lost.add(path.number)
        elif path.health is Health.UP:
            self._ups += 1
            if path.number in self._lost:
                self._lost.discard(path.number)
                self._turns.came_back(self._loop.time())
                self._wake.set()
        writes = self._faults.path_judged(path, reason, remedy, none_up=self._paths.none_up)
        if writes:
            self._alarms.submit(writes)
