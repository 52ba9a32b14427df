"""A supervised loop: one or two end-of-line resistors tell a contact from a cut or bridged line.

The loop's share of the supply, in thousandths, falls into a window, and the window has a class. A
border must be passed by a few thousandths to leave a window. Worse classes than the reported one
must last for the debounce time, and the worst of that time is reported; a better class must last
for it by itself. An alarm is over only when the contact is seen at rest: a line that is cut during
an alarm says nothing of the contact.
"""

from micropython import const

from callpoint_firmware.positions import ACTIVE, LOOP
from callpoint_protocol.names import (
    LOOP_HIGH,
    LOOP_LOW,
    LOOP_MASKED,
    LOOP_OPEN,
    LOOP_SHORT,
    TROUBLE,
    TROUBLE_RESTORE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.board import Changed, Values
    from callpoint_firmware.events import Events
    from callpoint_firmware.positions import Positions

POLL_MS = const(50)
DEBOUNCE_MS = const(300)
HYSTERESIS = const(4)  # thousandths: 13 mV at 3.3 V, about the noise with the radio on

# Classes, the worst last; in the order of their priority.
_NORMAL = const(0)
_LOW = const(1)
_HIGH = const(2)
_FAULT = const(3)
_MASKED = const(4)
_SHORT = const(5)
_OPEN = const(6)
_ALARM = const(7)
_DETAIL = bytes((0, LOOP_LOW, LOOP_HIGH, 0, LOOP_MASKED, LOOP_SHORT, LOOP_OPEN))

# Borders of the windows in ohms, and the classes of the windows from short to open. Two equal
# resistors, one across the contact; ``-fault`` has a third one across a detector's fault contact.
_TWO = bytes((_SHORT, _LOW, _NORMAL, _HIGH, _ALARM, _MASKED, _OPEN))
_PRESETS = {
    "1k": (800, 900, 1_200, 1_300, 12_000, 19_000),
    "2k2": (1_800, 2_000, 2_500, 2_700, 12_000, 15_000),
    "4k7": (3_700, 4_200, 5_500, 6_500, 19_000, 22_000),
    "5k6": (1_400, 2_800, 8_400, 9_800, 12_600, 22_000),
    "1k-fault": (800, 900, 1_200, 1_300, 3_500, 4_500, 19_000),
}
_FAULTS = bytes((_SHORT, _LOW, _NORMAL, _HIGH, _ALARM, _FAULT, _MASKED, _OPEN))
# A single resistor: in series with a contact that opens, or across one that closes.
_SINGLE = {
    "-nc": bytes((_SHORT, _LOW, _NORMAL, _HIGH, _ALARM)),
    "-no": bytes((_ALARM, _LOW, _NORMAL, _HIGH, _OPEN)),
}


def windows(preset: str, pullup: int) -> tuple[list[int], bytes]:
    """Return (borders in thousandths, classes) of a preset with a pull-up of that many ohms."""
    single = _SINGLE.get(preset[-3:])
    ohms = _PRESETS.get(preset[:-3] if single else preset)
    if not ohms or (single and len(ohms) != 6):
        raise ValueError("preset: 1k 2k2 4k7 5k6, each also with -nc or -no; or 1k-fault")
    classes = single or (_TWO if len(ohms) == 6 else _FAULTS)
    borders = [(ohm * 2000 // (ohm + pullup) + 1) // 2 for ohm in ohms[: len(classes) - 1]]
    below = 0
    for border in borders + [1000]:
        if border - below < 2 * HYSTERESIS:
            raise ValueError(
                "pullup: with %d ohms the windows of %s are too narrow" % (pullup, preset)
            )
        below = border
    return borders, classes


class Loop:
    """``read()`` gives the ratio; alarm and rest go to ``changed(active, edges, at_ms)``."""

    def __init__(
        self,
        read: Callable[[], int],
        borders: list[int],
        classes: bytes,
        kind: int,
        zone: int,
        events: Events,
        values: Values,
        positions: Positions,
        changed: Changed,
    ) -> None:
        self._read = read
        self._borders = borders
        self._classes = classes
        self._kind = kind
        self._zone = zone
        self._events = events
        self._values = values
        self._key = "d%d" % zone
        self._positions = positions
        self._changed = changed
        bits = positions.get(zone)
        self._alarm = bool(bits & ACTIVE)
        self._class = (bits & LOOP) >> 2 or (_ALARM if self._alarm else _NORMAL)  # as reported
        self._coming = 0  # the class that will be reported
        self._since = -1  # since when it is coming
        self._window = -1
        self._next = 0

    def _look(self, ratio: int) -> int:
        """Return the class of a ratio; the window that it was in last is a little wider."""
        at = self._window
        low = self._borders[at - 1] - HYSTERESIS if at > 0 else -1
        high = self._borders[at] + HYSTERESIS if 0 <= at < len(self._borders) else 1001
        if at < 0 or not low <= ratio < high:
            at = 0
            while at < len(self._borders) and ratio >= self._borders[at]:
                at += 1
            self._window = at
        return self._classes[at]

    def due(self, now: int) -> int:
        """Look at the loop if it is time; return ms until it is."""
        if now < self._next:
            return self._next - now
        self._next = now + POLL_MS
        seen = self._look(self._read())
        if seen == self._class:
            self._since = -1
        elif self._since < 0:
            self._coming = seen
            self._since = now
        elif seen > self._class < self._coming:
            self._coming = max(self._coming, seen)
        elif seen != self._coming:
            self._coming = seen
            self._since = now
        debounce = self._values.get(self._key)
        if self._since >= 0 and now - self._since >= (
            DEBOUNCE_MS if debounce is None else debounce
        ):
            self._report(self._coming, self._since)
            self._since = -1
        return POLL_MS

    def _report(self, coming: int, at_ms: int) -> None:
        before = self._class
        self._class = coming
        if coming == _ALARM and not self._alarm:
            self._turn(True, at_ms)
        if _NORMAL < before < _ALARM:
            self._trouble(TROUBLE_RESTORE, before, at_ms)
        if coming < _FAULT and self._alarm:
            self._turn(False, at_ms)
        if _NORMAL < coming < _ALARM:
            self._trouble(TROUBLE, coming, at_ms)
        self._positions.put(self._zone, LOOP, coming << 2 if coming < _ALARM else 0)

    def _turn(self, active: bool, at_ms: int) -> None:
        self._alarm = active
        self._changed(active, 1, at_ms)

    def _trouble(self, state: int, which: int, at_ms: int) -> None:
        self._events.raise_event(self._kind, state, self._zone, _DETAIL[which], 1, at_ms)
