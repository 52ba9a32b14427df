"""Supervises the devices: one that sends nothing for its set time raises trouble.

- Only messages that the device itself sends count: a retained status or a last will comes from
  the broker.
- Time is monotonic. It does not count while the source that heard the device last is down, or
  while the device is in maintenance (``inhibits``).
- A silence shorter than the device's set time is nothing; the return of a silent device is a
  restore.
- Many devices that fall silent together are one fault (an access point, the power, jamming); no
  centre gets a trouble for each.
- The cursor keeps which devices were reported, so that a restart does not report them again.
"""

import asyncio
import math
from collections.abc import Callable

import msgspec

from callpoint_gateway.configuration.config import SupervisionSettings
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    Type,
    Write,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Supervised, SupervisedState
from callpoint_gateway.words.said import NOTHING, Said, said, verbatim
from callpoint_protocol import names

LOOK_S = 1.0
# Devices that fall silent within this time of each other count as together.
TOGETHER_MS = 15_000
MANY = 3
TOGETHER = "devices"
NAME = STATE + "supervision"
_ALONE, _TOGETHER = 1, 2
_BATCH = 1000


def silent_after_s(device: Device, settings: SupervisionSettings) -> int:
    """Return how long a device may be silent, in seconds; 0: it is not supervised."""
    if device.silent_after_s is not None:
        return device.silent_after_s
    by_kind = [settings.kinds[zone.kind] for zone in device.zone if zone.kind in settings.kinds]
    if by_kind:
        # The shortest; 0 stands for no limit.
        return min(by_kind, key=lambda seconds: seconds or math.inf)
    return settings.battery_s if device.power == "battery" else settings.mains_s


# The remedies for one silent device, and for many that fall silent together.
LOOK = said("device.look.do")
LOOK_TOGETHER = said("devices.look.do")


def together(cursor: Cursor | None) -> set[str]:
    """Return the devices that were reported silent together, from the cursor ``NAME``."""
    return {name for name, how in cursor.state.items() if how == _TOGETHER} if cursor else set()


