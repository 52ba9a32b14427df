"""A contact: smoke, gas or water relay, intrusion, tamper, and a detector's fault output."""

from callpoint_firmware.positions import ACTIVE, FAULT
from callpoint_protocol.names import ALARM, RESTORE, TROUBLE, TROUBLE_RESTORE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.events import Events
    from callpoint_firmware.positions import Positions


class Contact:
    """Active is an alarm."""

    def __init__(self, kind: int, zone: int, events: Events, positions: Positions) -> None:
        self._kind = kind
        self._zone = zone
        self._events = events
        self._positions = positions

    def _raise(self, state: int, edges: int, at_ms: int) -> None:
        self._events.raise_event(self._kind, state, self._zone, 0, edges, at_ms)

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        self._raise(ALARM if active else RESTORE, edges, at_ms)
        self._positions.put(self._zone, ACTIVE, ACTIVE if active else 0)


class FaultContact(Contact):
    """A detector's own fault output: trouble of the same zone."""

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        self._raise(TROUBLE if active else TROUBLE_RESTORE, edges, at_ms)
        self._positions.put(self._zone, FAULT, FAULT if active else 0)
