"""A contact: door, smoke relay, tamper, and a detector's fault output."""

from callpoint_protocol.names import (
    ALARM,
    CLOSED,
    DOOR,
    NOTICE,
    OPEN,
    RESTORE,
    TROUBLE,
    TROUBLE_RESTORE,
)


class Contact:
    """Active is an alarm; for a door it is *open*, and the gateway decides what that means."""

    def __init__(self, kind, zone, events):
        self._kind = kind
        self._zone = zone
        self._events = events

    def changed(self, active, edges, at_ms):
        if self._kind == DOOR:
            position = OPEN if active else CLOSED
            self._events.raise_event(DOOR, NOTICE, self._zone, position, edges, at_ms)
        else:
            state = ALARM if active else RESTORE
            self._events.raise_event(self._kind, state, self._zone, 0, edges, at_ms)


class FaultContact(Contact):
    """A detector's own fault output: trouble of the same zone."""

    def changed(self, active, edges, at_ms):
        state = TROUBLE if active else TROUBLE_RESTORE
        self._events.raise_event(self._kind, state, self._zone, 0, edges, at_ms)