class Supervision:
    """Watches every device of the register. ``run`` until cancelled."""

    def __init__(
        self,
        site: str,
        register: Register,
        alarms: Journal,
        clock: Clock,
        listening: Callable[[str | None], bool],
        settings: SupervisionSettings,
        worked_on: Callable[[str], bool] = lambda device: False,
        inhibited: Callable[[str, EventBody, int | None], int] = lambda *event: 0,
        sooner: Callable[[Place | None], float] = lambda place: 1.0,
    ) -> None:
        """Read which devices earlier runs reported as silent.

        ``listening(source)`` says whether the gateway could hear a device by that source now;
        None: a device that was not heard yet. ``worked_on(device)``: it is in maintenance, so
        its silence is no fault. ``inhibited``: see ``Ingest``.
        ``sooner(place)``: the part of its set time that counts there now, by the response level.
        """
        self._site = site
        self._alarms = alarms
        self._clock = clock
        self._listening = listening
        self._worked_on = worked_on
        self._inhibited = inhibited
        self._sooner = sooner
        self._register = register
        devices = [register.device(name) for name in register.device_ids()]
        self._after_ms = {
            device.id: 1000 * after_s
            for device in devices
            if device is not None and (after_s := silent_after_s(device, settings))
        }
        self._devices = [
            device for device in devices if device is not None and device.id in self._after_ms
        ]
        self._on_battery = {device.id for device in self._devices if device.power == "battery"}
        now = clock.monotonic_ms()
        self._heard = {device.id: now for device in self._devices}
        self._source: dict[str, str] = {}  # the source by which each was heard last
        self._due: dict[str, int] = {}  # since when silent for too long, not reported yet
        self._silent: set[str] = set()  # reported singly
        self._together: set[str] = set()  # reported together as one fault
        self._looked = now
        self._load()

    def _load(self) -> None:
        with self._alarms.reader() as reader:
            cursor = reader.cursors().get(NAME)
            if cursor is not None:
                self._silent = {name for name, how in cursor.state.items() if how == _ALONE}
                self._together = together(cursor)
            else:
                self._read_all(reader)
                # The next start need not read them all.
                self._alarms.submit([self._cursor()])
        self._silent &= self._after_ms.keys()
        removed = bool(self._together)
        self._together &= self._after_ms.keys()
        if removed and not self._together:
            gone = fault_ends(TOGETHER, said("devices.none_left"))
            self._alarms.submit([gone, self._cursor()])
        for name in self._silent | self._together:
            # Only a message from now on restores it.
            self._heard[name] -= self._after_ms[name] + 1

    def _read_all(self, reader: Reader) -> None:
        """Read which devices were reported, in a journal of a version without this cursor."""
        after = 0
        while entries := reader.read(after, _BATCH, (Type.EVENT, Type.FAULT)):
            after = entries[-1].position
            for entry in entries:
                body = entry.body
                if isinstance(body, EventBody) and body.kind == names.SUPERVISION:
                    lost = body.state == names.TROUBLE
                    (self._silent.add if lost else self._silent.discard)(entry.device or "")
                elif isinstance(body, FaultBody) and body.source == TOGETHER:
                    self._together = set(body.reason.split()) if body.active else set()

    def heard(self, device: str, source: str) -> None:
        """Note that a device has sent a message by ``source``. Any thread may call this."""
        if device in self._heard:
            self._source[device] = source
            self._heard[device] = self._clock.monotonic_ms()

    def states(self) -> list[Supervised]:
        """Return each device's set time and state, and the moment of its last message."""
        now = self._clock.monotonic_ms()
        return [
            Supervised(
                f"device/{name}",
                self._limit_ms(name) / 1000,
                self._state(name, now),
                self._heard[name],
                said("device.with_others") if name in self._together else NOTHING,
                self._to_do(name),
            )
            for name in self._after_ms
        ]

    def _to_do(self, device: str) -> Said:
        if device in self._together:
            return LOOK_TOGETHER
        return LOOK if self.silent(device) else NOTHING

    def silent(self, device: str) -> bool:
        """Say whether a device has been silent for its whole set time."""
        return device in self._silent | self._together

    def _limit_ms(self, device: str) -> float:
        """Return how long a device may be silent now.

        A response level shortens it for devices on mains power only: the others speak no more
        often than before.
        """
        after_ms = self._after_ms[device]
        if device in self._on_battery:
            return after_ms
        return after_ms * self._sooner(self._register.place_of(device, 0))

    def _state(self, device: str, now: int) -> SupervisedState:
        if self.silent(device):
            return SupervisedState.FAULT
        if self._worked_on(device):
            return SupervisedState.WORKED_ON
        if now - self._heard[device] > self._limit_ms(device):
            return SupervisedState.DUE
        return SupervisedState.OK if device in self._source else SupervisedState.UNKNOWN

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Report the devices that have fallen silent and those that were heard again."""
        now = self._clock.monotonic_ms()
        passed, self._looked = now - self._looked, now
        kept = set(self._silent), set(self._together)
        writes: list[Write] = []
        # Asked once for each source: a site may have thousands of devices.
        sources = self._source.copy()
        listening = {source: self._listening(source) for source in {None, *sources.values()}}
        for device in self._devices:
            if not self._counts(device.id, listening[sources.get(device.id)]):
                self._heard[device.id] += passed
                self._due.pop(device.id, None)
                continue
            silent_ms = now - self._heard[device.id]
            if silent_ms <= self._limit_ms(device.id):
                writes += self._back(device)
            elif not self.silent(device.id):
                self._due.setdefault(device.id, now)
        writes += self._report(now)
        if writes or kept != (self._silent, self._together):
            self._alarms.submit([*writes, self._cursor()])

    def _counts(self, device: str, listening: bool) -> bool:
        """Say whether a device's silence counts now: its source must be up, and no work on it."""
        if self._worked_on(device):
            return self.silent(device)  # so that its return is reported
        return listening

    def _cursor(self) -> Cursor:
        state = dict.fromkeys(self._silent, _ALONE) | dict.fromkeys(self._together, _TOGETHER)
        with self._alarms.reader() as reader:
            return Cursor(NAME, reader.head(), state)

    def _back(self, device: Device) -> list[Write]:
        self._due.pop(device.id, None)
        if device.id in self._silent:
            self._silent.discard(device.id)
            return [self._event(device, names.TROUBLE_RESTORE)]
        if device.id in self._together:
            self._together.discard(device.id)
            if not self._together:
                return [fault_ends(TOGETHER, said("devices.heard"))]
        return []

    def _report(self, now: int) -> list[Write]:
        """Report silent devices singly or together, once it is clear whether more follow."""
        if not self._due or now - min(self._due.values()) < self._patience_ms():
            return []
        lost, self._due = self._due, {}
        if len(lost) >= MANY and len(lost) * 2 > len(self._devices):
            self._together |= set(lost)
            devices = verbatim(" ".join(sorted(self._together)))
            return [fault_begins(TOGETHER, devices, LOOK_TOGETHER)]
        self._silent |= set(lost)
        return [
            self._event(device, names.TROUBLE) for device in self._devices if device.id in lost
        ]

    def _patience_ms(self) -> int:
        # Fewer than ``MANY`` devices are never reported together, so there is no need to wait.
        return TOGETHER_MS if len(self._devices) >= MANY else 0

    def _event(self, device: Device, state: int) -> NewEntry:
        body = EventBody(
            site=self._site,
            kind=names.SUPERVISION,
            state=state,
            zone=min((zone.zone for zone in device.zone), default=0),
            detail=0,
            count=1,
            flags=0,
            occurred_ms=self._clock.wall_ms(),
            quality=Quality.RECEIVED,
        )
        if held := self._inhibited(device.id, body, None):
            body = msgspec.structs.replace(body, inhibited=held)
        return NewEntry(Type.EVENT, body, device.id)
