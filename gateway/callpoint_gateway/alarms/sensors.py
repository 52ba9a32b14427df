"""The standing conditions of each sensor: its alarm and its troubles.

What it promises:

1. An alarm stands until the same sensor restores it, a trouble until the same trouble ends. The
   actions of people do not change that.
2. A restore ends the alarms before it. If both are of one boot, the device's own sequence numbers
   decide which came first, in whatever order they arrive.
3. An inhibited condition does not stand; if it lasts, it is raised when the inhibit ends. A
   detector of a partition has no standing alarm either: its partition raises it.
"""

from typing import Final

import msgspec

from callpoint_gateway.journal.entries import Entry, EventBody, Mark
from callpoint_gateway.journal.event_meaning import raises, restores
from callpoint_protocol import names

_WHOLE: Final = 0  # a sensor has one alarm, whatever its detail is

Sensor = tuple[str, int, int]  # device, zone, kind
# Zone, kind, whether it is an alarm, and the detail that tells the troubles of a zone apart.
_Key = tuple[int, int, bool, int]


class Standing(msgspec.Struct, frozen=True):
    """A standing alarm or trouble, which the event at ``position`` raised."""

    position: int
    device: str
    boot: int | None
    seq: int | None
    body: EventBody
    is_alarm: bool

    @property
    def sensor(self) -> Sensor:
        """Device, zone and kind of the sensor."""
        return self.device, self.body.zone, self.body.kind


class Sensors:
    """The standing conditions of all sensors. It needs every event, in order, by ``take``."""

    def __init__(self) -> None:
        """Begin without standing conditions."""
        self._standing: dict[str, dict[_Key, Standing]] = {}
        # The last restore of each sensor: position, boot, seq.
        self._restored: dict[Sensor, tuple[int, int | None, int | None]] = {}

    def take(self, entry: Entry) -> None:
        """Take the next entry; one that is no event of a device changes nothing."""
        body, device = entry.body, entry.device
        if not isinstance(body, EventBody) or device is None:
            return
        alarm = body.zone, body.kind, True, _WHOLE
        # The detail of a battery is its voltage.
        detail = 0 if body.kind == names.BATTERY else body.detail
        trouble = body.zone, body.kind, False, detail
        of_device = self._standing.get(device, {})
        if raises(body):
            if not self.was_restored(entry):
                of_device[alarm] = _standing(entry, device, body, is_alarm=True)
        elif restores(body):
            self.remember_restore(entry)
            raised = of_device.get(alarm)
            if raised is not None and is_after(entry, raised.boot, raised.seq):
                del of_device[alarm]
        elif body.state == names.TROUBLE and not body.inhibited:
            of_device.setdefault(trouble, _standing(entry, device, body, is_alarm=False))
        elif body.state == names.TROUBLE_RESTORE:
            of_device.pop(trouble, None)
        if of_device:
            self._standing[device] = of_device

    def was_restored(self, entry: Entry) -> bool:
        """Say whether the restore of an alarm has arrived before the alarm."""
        body = entry.body
        assert isinstance(body, EventBody)
        _, boot, seq = self._restored.get(
            (entry.device or "", body.zone, body.kind), (0, None, None)
        )
        return _both(boot, seq, entry.boot, entry.seq) and (seq or 0) > (entry.seq or 0)

    def of(self, device: str) -> list[Standing]:
        """Return the standing conditions of a device."""
        return list(self._standing.get(device, {}).values())

    def raised_mark(self, sensor: Sensor) -> Mark | None:
        """Return the mark of a sensor's standing alarm, None: it has none. Any thread may ask."""
        device, zone, kind = sensor
        standing = self._standing.get(device, {}).get((zone, kind, True, _WHOLE))
        return standing.body.mark if standing else None

    def all(self) -> list[Standing]:
        """Return all standing conditions, the oldest first."""
        every = [
            standing for of_device in self._standing.values() for standing in of_device.values()
        ]
        return sorted(every, key=lambda standing: standing.position)

    def troubles(self) -> list[Standing]:
        """Return the standing troubles, the oldest first."""
        return [standing for standing in self.all() if not standing.is_alarm]

    def last_restores(self) -> list[int]:
        """Return the positions of the last restore of each sensor."""
        return [position for position, _, _ in self._restored.values()]

    def remember_restore(self, entry: Entry) -> None:
        """Note the last restore of a sensor; its entry may come from a snapshot."""
        body = entry.body
        assert isinstance(body, EventBody)
        sensor = entry.device or "", body.zone, body.kind
        _, boot, seq = self._restored.get(sensor, (0, None, None))
        if is_after(entry, boot, seq):
            self._restored[sensor] = entry.position, entry.boot, entry.seq


def _standing(entry: Entry, device: str, body: EventBody, *, is_alarm: bool) -> Standing:
    return Standing(entry.position, device, entry.boot, entry.seq, body, is_alarm)


def is_after(restore: Entry, boot: int | None, seq: int | None) -> bool:
    """Say whether a restore came after the alarm with these numbers; also if they cannot tell."""
    if not _both(restore.boot, restore.seq, boot, seq):
        return True
    return (restore.seq or 0) > (seq or 0)


def _both(boot: int | None, seq: int | None, other: int | None, number: int | None) -> bool:
    """Say whether both have sequence numbers of one boot."""
    return boot is not None and boot == other and seq is not None and number is not None
