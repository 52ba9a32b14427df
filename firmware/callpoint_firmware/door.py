"""A door contact: active is *open*. Its position is told, and what is wrong with the door.

Whether open is an alarm is for the gateway. A door left open for longer than its zone's ``lo``
(s, 0: for ever) is a trouble; so is one that was opened though nobody inside asked for it, where
a request-to-exit input is configured. Both are over when the door closes.
"""

from micropython import const

from callpoint_firmware.positions import ACTIVE, FORCE, LEFT
from callpoint_protocol.names import (
    CLOSED,
    DOOR,
    FORCED,
    LEFT_OPEN,
    NOTICE,
    OPEN,
    TROUBLE,
    TROUBLE_RESTORE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Values
    from callpoint_firmware.events import Events
    from callpoint_firmware.positions import Positions

RELEASE_MS = const(5_000)  # how long after a request to exit the door may be opened


class Release:
    """A request to exit. Nobody knows of requests before the start, so that counts as one."""

    def __init__(self) -> None:
        self._active = False
        self._last = 0

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        self._active = active
        self._last = at_ms

    def covers(self, at_ms: int) -> bool:
        return self._active or at_ms - self._last <= RELEASE_MS


class Door:
    def __init__(
        self,
        zone: int,
        events: Events,
        values: Values,
        positions: Positions,
        release: Release | None = None,
    ) -> None:
        self._zone = zone
        self._events = events
        self._values = values
        self._key = "lo%d" % zone
        self._positions = positions
        self._release = release
        self._opened_at = 0 if positions.get(zone) & ACTIVE else -1

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        position = OPEN if active else CLOSED
        self._events.raise_event(DOOR, NOTICE, self._zone, position, edges, at_ms)
        self._positions.put(self._zone, ACTIVE, ACTIVE if active else 0)
        self._opened_at = at_ms if active else -1
        if not active:
            self._trouble(LEFT_OPEN, LEFT, False, at_ms)
            self._trouble(FORCED, FORCE, False, at_ms)
        elif self._release and not self._release.covers(at_ms):
            self._trouble(FORCED, FORCE, True, at_ms)

    def _trouble(self, detail: int, bit: int, begins: bool, at_ms: int) -> None:
        """Raise or restore a trouble, unless that was already done."""
        if begins != bool(self._positions.get(self._zone) & bit):
            state = TROUBLE if begins else TROUBLE_RESTORE
            self._events.raise_event(DOOR, state, self._zone, detail, 1, at_ms)
            self._positions.put(self._zone, bit, bit if begins else 0)

    def due(self, now: int) -> None:
        """Notice a door that was left open."""
        after = self._values.get(self._key)
        if after and self._opened_at >= 0 and now - self._opened_at >= after * 1000:
            self._trouble(LEFT_OPEN, LEFT, True, now)
