"""What stands at each sensor: its alarm and its troubles, whatever people do about them.

Promises:

1. An alarm stands until the same sensor restores it, a trouble until the same trouble is over.
2. A restore counts for what came before it, in the order of the device's own numbers where both
   are of one boot, in whatever order they arrive.
3. What is inhibited does not stand; it is raised when the inhibit ends, if it stands then. What a
   partition's detector senses does not stand either: the partition says what that means.
"""

from typing import Final

import msgspec

from callpoint_gateway.journal.entries import Entry, EventBody
from callpoint_gateway.journal.event_meaning import raises, restores
from callpoint_protocol import names

_WHOLE: Final = 0  # an alarm is one, whatever its detail says

Sensor = tuple[str, int, int]  # device, zone, kind
# Zone, kind, whether it is an alarm, and which of the troubles of a zone, by its detail.
_Key = tuple[int, int, bool, int]


class Standing(msgspec.Struct, frozen=True):
    """An alarm or a trouble that stands, as the event at ``position`` raised it."""

    position: int
    device: str
    boot: int | None
    seq: int | None
    body: EventBody
    is_alarm: bool

    @property
    def sensor(self) -> Sensor:
        """Whose it is."""
        return self.device, self.body.zone, self.body.kind


class Sensors:
    """Feed it every event in order with ``take``."""

    def __init__(self) -> None:
        """Nothing stands."""
        self._standing: dict[str, dict[_Key, Standing]] = {}
        # The last restore of each sensor: position, boot, seq.
        self._restored: dict[Sensor, tuple[int, int | None, int | None]] = {}

    def take(self, entry: Entry) -> None:
        """Take the next event; what is no event of a device changes nothing."""
        body, device = entry.body, entry.device
        if not isinstance(body, EventBody) or device is None:
            return
        alarm = body.zone, body.kind, True, _WHOLE
        # The detail of a battery is its voltage.
        detail = 0 if body.kind == names.BATTERY else body.detail
        trouble = body.zone, body.kind, False, detail
        here = self._standing.setdefault(device, {})
        if raises(body):
            if not self.was_restored(entry):
                here[alarm] = _standing(entry, device, body, is_alarm=True)
        elif restores(body):
            self.remember_restore(entry)
            stands = here.get(alarm)
            if stands is not None and is_after(entry, stands.boot, stands.seq):
                del here[alarm]
        elif body.state == names.TROUBLE and not body.inhibited:
            here.setdefault(trouble, _standing(entry, device, body, is_alarm=False))
        elif body.state == names.TROUBLE_RESTORE:
            here.pop(trouble, None)

    def was_restored(self, entry: Entry) -> bool:
        """Say whether the restore of an alarm has arrived before it."""
        body = entry.body
        assert isinstance(body, EventBody)
        _, boot, seq = self._restored.get(
            (entry.device or "", body.zone, body.kind), (0, None, None)
        )
        return _both(boot, seq, entry.boot, entry.seq) and (seq or 0) > (entry.seq or 0)

    def of(self, device: str) -> list[Standing]:
        """Return what stands at a device."""
        return list(self._standing.get(device, {}).values())

    def all(self) -> list[Standing]:
        """Return everything that stands, the oldest first."""
        found = [one for here in self._standing.values() for one in here.values()]
        return sorted(found, key=lambda one: one.position)

    def troubles(self) -> list[Standing]:
        """Return the troubles that stand, the oldest first."""
        return [one for one in self.all() if not one.is_alarm]

    def last_restores(self) -> list[int]:
        """Return the positions of the last restore of each sensor."""
        return [position for position, _, _ in self._restored.values()]

    def remember_restore(self, entry: Entry) -> None:
        """Note down the last restore of a sensor, also from a snapshot."""
        body = entry.body
        assert isinstance(body, EventBody)
        sensor = entry.device or "", body.zone, body.kind
        _, boot, seq = self._restored.get(sensor, (0, None, None))
        if is_after(entry, boot, seq):
            self._restored[sensor] = entry.position, entry.boot, entry.seq


def _standing(entry: Entry, device: str, body: EventBody, *, is_alarm: bool) -> Standing:
    return Standing(entry.position, device, entry.boot, entry.seq, body, is_alarm)


def is_after(restore: Entry, boot: int | None, seq: int | None) -> bool:
    """Say whether a restore came after an alarm with these numbers; yes where they cannot tell."""
    if not _both(restore.boot, restore.seq, boot, seq):
        return True
    return (restore.seq or 0) > (seq or 0)


def _both(boot: int | None, seq: int | None, other: int | None, number: int | None) -> bool:
    """Say whether both have numbers, of one boot."""
    return boot is not None and boot == other and seq is not None and number is not None
