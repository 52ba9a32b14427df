"""Arms, disarms and guards partitions, and keeps their state over restarts.

- A state is shown, answered and acted on only when its entry is on disk. An alarm, the state that
  it belongs to and the cursor of the events are one commit.
- A start reads only the newest entry of each partition; it arms, disarms and triggers nothing. A
  running delay goes on for the time that is left. A delay that ended while no gateway ran ends at
  the start, because a person or a door began it.
- An event that happened before the partition was armed has no effect, however late it arrives.
- Delays are measured by the monotonic clock (``journal.ages``).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from callpoint_gateway.arming import state as panels
from callpoint_gateway.arming.questions import PartitionView
from callpoint_gateway.arming.state import Changed, Guarded, Rules
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.configuration.register import Register, Zone
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.ages import Ages, Stamp, stamp_of
from callpoint_gateway.journal.entries import (
    ArmingBody,
    Cursor,
    Entry,
    EventBody,
    Mark,
    NewEntry,
    Quality,
    ReportBody,
    Type,
    Write,
)
from callpoint_gateway.journal.partition import Mode, Panel, State
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import (
    ARMED_AWAY,
    ARMED_STAY,
    BYPASS_OVER,
    BYPASSED,
    CANCELLED,
    EXIT_ERROR,
    OPENED,
    OPENED_STAY,
)
from callpoint_protocol import names

CURSOR: Final = "state/arming"
_BATCH: Final = 256
# The cursor is stored after so many entries at the latest.
_UNSTORED: Final = 1000
_LOOKED_BACK: Final = 64
_GUARDING: Final = (State.ARMED, State.PENDING, State.TRIGGERED)
_MODES: Final = {
    names.KINDS[names.DOOR]: frozenset(Mode),
    names.KINDS[names.INTRUSION]: frozenset({Mode.AWAY}),
}


class _Partition:
    """One partition: its rules, its state, and since when it is in that state."""

    def __init__(self, zones: dict[tuple[str, int], Zone], rules: Rules) -> None:
        self.zones = zones
        self.rules = rules
        self.panel = Panel()
        self.since: Stamp | None = None
        self.armed: Stamp | None = None  # since when it is armed; None: it is not armed
        self.who = "gateway"


class By(NamedTuple):
    """Who (a role) changed a partition, by which program, with which note."""

    who: str
    origin: str
    note: str = ""


# A change by an event or a delay.
GATEWAY: Final = By("gateway", "gateway")


class Others(NamedTuple):
    """The functions of other parts that the guard calls."""

    silent: Callable[[str], bool]
    inhibited: Callable[[str, EventBody, int | None], int]
    mark: Callable[[str, EventBody], Mark]
    ages: Callable[[], Ages]


def name_of(device: str, zone: int) -> str:
    """Return the name of a zone in a panel: ``device/zone``."""
    return f"{device}/{zone}"


def is_open(body: EventBody) -> bool | None:
    """Say whether an event opens (True) or closes (False) a guarded zone; None: neither."""
    if body.kind == names.DOOR and body.state == names.NOTICE:
        return body.detail == names.OPEN
    if body.kind == names.INTRUSION and body.state in (names.ALARM, names.RESTORE):
        return body.state == names.ALARM
    return None


class Guard:
    """All partitions of a site. ``prepare``, then ``run`` until cancelled, then ``close``."""

    def __init__(
        self,
        site: str,
        register: Register,
        settings: ArmingSettings,
        alarms: Journal,
        clock: Clock,
        others: Others,
    ) -> None:
        """Take the partitions of the register; ``prepare`` reads their states."""
        self._site = site
        self._register = register
        self._settings = settings
        self._alarms = alarms
        self._clock = clock
        self._others = others
        self._watchers: list[Callable[[str], None]] = []
        self._reader = alarms.reader()
        self._lock = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._position = self._stored = 0
        self._partitions = {name: self._partition(name) for name in register.partitions}
        alarms.watch(self._committed)

    def _partition(self, name: str) -> _Partition:
        zones = self._register.zones_of(name)
        of = self._register.partitions[name]
        guarded = {
            name_of(*key): Guarded(frozenset(zone.armed) or _MODES[zone.kind], zone.entry)
            for key, zone in zones.items()
        }
        rules = Rules(guarded, of.exit_s, of.entry_s, self._settings.most_alarms)
        return _Partition(zones, rules)

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()

    def watch(self, changed: Callable[[str], None]) -> None:
        """Call ``changed(partition)`` in the event loop whenever a partition's view changes."""
        self._watchers.append(changed)

    def _tell(self, name: str) -> None:
        for changed in self._watchers:
            changed(name)

    def _committed(self) -> None:
        if self._partitions and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    @property
    def names(self) -> list[str]:
        """The ids of the partitions."""
        return list(self._partitions)

    def panel(self, name: str) -> Panel:
        """Return the state of a partition. KeyError: there is no such partition."""
        return self._partitions[name].panel

    def left_s(self, name: str) -> int:
        """Return the seconds that are left of a running delay, 0 if none runs."""
        partition = self._partitions[name]
        if partition.since is None or partition.panel.state not in (State.ARMING, State.PENDING):
            return 0
        return max(0, -(-(partition.panel.seconds * 1000 - self._age_ms(partition)) // 1000))

    def _age_ms(self, partition: _Partition) -> int:
        return 0 if partition.since is None else self._others.ages().of(partition.since)

    async def prepare(self) -> None:
        """Read the state of every partition from its newest entry, and the events' cursor."""
        cursor = self._reader.cursors().get(CURSOR)
        self._position = self._stored = cursor.position if cursor else self._reader.head()
        for name, partition in self._partitions.items():
            entry = self._reader.latest(Type.ARMING, name)
            if entry is not None and isinstance(entry.body, ArmingBody):
                partition.panel, partition.who = entry.body.panel, entry.body.who
                since = entry.body.since
                partition.since = Stamp(*since) if since else stamp_of(entry)
                armed = entry.body.armed
                partition.armed = Stamp(*armed) if armed else _armed(partition)
        if cursor is None and self._partitions:
            await self._alarms.store([Cursor(CURSOR, self._position)])

    async def run(self) -> None:
        """Follow the events and end delays, until cancelled."""
        while self._partitions:
            self._wake.clear()
            await self.look()
            left = [
                self._partitions[name].panel.seconds * 1000 - self._age_ms(self._partitions[name])
                for name in self._partitions
                if self.panel(name).state in (State.ARMING, State.PENDING)
            ]
            try:
                async with asyncio.timeout(max(0, min(left)) / 1000 if left else None):
                    await self._wake.wait()
            except TimeoutError:
                continue
        await asyncio.Event().wait()

    async def look(self) -> None:
        """Handle all events that are on disk, and all delays that are over."""
        async with self._lock:
            await self._look()

    async def _look(self) -> None:
        """Do as ``look``; the caller holds the lock."""
        before = self._position
        while entries := self._reader.read(self._position, _BATCH, (Type.EVENT,)):
            for entry in entries:
                await self._event(entry)
                self._position = entry.position
        if self._position - self._stored > _UNSTORED:
            self._stored = self._position
            await self._alarms.store([Cursor(CURSOR, self._position)])
        for name, partition in self._partitions.items():
            delayed = partition.panel.state in (State.ARMING, State.PENDING)
            if delayed and self._age_ms(partition) >= partition.panel.seconds * 1000:
                changed = panels.delay_over(
                    partition.panel, self._unready(partition), partition.rules
                )
                await self._change(name, changed, GATEWAY._replace(who=partition.who))
            if partition.panel.late and self._position > before:
                await self._take_in(name)

    async def _take_in(self, name: str) -> None:
        """Let what was in trouble or silent at the end of the exit delay take part again."""
        partition = self._partitions[name]
        for zone in sorted({*partition.panel.late} - self._unready(partition)):
            if changed := panels.closed(partition.panel, zone):
                await self._change(name, changed, GATEWAY)

    async def _event(self, entry: Entry) -> None:
        body = entry.body
        if not isinstance(body, EventBody) or not body.guarded or entry.device is None:
            return
        name = self._register.guard_of(entry.device, body.zone)
        now_open = is_open(body)
        if name is None or now_open is None or name not in self._partitions:
            return
        partition, zone = self._partitions[name], name_of(entry.device, body.zone)
        changed = None
        ago_ms = self._ago_ms(entry, body)
        before = partition.armed is not None and ago_ms > self._others.ages().of(partition.armed)
        if not now_open:
            changed = panels.closed(partition.panel, zone)
        elif not (before or body.inhibited or body.mark is Mark.TEST):
            changed = panels.opened(partition.panel, zone, partition.rules, ago_ms / 1000)
        if changed is None:
            self._tell(name)  # the view also shows which zones are open
            return
        self._position = entry.position
        await self._change(name, changed, GATEWAY, entry)

    def _ago_ms(self, entry: Entry, body: EventBody) -> int:
        """Return how many ms ago an event happened, by its own time and the journal's clocks."""
        return self._others.ages().of(stamp_of(entry)) + max(
            0, entry.recorded_ms - body.occurred_ms
        )

    async def _change(
        self, name: str, changed: Changed, by: By, cause: Entry | None = None
    ) -> None:
        """Store a change with its alarms and reports, and show it when it is on disk."""
        partition = self._partitions[name]
        same = partition.panel.state is changed.panel.state
        goes_on = changed.panel.state in _GUARDING
        armed = partition.armed if goes_on else None
        body = ArmingBody(
            changed.panel, *by, _parts(partition.since if same else None), _parts(armed)
        )
        about = cause.position if cause else None
        writes: list[Write] = [NewEntry(Type.ARMING, body, name, about=about)]
        writes += [self._alarm(zone, names.ALARM, cause) for zone in changed.raised]
        writes += [self._alarm(zone, names.RESTORE, cause) for zone in changed.restored]
        if not same:
            writes += self._reports(name, changed.panel)
        writes += self._bypasses(name, changed.panel)
        writes.append(Cursor(CURSOR, self._position))
        stored = await self._alarms.store(writes)
        self._stored = self._position
        if not same:
            entry = self._reader.entry(stored[0].position)
            partition.since = stamp_of(entry) if entry else None
            partition.who = by.who
        partition.panel = changed.panel
        partition.armed = armed or _armed(partition)
        self._tell(name)

    def _alarm(self, zone: str, state: int, cause: Entry | None) -> NewEntry:
        """Return the event of an intrusion alarm or its restore, like that of a device."""
        device, _, digits = zone.rpartition("/")
        number = int(digits)
        occurred_ms, quality = self._clock.wall_ms(), Quality.AGE
        if cause is not None and isinstance(cause.body, EventBody):
            occurred_ms, quality = cause.body.occurred_ms, cause.body.quality
        place = self._register.place_of(device, number)
        body = EventBody(
            site=self._site,
            kind=names.INTRUSION,
            state=state,
            zone=number,
            detail=0,
            count=1,
            flags=0,
            occurred_ms=occurred_ms,
            quality=quality,
            place=place.id if place else "",
            partition=self._register.partition_of(device, number),
        )
        mark, held = self._others.mark(device, body), self._others.inhibited(device, body, None)
        return NewEntry(Type.EVENT, replace(body, mark=mark, inhibited=held), device)

    def report(self, name: str, detail: int, zone: str = "") -> NewEntry:
        """Return what centres are told of a partition, or of a ``zone`` of it (``name_of``)."""
        device, number = next(iter(self._partitions[name].zones), ("", 0))
        if zone:
            device, _, digits = zone.rpartition("/")
            number = int(digits)
        at_ms = self._clock.wall_ms()
        intrusion = names.INTRUSION
        body = ReportBody(self._site, "", intrusion, names.NOTICE, detail, number, at_ms)
        return NewEntry(Type.REPORT, body, device or None)

    def _reports(self, name: str, after: Panel) -> list[NewEntry]:
        """Return the reports to the centres of an arming, a disarming or a cancelled alarm."""
        partition = self._partitions[name]
        before = partition.panel
        details = []
        soon = self._age_ms(partition) <= self._settings.cancel_s * 1000
        if before.state is State.TRIGGERED and after.state is State.DISARMED and soon:
            details.append(CANCELLED)
        if after.state is State.ARMED:
            details.append(ARMED_AWAY if after.mode is Mode.AWAY else ARMED_STAY)
        if after.state is State.DISARMED and before.state is not State.ARMING:
            details.append(OPENED if before.mode is Mode.AWAY else OPENED_STAY)
        return [self.report(name, detail) for detail in details]

    def _bypasses(self, name: str, after: Panel) -> list[NewEntry]:
        """Return what the centres are told of zones that are left out while it is armed."""
        before = self._partitions[name].panel
        were = before.bypassed if before.state in _GUARDING else ()
        are = after.bypassed if after.state in _GUARDING else ()
        told = []
        for zone in sorted({*are} - {*were}):
            if zone in after.late:
                told.append(self.report(name, EXIT_ERROR, zone))
            told.append(self.report(name, BYPASSED, zone))
        return told + [self.report(name, BYPASS_OVER, zone) for zone in sorted({*were} - {*are})]

    def _unready(self, partition: _Partition) -> set[str]:
        """Return the zones that are open, in trouble, or of a silent device."""
        unready = set()
        for device in dict.fromkeys(device for device, _ in partition.zones):
            events = self._reader.last_events(device, _LOOKED_BACK)
            for zone in [number for owner, number in partition.zones if owner == device]:
                if self._others.silent(device) or _stands_open(events, zone):
                    unready.add(name_of(device, zone))
        return unready

    async def arm(self, name: str, mode: Mode, by: By, *, force: bool = False) -> None:
        """Arm a partition; return when it is on disk. ``force`` leaves unready zones out.

        KeyError: there is no such partition. ArmingNotPossible: it is armed, or not ready.
        """
        partition = self._partitions[name]
        async with self._lock:
            await self._look()
            panel = panels.arm(
                partition.panel, mode, self._unready(partition), partition.rules, force
            )
            await self._change(name, Changed(panel), by)
        self._wake.set()

    async def disarm(self, name: str, by: By) -> None:
        """Disarm a partition; return when it is on disk.

        KeyError: there is no such partition. ArmingNotPossible: it is disarmed.
        """
        partition = self._partitions[name]
        async with self._lock:
            await self._look()
            await self._change(name, Changed(panels.disarm(partition.panel)), by)
        self._wake.set()

    def shown(self, name: str) -> PartitionView:
        """Return the view of a partition. KeyError: there is no such partition."""
        panel, of = self.panel(name), self._register.partitions[name]
        return PartitionView(
            partition=name,
            place=of.place,
            state=panel.state,
            mode=panel.mode,
            left_s=self.left_s(name),
            bypassed=list(panel.bypassed),
            alarmed=list(panel.alarmed),
            open=sorted(self._unready(self._partitions[name])),
            changed_by=self._partitions[name].who,
        )


def _armed(partition: _Partition) -> Stamp | None:
    """Return since when a partition is armed if its present state is ARMED, else None."""
    return partition.since if partition.panel.state is State.ARMED else None


def _parts(stamp: Stamp | None) -> tuple[int, str, int] | None:
    return None if stamp is None else (stamp.wall_ms, stamp.boot_id, stamp.mono_ms)


def _stands_open(events: Sequence[Entry], zone: int) -> bool:
    """Say whether a zone is open or in trouble after these events, the oldest first."""
    opened = trouble = False
    for entry in events:
        body = entry.body
        if not isinstance(body, EventBody) or body.zone != zone:
            continue
        now_open = is_open(body)
        opened = opened if now_open is None else now_open
        if body.state in (names.TROUBLE, names.TROUBLE_RESTORE):
            trouble = body.state == names.TROUBLE
    return opened or trouble
