"""A supervised loop: one or two end-of-line resistors tell a contact from a cut or bridged line.

The loop's share of the supply, in thousandths, falls into a window, and the window has a class. A
border must be passed by a few thousandths to leave a window. Worse classes than the reported one
must last for the debounce time, and the worst of that time is reported; a better class must last
for it by itself. An alarm is over only when the contact is seen at rest: a line that is cut during
an alarm says nothing of the contact.
"""

from micropython import const

from callpoint_firmware.positions import ACTIVE, LOOP
from callpoint_protocol.loop_presets import ALARM, FAULT, HYSTERESIS, NORMAL
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
# The detail of a trouble, by class.
_DETAIL = bytes((0, LOOP_LOW, LOOP_HIGH, 0, LOOP_MASKED, LOOP_SHORT, LOOP_OPEN))


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
        self._class = (bits & LOOP) >> 2 or (ALARM if self._alarm else NORMAL)  # as reported
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
        if coming == ALARM and not self._alarm:
            self._turn(True, at_ms)
        if NORMAL < before < ALARM:
            self._trouble(TROUBLE_RESTORE, before, at_ms)
        if coming < FAULT and self._alarm:
            self._turn(False, at_ms)
        if NORMAL < coming < ALARM:
            self._trouble(TROUBLE, coming, at_ms)
        self._positions.put(self._zone, LOOP, coming << 2 if coming < ALARM else 0)

    def _turn(self, active: bool, at_ms: int) -> None:
        self._alarm = active
        self._changed(active, 1, at_ms)

    def _trouble(self, state: int, which: int, at_ms: int) -> None:
        self._events.raise_event(self._kind, state, self._zone, _DETAIL[which], 1, at_ms)
