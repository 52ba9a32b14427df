"""The desk: stores and carries out every action of people about alarms and exercises.

The command line reaches it over the control socket; the console will call it. It reads the alarms
journal, and no other part stores actions. What it promises:

1. It answers, shows or orders nothing before the entry of it is on disk.
2. Its own actions (alerting neighbours, escalation, the end of an exercise) are stored first and
   carried out once; after a restart the journal shows which are still to be done.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from callpoint_gateway.alarms import exercises
from callpoint_gateway.alarms.case import STEPS, Case, Handling, Raised, refusal
from callpoint_gateway.alarms.escalation import missed
from callpoint_gateway.alarms.exercises import GATEWAY, LONGEST_S, WARNING_S
from callpoint_gateway.alarms.fold import Exercise
from callpoint_gateway.alarms.history import closed_case
from callpoint_gateway.alarms.model import Model
from callpoint_gateway.alarms.neighbours import Neighbours
from callpoint_gateway.alarms.orders import DeviceCommands, Publish, new_number
from callpoint_gateway.alarms.signal_checks import SignalChecks
from callpoint_gateway.alarms.site_state import TYPES
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.alarms.snapshot import NAME, is_complete, snapshot
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.levels import NORMAL, AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.log_lines import alarm
from callpoint_gateway.journal.ages import Ages
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    AlertBody,
    Cause,
    Cursor,
    Entry,
    EventBody,
    ExerciseBody,
    Mark,
    NewEntry,
    SeenBody,
    Stage,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.event_meaning import raises, triggers
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import Said, said, value_said
from callpoint_gateway.words.unknown import near, near_number
from callpoint_protocol import names

LOOK_S: Final = 1.0
LOOK_MS: Final = 1000
GATHER_S: Final = 0.01
BLOCK: Final = 256
SNAPSHOT_EVERY: Final = 2000  # entries read again at most after a crash

Tell = Callable[[str, int, int], None]

log = logging.getLogger(__name__)


class DeskNotPossible(Exception):
    """The action is not possible now; the text says why, and what is possible."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Desk:
    """``prepare`` it before the sources start, ``run`` until cancelled."""

    def __init__(
        self,
        site: str,
        alarms: Journal,
        register: Register,
        settings: AlarmSettingsByLevel,
        clock: Clock,
        operator: Tell,
        publish: Publish,
        readings: Journal | None = None,
        consumers: Collection[str] | None = None,
    ) -> None:
        """``operator(device, boot, seq)`` tells a device that a person knows of its event.

        ``publish``: see ``DeviceCommands``. ``readings`` and ``consumers``: see ``Model``.
        """
        self._site = site
        self._alarms = alarms
        self._register = register
        self._clock = clock
        self._operator = operator
        self._reader = alarms.reader()
        self._readings = readings.reader() if readings is not None else None
        #: The state of the site; only the desk feeds it with entries.
        self.model = Model(self._reader, clock, settings, register, self._readings, consumers)
        self._cases = self.model.state.cases
        self._orders = DeviceCommands(site, publish, clock)
        self._signals = SignalChecks(self._orders, clock)
        self._neighbours = Neighbours(register, settings.at(NORMAL), self._orders)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._woken = False  # whether a commit came since the journal was last read
        self._busy = asyncio.Lock()
        self._touched: dict[int, Case] = {}
        self._saved = 0
        self._looked_ms = -LOOK_MS
        alarms.watch(self._committed)

    def close(self) -> None:
        """Release the readers."""
        self._reader.close()
        if self._readings is not None:
            self._readings.close()

    def save(self) -> None:
        """Store a snapshot for the next start. The journal must still be open."""
        self._alarms.submit([snapshot(self.model.state)])

    def _committed(self) -> None:
        if not self._woken and not self._loop.is_closed():
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def prepare(self) -> None:
        """Load the open alarms, and carry out what an earlier run stored and did not do.

        A journal without a snapshot starts at its end.
        """
        cursor = self._reader.cursors().get(NAME)
        if cursor is None:
            cursor = Cursor(NAME, self._reader.head())
            await self._alarms.store([cursor])
        # In a thread: of thousands of devices it reads for a tenth of a second.
        await asyncio.to_thread(
            self.model.start
        )  # the entries so far were carried out by earlier runs
        self._saved = cursor.position
        if not is_complete(cursor):
            self.save()
        for case in self._cases.open_cases():
            self._touched[case.position] = case
            self._neighbours.resume(case, self.ages.of)
        async with self._busy:
            await self._catch_up()
            await self._on_time()

    # Asked by other parts.

    @property
    def ages(self) -> Ages:
        """The ages of recorded moments."""
        return self.model.ages

    def situation(self) -> Situation:
        """Return the present situation of the site."""
        return self.model.situation()

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The running exercises, the oldest first."""
        return self._cases.exercises

    def mark(self, device: str, body: EventBody) -> Mark:
        """Return whether a new event is real or of an exercise. Any thread may ask."""
        age_ms = max(0, self._clock.wall_ms() - body.occurred_ms)
        return exercises.mark_of(body, device, age_ms, self._cases, self.ages)

    def has_closed(self, entry: Entry) -> bool:
        """Say whether an entry is an alarm that a person has closed."""
        body = entry.body
        alarm = isinstance(body, EventBody) and raises(body) and body.mark is not Mark.TEST
        known = self._cases.position >= entry.position
        return alarm and known and self._cases.case(entry.position) is None

    async def act(
        self,
        position: int,
        action: Action,
        who: str,
        origin: str,
        cause: Cause | None = None,
        note: str = "",
    ) -> Case:
        """Carry out an action about the open alarm with this event; return the alarm after it.

        DeskNotPossible: there is no such open alarm, or the action is not allowed now.
        ``privacy.Unsaid``: a text might name a person.
        """
        who, origin = privacy.who(who), privacy.origin(origin)
        note = privacy.reason(note, "note") if action is Action.NOTE else privacy.note(note)
        body = ActionBody(action, who, origin, cause, note)
        async with self._busy:
            await self._catch_up()
            case = self._cases.case(position)
            if case is None:
                raise self._no_alarm(position)
            if why := refusal(case, action, cause):
                raise DeskNotPossible(why)
            await self._do(self._acting(case, body))
            alarm(action, f"by {body.who}", dev=case.device, event_id=position)
            return case

    async def note_once(
        self, position: int, who: str, origin: str, note: str, request: str, written_ms: int
    ) -> Case:
        """Note something about an alarm, once however often the request comes; return the alarm.

        ``written_ms``: when it was written if it comes late (Unix ms), else 0. The alarm may have
        been closed since. DeskNotPossible: no such alarm. ``privacy.Unsaid``: see ``act``.
        """
        note = privacy.reason(note, "note")
        body = ActionBody(
            Action.NOTE,
            privacy.who(who),
            privacy.origin(origin),
            note=note,
            request=request,
            written_ms=written_ms,
        )
        async with self._busy:
            await self._catch_up()
            case = self._cases.case(position) or closed_case(self._reader, position)
            if case is None:
                raise self._no_alarm(position)
            if all(step.request != request for step in case.steps):
                await self._do([NewEntry(Type.ACTION, body, case.device, about=case.position)])
                alarm(Action.NOTE, f"by {who}", dev=case.device, event_id=position)
            return self._cases.case(position) or closed_case(self._reader, position) or case

    def _no_alarm(self, position: int) -> DeskNotPossible:
        known = [case.position for case in self._cases.open_cases()]
        return DeskNotPossible(
            said("unknown.open_alarm", name=position, near=near_number(position, known))
        )

    def _acting(self, case: Case, body: ActionBody) -> list[NewEntry]:
        writes = [NewEntry(Type.ACTION, body, case.device, about=case.position)]
        if body.action is Action.ACKNOWLEDGE:
            writes += [
                _seen(raised, case.position)
                for raised in case.raised.values()
                if raised.position != case.position
            ]
        handling = STEPS[body.action][1]
        if handling is not None:
            silence = self._neighbours.silence(case, handling, self._cases)
            writes += [silence] if silence else []
        return writes

    async def start_exercise(
        self,
        mark: Mark,
        seconds: int,
        who: str,
        origin: str,
        points: Sequence[str] = (),
        kinds: Sequence[int] = (),
        note: str = "",
    ) -> Exercise:
        """Start a drill or a walk test for ``seconds``, at most ``LONGEST_S``.

        ``points``: places or devices; ``kinds``: kinds of events; empty: all.
        DeskNotPossible: one of these devices takes part in another, or ``seconds`` or ``points``
        are wrong.
        """
        if not 1 <= seconds <= LONGEST_S:
            raise DeskNotPossible(said("desk.too_long", hours=LONGEST_S // 3600))
        ids, lacking = exercises.meant(self._register, points)
        devices = exercises.taking_part(self._register, ids)
        if lacking is not None or not devices:
            point = lacking or ", ".join(points)
            raise DeskNotPossible(
                said("unknown.point", name=point, near=near(point, self._points()))
            )
        body = ExerciseBody(
            mark,
            Stage.START,
            seconds,
            ids,
            list(kinds),
            privacy.who(who),
            privacy.origin(origin),
            privacy.note(note),
        )
        async with self._busy:
            await self._catch_up()
            runs = exercises.sharing(devices, self.exercises, self._register)
            if runs is not None:
                what = value_said("exercise", runs.mark)
                raise DeskNotPossible(said("desk.runs", what=what))
            reports = self._to_centre(ids, self.exercises, names.TEST_WALK)
            await self._do([*reports, NewEntry(Type.EXERCISE, body)])
            if mark is Mark.TEST:
                self._order_walk_test(devices, seconds)
            return self.exercises[-1]

    async def stop_exercise(
        self, mark: Mark, who: str, origin: str, note: str = "", number: int | None = None
    ) -> Exercise:
        """End a running drill or walk test: the one with this number, or the only one.

        DeskNotPossible: none runs, or several do and ``number`` does not say which.
        """
        who, origin, note = privacy.who(who), privacy.origin(origin), privacy.note(note)
        async with self._busy:
            await self._catch_up()
            of_mark = [each for each in self.exercises if each.mark is mark]
            found = [each for each in of_mark if number in (None, each.position)]
            if not found:
                raise DeskNotPossible(said("desk.runs_not", what=value_said("exercise", mark)))
            if len(found) > 1:
                numbers = ", ".join(str(each.position) for each in found)
                raise DeskNotPossible(said("desk.several", numbers=numbers))
            await self._end_exercise(found[0], who, origin, note)
            return found[0]

    def _points(self) -> list[str]:
        return [*self._register.device_ids(), *(place.id for place in self._register.places())]

    def left_ms(self, running: Exercise) -> int:
        """Return how many ms of an exercise are left."""
        return exercises.left_ms(running, self.ages)

    # Done by the desk itself.

    async def run(self) -> None:
        """Follow the journal and the clock, for ever."""
        while True:
            self._wake.clear()
            self._woken = False
            await self.look()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Carry out the new entries, and what is due by the clock."""
        async with self._busy:
            await self._catch_up()
            await self._on_time()

    def _take(self) -> bool:
        """Take the next entries and carry them out; return whether there may be more."""
        taken = self._reader.read(self._cases.position, BLOCK, TYPES)
        for entry in taken:
            raised = self._raised(entry.about)
            self.model.state.take(entry)
            match entry.body:
                case EventBody() if case := self._cases.case(entry.position):
                    self._touched[case.position] = case
                case EventBody(mark=Mark.TEST) as body if entry.device and triggers(body):
                    self._signals.begin(entry.device)
                case StatusBody() as body if body.status == names.ONLINE:
                    self._welcome(entry.device)
                case SeenBody() | ActionBody(action=Action.ACKNOWLEDGE) if raised:
                    self._tell(raised)
                case AlertBody() as body:
                    self._neighbours.send(body)
        return len(taken) == BLOCK

    def _raised(self, event: int | None) -> Raised | None:
        if event is None:
            return None
        case = self._cases.case(event)
        return self._cases.tests.get(event) if case is None else case.raised.get(event)

    async def _catch_up(self) -> None:
        """Take all committed entries, and store and carry out what follows from them."""
        while self._take():  # noqa: ASYNC110 - others have something to do as well
            await asyncio.sleep(0)
        while self._touched or self._cases.tests:
            touched, self._touched = list(self._touched.values()), {}
            await self._do(self._left_to_do(touched))
        if self._cases.position - self._saved >= SNAPSHOT_EVERY:
            self._saved = self._cases.position
            self.save()

    def _left_to_do(self, cases: Sequence[Case]) -> list[NewEntry]:
        writes: list[NewEntry] = [_seen(raised, 0) for raised in self._cases.tests.values()]
        for case in cases:
            if case.known:
                writes += [
                    _seen(raised, case.position)
                    for raised in case.raised.values()
                    if not raised.seen
                ]
            alert = self._neighbours.alert(case, self.ages.of)
            writes += [alert] if alert else []
        return writes

    def _welcome(self, device: str | None) -> None:
        """Tell a device that connects again which of its events are known to a person."""
        for case in self._cases.open_cases():
            for raised in case.raised.values():
                if raised.device == device and raised.seen:
                    self._tell(raised)

    async def _on_time(self) -> None:
        """Repeat orders, escalate, and warn of or end exercises: once a second."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._looked_ms < LOOK_MS:
            return
        self._looked_ms = now_ms
        self._orders.repeat()
        self._signals.ask()
        await self._do(list(self._escalations()))
        for running in self.exercises:
            await self._end_in_time(running)

    async def _end_in_time(self, running: Exercise) -> None:
        left_ms = self.left_ms(running)
        if not left_ms:
            await self._end_exercise(running, GATEWAY, GATEWAY, "its time is over")
        elif left_ms <= WARNING_S * 1000 < running.seconds * 1000 and not running.warned:
            warning = exercises.stage_entry(running, Stage.WARNING, GATEWAY, GATEWAY)
            log.warning("the %s ends in %d s", called(running.mark), left_ms // 1000)
            await self._do([warning])

    def _escalations(self) -> Iterator[NewEntry]:
        for case in self._cases.open_cases():
            for body in missed(case, self.model.settings(case), self.ages.of):
                log.warning(
                    "alarm %d: %s is overdue for %d s, tell %s",
                    *(case.position, body.deadline, body.overdue_ms // 1000, body.to),
                )
                yield NewEntry(Type.ESCALATION, body, case.device, about=case.position)

    async def _end_exercise(self, running: Exercise, who: str, origin: str, note: str) -> None:
        writes = [exercises.stage_entry(running, Stage.END, who, origin, note)]
        others = [each for each in self.exercises if each is not running]
        drilled = any(each.mark is Mark.DRILL for each in others)
        for case in self._cases.open_cases():
            own = running.covers(case.device, case.place, case.kind) or not drilled
            if case.mark is Mark.DRILL and running.mark is Mark.DRILL and own:
                silence = self._neighbours.silence(case, Handling.CLOSED, self._cases)
                writes += [silence] if silence else []
                writes += exercises.closing(case)
        writes += self._to_centre(running.points, others, names.TEST_WALK_END)
        devices = exercises.taking_part(self._register, running.points)
        await self._do(writes)
        if running.mark is Mark.TEST:
            self._order_walk_test(devices, 0)

    def _to_centre(
        self, points: Sequence[str], others: Iterable[Exercise], detail: int
    ) -> list[NewEntry]:
        return exercises.to_centre(self._site, self._register, points, others, detail, self._clock)

    def _order_walk_test(self, devices: Sequence[str], seconds: int) -> None:
        for device in devices:
            self._orders.send(device, names.WALK_TEST, seconds, new_number())

    async def _do(self, writes: Sequence[NewEntry]) -> None:
        """Store entries; when they are on disk, take them, which carries them out."""
        if writes:
            last = max(entry.position for entry in await self._alarms.store(writes))
            while self._cases.position < last:
                self._take()

    def _tell(self, raised: Raised) -> None:
        if raised.boot is not None and raised.seq is not None:
            self._operator(raised.device, raised.boot, raised.seq)


def _seen(raised: Raised, case: int) -> NewEntry:
    return NewEntry(Type.SEEN, SeenBody(case), raised.device, about=raised.position)


def called(mark: Mark) -> str:
    """Return the English name of an exercise, for errors and the log."""
    return "drill" if mark is Mark.DRILL else "walk test"
