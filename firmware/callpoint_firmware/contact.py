"""A contact: smoke, gas or water relay, intrusion, tamper, and a detector's fault output."""

from callpoint_firmware.positions import ACTIVE, FAULT
from callpoint_protocol.names import ALARM, RESTORE, TROUBLE, TROUBLE_RESTORE


class Contact:
    """Active is an alarm."""

    def __init__(self, kind, zone, events, kept):
        self._kind = kind
        self._zone = zone
        self._events = events
        self._kept = kept

    def _raise(self, state, edges, at_ms):
        self._events.raise_event(self._kind, state, self._zone, 0, edges, at_ms)

    def changed(self, active, edges, at_ms):
        self._raise(ALARM if active else RESTORE, edges, at_ms)
        self._kept.put(self._zone, ACTIVE, ACTIVE if active else 0)


class FaultContact(Contact):
    """A detector's own fault output: trouble of the same zone."""

    def changed(self, active, edges, at_ms):
        self._raise(TROUBLE if active else TROUBLE_RESTORE, edges, at_ms)
        self._kept.put(self._zone, FAULT, FAULT if active else 0)
