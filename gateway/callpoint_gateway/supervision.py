"""Silence is a fault: a device that is not heard from within its time raises trouble.

- Only what a device itself sends counts: a retained status or a last will is the broker's word.
- Time is monotonic, and time in which the gateway itself could hear nobody does not count.
- A drop-out shorter than the device's own time is nothing; a return is a restore.
- Many devices that fall silent together are one finding (an access point, the power, jamming)
  and reach no centre one by one.
- What was reported before a restart is read from the journal and not reported again.
"""

import asyncio
from collections.abc import Callable

from callpoint_gateway.clock import Clock
from callpoint_gateway.entries import (
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    Type,
    Write,
)
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Device, Register
from callpoint_protocol import names

LOOK_S = 1.0
# Devices that fall silent within this time of each other count as together.
TOGETHER_MS = 15_000
MANY = 3
TOGETHER = "devices"
_BATCH = 1000


class Supervision:
    """Watches every device of the register. ``run`` until cancelled."""

    def __init__(
        self,
        site: str,
        register: Register,
        alarms: Journal,
        clock: Clock,
        listening: Callable[[], bool],
    ) -> None:
        """``listening`` says whether the gateway could hear a device now."""
        self._site = site
        self._alarms = alarms
        self._clock = clock
        self._listening = listening
        self._devices = [
            device
            for name in register.device_ids()
            if (device := register.device(name)) is not None and device.silent_after_s
        ]
        now = clock.monotonic_ms()
        self._heard = {device.id: now for device in self._devices}
        self._due: dict[str, int] = {}  # silent for too long since, not reported yet
        self._silent: set[str] = set()  # reported one by one
        self._together: set[str] = set()  # reported as one finding
        self._looked = now
        self._remember()

    def _remember(self) -> None:
        after = 0
        with self._alarms.reader() as reader:
            while entries := reader.read(after, _BATCH, (Type.EVENT, Type.FAULT)):
                after = entries[-1].position
                for entry in entries:
                    body = entry.body
                    if isinstance(body, EventBody) and body.kind == names.SUPERVISION:
                        lost = body.state == names.TROUBLE
                        (self._silent.add if lost else self._silent.discard)(entry.device or "")
                    elif isinstance(body, FaultBody) and body.source == TOGETHER:
                        self._together = set(body.reason.split()) if body.active else set()
        known = {device.id: device for device in self._devices}
        self._silent &= known.keys()
        self._together &= known.keys()
        for name in self._silent | self._together:
            # Only what it sends from now on brings it back.
            self._heard[name] -= known[name].silent_after_s * 1000 + 1

    def heard(self, device: str) -> None:
        """A device has sent something. Any thread may say so."""
        if device in self._heard:
            self._heard[device] = self._clock.monotonic_ms()

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Report who has fallen silent and who is back."""
        now = self._clock.monotonic_ms()
        passed, self._looked = now - self._looked, now
        if not self._listening():
            # Nobody can be blamed for a silence in which nobody was listening.
            for name in self._heard:
                self._heard[name] += passed
            return
        writes: list[Write] = []
        for device in self._devices:
            silent_ms = now - self._heard[device.id]
            if silent_ms <= device.silent_after_s * 1000:
                writes += self._back(device)
            elif device.id not in self._silent | self._together:
                self._due.setdefault(device.id, now)
        writes += self._report(now)
        if writes:
            self._alarms.submit(writes)

    def _back(self, device: Device) -> list[Write]:
        self._due.pop(device.id, None)
        if device.id in self._silent:
            self._silent.discard(device.id)
            return [self._event(device, names.TROUBLE_RESTORE)]
        if device.id in self._together:
            self._together.discard(device.id)
            if not self._together:
                return [NewEntry(Type.FAULT, FaultBody(TOGETHER, False, "all heard again"))]
        return []

    def _report(self, now: int) -> list[Write]:
        """Wait until it is clear whether more follow, then report one by one or as one."""
        if not self._due or now - min(self._due.values()) < self._patience_ms():
            return []
        lost, self._due = self._due, {}
        if len(lost) >= MANY and len(lost) * 2 > len(self._devices):
            self._together |= set(lost)
            reason = " ".join(sorted(self._together))
            return [NewEntry(Type.FAULT, FaultBody(TOGETHER, True, reason))]
        self._silent |= set(lost)
        return [self._event(d, names.TROUBLE) for d in self._devices if d.id in lost]

    def _patience_ms(self) -> int:
        # With fewer devices than make a crowd there is nothing to wait for.
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
        return NewEntry(Type.EVENT, body, device.id)
