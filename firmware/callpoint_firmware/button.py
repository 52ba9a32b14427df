"""A panic or medical button: one press, a hold or a double press raises the alarm.

A single press alarms at its first edge. Where a hold or a double press is asked for, anything
less raises nothing, but lights *pressed* while the button is down, so that the person sees
that the device lives and tries again. A button down for 30 s is reported as stuck, once.
"""

from callpoint_firmware.positions import ACTIVE, FAULT
from callpoint_protocol.names import (
    ALARM,
    DEVICE,
    FAULT_STUCK_INPUT,
    GESTURE_DOUBLE,
    GESTURE_HOLD,
    GESTURE_SINGLE,
    RESTORE,
    TROUBLE,
    TROUBLE_RESTORE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.board import Values
    from callpoint_firmware.events import Events
    from callpoint_firmware.positions import Positions

STUCK_MS = 30_000
DOUBLE_MS = 800  # from the first press to the second


class Button:
    def __init__(
        self,
        kind: int,
        zone: int,
        events: Events,
        values: Values,
        touched: Callable[[bool], None],
        positions: Positions,
    ) -> None:
        self._kind = kind
        self._zone = zone
        self._events = events
        self._values = values
        self._touched = touched
        self._positions = positions
        bits = positions.get(zone)
        self._alarmed = bool(bits & ACTIVE)
        self._stuck = bool(bits & FAULT)
        self._down_at = 0 if self._alarmed else -1
        self._previous_at = -1
        self._lit = False

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        if active:
            self._press(edges, at_ms)
        else:
            self._release(edges, at_ms)

    def _alarm(self, gesture: int, edges: int, at_ms: int) -> None:
        self._alarmed = True
        self._previous_at = -1
        self._events.raise_event(self._kind, ALARM, self._zone, gesture, edges, at_ms)
        self._positions.put(self._zone, ACTIVE, ACTIVE)
        self._light(False)  # from here on the event says what is shown

    def _light(self, lit: bool) -> None:
        if lit != self._lit:
            self._lit = lit
            self._touched(lit)

    def _press(self, edges: int, at_ms: int) -> None:
        self._down_at = at_ms
        gesture = self._values["gs"]
        if gesture == GESTURE_SINGLE:
            self._alarm(gesture, edges, at_ms)
            return
        self._light(True)
        if gesture == GESTURE_DOUBLE:
            again = self._previous_at >= 0 and at_ms - self._previous_at <= DOUBLE_MS
            if again or edges >= 3:  # down, up, down before anybody looked
                self._alarm(gesture, edges, at_ms)
            else:
                self._previous_at = at_ms

    def _release(self, edges: int, at_ms: int) -> None:
        self._down_at = -1
        self._light(False)
        if self._stuck:
            self._stuck = False
            self._fault(TROUBLE_RESTORE, at_ms)
        if self._alarmed:
            self._alarmed = False
            self._events.raise_event(self._kind, RESTORE, self._zone, 0, edges, at_ms)
            self._positions.put(self._zone, ACTIVE, 0)

    def _fault(self, state: int, at_ms: int) -> None:
        self._events.raise_event(DEVICE, state, self._zone, FAULT_STUCK_INPUT, 1, at_ms)
        self._positions.put(self._zone, FAULT, FAULT if self._stuck else 0)

    def due(self, now: int) -> None:
        """Notice a hold that has become long enough, and a button that is stuck."""
        if self._down_at < 0:
            return
        held = now - self._down_at
        hold = self._values["gs"] == GESTURE_HOLD
        if hold and not self._alarmed and held >= self._values["hd"]:
            self._alarm(GESTURE_HOLD, 1, now)
        if held >= STUCK_MS and not self._stuck:
            self._stuck = True
            self._fault(TROUBLE, now)
