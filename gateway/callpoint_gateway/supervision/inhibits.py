"""Inhibits and maintenance windows: events of a device under work go to no centre for a time.

- The begin and the end of an inhibit are entries: which device, zone or place, why, in which role,
  for how long.
- An inhibit ends by itself, at a moment of the monotonic clock. After a restart of the machine it
  ends at the wall clock's time, or when the time that was left in the last minute has passed,
  whichever is sooner. So a wrong clock may end an inhibit early and never prolongs it.
- Events under it are stored with its position (``inhibited``). A restore is never held back.
- Alarms of life kinds are inhibited only on request (``life``). An event that happened before the
  inhibit began is not inhibited, if the device knows the event's age.
- A condition that still stands at the end is raised then, with the time at which it happened.
- ``maintenance`` also stops the supervision of the devices that it names.
"""

import asyncio
import logging
import threading

import msgspec

from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.places import ids_of
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    Entry,
    EventBody,
    InhibitBody,
    InhibitOverBody,
    NewEntry,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.questions import (
    MAX_LIFE_S,
    BeginInhibit,
    EndInhibit,
    InhibitList,
    InhibitView,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near, near_number
from callpoint_protocol import names

LOOK_S = 0.5
CHECKPOINT_MS = 60_000
NAME = STATE + "inhibits"
_BATCH = 1000
_EVER_MS = 1 << 62
_BEGINS = {names.ALARM: names.ALARM, names.TROUBLE: names.TROUBLE, names.NOTICE: names.NOTICE}
# A press has no duration: a button that was tried out is not raised at the end.
_PRESSED = (names.PANIC, names.MEDICAL)
_ENDS = {names.RESTORE: names.ALARM, names.TROUBLE_RESTORE: names.TROUBLE}

# Device, zone, kind, state (alarm, trouble or notice), and which of several troubles.
_Condition = tuple[str, int, int, int, int]

log = logging.getLogger(__name__)


def _check_reason(reason: str) -> None:
    """Raise QuestionRefused for a text that is empty or could name a person."""
    try:
        privacy.reason(reason)
    except privacy.Unsaid as error:
        raise QuestionRefused(said("field", field="inhibit", why=error.why)) from None


class _Active:
    def __init__(self, position: int, body: InhibitBody, began_ms: int, end_ms: int) -> None:
        self.position = position
        self.body = body
        self.began_ms = began_ms  # both monotonic
        self.end_ms = end_ms


def _condition(device: str, body: EventBody) -> _Condition | None:
    """Return the condition that an event begins or ends, None if it does neither."""
    state = _BEGINS.get(body.state) or _ENDS.get(body.state)
    if state is None or (state == names.ALARM and body.kind in _PRESSED):
        return None
    if body.state == names.NOTICE:
        return device, body.zone, body.kind, state, 0
    detail = body.detail if state == names.TROUBLE and body.kind != names.BATTERY else 0
    return device, body.zone, body.kind, state, detail


def _over(body: EventBody) -> bool:
    """Say whether an event ends its condition; for a door, whether it is closed."""
    return body.state in _ENDS or (body.state == names.NOTICE and body.detail != names.OPEN)


class Inhibits:
    """The inhibits in force. ``run`` until cancelled."""

    def __init__(self, register: Register, alarms: Journal, clock: Clock) -> None:
        """Read the inhibits in force and the conditions under them from the journal."""
        self._register = register
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()
        self._active: dict[int, _Active] = {}
        self._ending: set[int] = set()  # ended, but standing conditions are not raised yet
        self._standing: dict[_Condition, tuple[int, EventBody]] = {}
        self._reader = alarms.reader()
        self._read = 0
        self._checkpoint_ms = clock.monotonic_ms()
        self._load()
        alarms.watch(self._committed)

    def close(self) -> None:
        """Release the reader, after the journal has been closed."""
        self._reader.close()

    # Asked for each event, from any thread.

    def covers(self, device: str, body: EventBody, age_ms: int | None) -> int:
        """Return the position of an inhibit that holds an event back, 0 if none does.

        ``age_ms``: the event happened at least so long ago; None: its age is not known.
        """
        if not self._active or body.state not in _BEGINS or _over(body):
            return 0
        happened_ms = self._clock.monotonic_ms() - (age_ms or 0)
        life = body.kind in names.LIFE_KINDS and body.state == names.ALARM
        with self._lock:
            for inhibit in self._active.values():
                held = (inhibit.body.life or not life) and happened_ms >= inhibit.began_ms
                if held and self._names(inhibit.body, device, body.zone):
                    return inhibit.position
        return 0

    def shields(self, device: str, zone: int) -> bool:
        """Say whether events of a device's zone are held back now."""
        if not self._active:
            return False
        with self._lock:
            return any(
                self._names(inhibit.body, device, zone) for inhibit in self._active.values()
            )

    def worked_on(self, device: str) -> bool:
        """Say whether a device is in maintenance, so that its silence is expected."""
        if not self._active:
            return False
        with self._lock:
            return any(
                inhibit.body.maintenance
                and inhibit.body.zone is None
                and self._names(inhibit.body, device, 0)
                for inhibit in self._active.values()
            )

    def _names(self, body: InhibitBody, device: str, zone: int) -> bool:
        if body.device:
            return body.device == device and body.zone in (None, zone)
        place = self._register.place_of(device, zone)
        return place is not None and place.id == body.place

    # Asked by a person over the control socket.

    async def begin(self, asked: BeginInhibit, asker: Asker) -> InhibitView:
        """Begin an inhibit; return it once it is on disk. QuestionRefused: says what is wrong."""
        self._check(asked)
        place = self._place(asked.place)
        now = self._clock.wall_ms()
        body = InhibitBody(
            device=asked.device,
            zone=asked.zone,
            place=place,
            reason=asked.reason,
            role=asker.who,
            maintenance=asked.maintenance,
            life=asked.life,
            from_ms=now,
            until_ms=now + asked.for_s * 1000,
        )
        (stored,) = await self._alarms.store([NewEntry(Type.INHIBIT, body, asked.device or None)])
        with self._alarms.reader() as reader:
            entry = reader.entry(stored.position)
        assert entry is not None
        with self._lock:
            began_ms = entry.mono_ms
            inhibit = _Active(entry.position, body, began_ms, began_ms + asked.for_s * 1000)
            if not self._active and not self._ending:
                self._read = entry.position
            self._active[entry.position] = inhibit
        await self._alarms.store([self._cursor()])
        log.warning("inhibit %d begins, for %d s", entry.position, asked.for_s)
        return self._shown(inhibit)

    def _check(self, asked: BeginInhibit) -> None:
        _check_reason(asked.reason)
        if bool(asked.device) == bool(asked.place):
            raise QuestionRefused(said("inhibit.one_of"))
        if asked.device and self._register.device(asked.device) is None:
            raise QuestionRefused(
                said(
                    "unknown.device",
                    name=asked.device,
                    near=near(asked.device, self._register.device_ids()),
                )
            )
        if asked.zone is not None and not asked.device:
            raise QuestionRefused(said("inhibit.zone_alone"))
        zones = self._register.zones(asked.device)
        if asked.zone and asked.zone not in zones:
            raise QuestionRefused(
                said("unknown.zone", name=asked.zone, near=near_number(asked.zone, zones))
            )
        if asked.life and asked.for_s > MAX_LIFE_S:
            raise QuestionRefused(said("inhibit.life_too_long"))

    def _place(self, wanted: str) -> str:
        """Return the id of the place that a text means, as in a route; empty for an empty text."""
        if not wanted:
            return ""
        found = ids_of(wanted, self._register.places())
        if len(found) == 1:
            return found[0]
        if found:
            raise QuestionRefused(said("unknown.places", name=wanted, near=near(wanted, found)))
        known = [place.id for place in self._register.places()]
        raise QuestionRefused(said("unknown.place", name=wanted, near=near(wanted, known)))

    async def end(self, asked: EndInhibit, asker: Asker) -> InhibitView:
        """End an inhibit before its time. QuestionRefused: no such inhibit is in force."""
        inhibit = self._active.get(asked.number)
        if inhibit is None:
            raise QuestionRefused(
                said(
                    "unknown.inhibit",
                    name=asked.number,
                    near=near_number(asked.number, self._active),
                )
            )
        await self._alarms.store(self._ended([inhibit], asker.who))
        return self._shown(inhibit)

    def listed(self) -> InhibitList:
        """Return all inhibits in force."""
        with self._lock:
            return InhibitList([self._shown(inhibit) for inhibit in self._active.values()])

    def _shown(self, inhibit: _Active) -> InhibitView:
        left_ms = max(0, inhibit.end_ms - self._clock.monotonic_ms())
        return InhibitView(
            number=inhibit.position,
            left_s=-(-left_ms // 1000),
            **msgspec.structs.asdict(inhibit.body),
        )

    # The end of inhibits.

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """End the inhibits whose time is over; store each minute how much time is left."""
        if not self._active:
            return
        now = self._clock.monotonic_ms()
        with self._lock:
            over = [inhibit for inhibit in self._active.values() if inhibit.end_ms <= now]
        if over:
            self._alarms.submit(self._ended(over, ""))
        elif now - self._checkpoint_ms >= CHECKPOINT_MS:
            self._alarms.submit([self._cursor()])

    def _ended(self, over: list[_Active], role: str) -> list[Write]:
        """Return the entries that end inhibits.

        Standing conditions are raised when these entries are on disk.
        """
        with self._lock:
            for inhibit in over:
                if self._active.pop(inhibit.position, None):
                    self._ending.add(inhibit.position)
        for inhibit in over:
            log.warning("inhibit %d ends", inhibit.position)
        return [
            NewEntry(
                Type.INHIBIT,
                InhibitOverBody(role),
                inhibit.body.device or None,
                about=inhibit.position,
            )
            for inhibit in over
        ]

    def _committed(self) -> None:
        """Read the new entries: conditions under inhibits, and inhibits that ended.

        This runs in the writer's thread, after a commit.
        """
        with self._lock:
            if not self._active and not self._ending:
                return
            after = self._read
        over: set[int] = set()
        while entries := self._reader.read(after, _BATCH, (Type.EVENT, Type.INHIBIT)):
            after = entries[-1].position
            for entry in entries:
                if isinstance(entry.body, InhibitOverBody) and entry.about in self._ending:
                    over.add(entry.about)
                # An event may have been marked just before the end, and stored just after it.
                elif marked := self._see(entry):
                    over |= {marked} - self._active.keys()
        with self._lock:
            self._read = after
        if over:
            self._raise(over)

    def _see(self, entry: Entry) -> int:
        """Remember a condition that begins under an inhibit; return that position, or 0."""
        body = entry.body
        if not isinstance(body, EventBody) or entry.device is None:
            return 0
        condition = _condition(entry.device, body)
        if condition is None:
            return 0
        if _over(body) or not body.inhibited:
            self._standing.pop(condition, None)
            return 0
        self._standing[condition] = entry.position, body
        return body.inhibited

    def _raise(self, over: set[int]) -> None:
        """Raise the conditions that stand after inhibits have ended, and store the cursor."""
        writes: list[Write] = []
        for condition, (position, body) in list(self._standing.items()):
            if body.inhibited in over:
                del self._standing[condition]
                body = msgspec.structs.replace(body, inhibited=0)
                body = msgspec.structs.replace(
                    body, inhibited=self.covers(condition[0], body, None)
                )
                writes.append(NewEntry(Type.EVENT, body, condition[0], about=position))
        with self._lock:
            self._ending -= over
        self._alarms.submit([*writes, self._cursor()])

    # Kept over a restart.

    def _cursor(self) -> Cursor:
        """Return the cursor: the ms that are left of each inhibit, 0 for one that is ending."""
        now = self._checkpoint_ms = self._clock.monotonic_ms()
        with self._lock:
            state = {
                str(inhibit.position): inhibit.end_ms - now for inhibit in self._active.values()
            }
            state |= {str(position): 0 for position in self._ending}
        with self._alarms.reader() as reader:
            return Cursor(NAME, reader.head(), state)

    def _load(self) -> None:
        cursor = self._reader.cursors().get(NAME, Cursor(NAME, 0))
        begun: dict[int, Entry] = {}
        over: set[int] = set()
        for entry in self._reader.all_of(Type.INHIBIT):
            if isinstance(entry.body, InhibitBody):
                begun[entry.position] = entry
            elif entry.about is not None:
                begun.pop(entry.about, None)
                if str(entry.about) in cursor.state:
                    over.add(entry.about)  # ended, but its conditions were not raised yet
        for entry in begun.values():
            self._resume(entry, cursor.state.get(str(entry.position)))
        self._read = min([*begun, *over], default=0)
        self._ending = set(over)
        if over:
            self._committed()

    def _resume(self, entry: Entry, left_ms: int | None) -> None:
        body = entry.body
        assert isinstance(body, InhibitBody)
        for_ms = body.until_ms - body.from_ms
        if entry.boot_id == self._clock.boot_id():
            self._active[entry.position] = _Active(
                entry.position, body, entry.mono_ms, entry.mono_ms + for_ms
            )
            return
        by_wall_ms = body.until_ms - self._clock.wall_ms()
        left_ms = max(0, min(by_wall_ms, for_ms if left_ms is None else left_ms))
        end_ms = self._clock.monotonic_ms() + left_ms
        # Every event of this boot is later than the begin, which was in another boot.
        self._active[entry.position] = _Active(entry.position, body, -_EVER_MS, end_ms)
