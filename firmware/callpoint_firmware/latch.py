"""A contact whose alarm outlasts it, as a detector's does until it is reset.

One alarm, however often the contact closes; it is restored when the contact has been normal for
``latch_s``. The restore counts the closings that it stands for.
"""

from callpoint_firmware.contact import Contact
from callpoint_firmware.positions import ACTIVE
from callpoint_protocol.names import ALARM, RESTORE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.events import Events
    from callpoint_firmware.positions import Positions


class Latch(Contact):
    def __init__(
        self, kind: int, zone: int, events: Events, positions: Positions, latch_s: int
    ) -> None:
        super().__init__(kind, zone, events, positions)
        self._latch_ms = latch_s * 1000
        self._closings = 1 if positions.get(zone) & ACTIVE else 0  # none: there is no alarm
        self._normal_at = -1

    def changed(self, active: bool, edges: int, at_ms: int) -> None:
        if not active:
            self._normal_at = at_ms
            return
        self._normal_at = -1
        self._closings = min(self._closings + 1, 255)
        if self._closings == 1:
            self._raise(ALARM, edges, at_ms)
            self._positions.put(self._zone, ACTIVE, ACTIVE)

    def due(self, now: int) -> None:
        """Notice that the contact has been normal long enough."""
        if self._normal_at >= 0 and now - self._normal_at >= self._latch_ms:
            self._raise(RESTORE, self._closings, now)
            self._positions.put(self._zone, ACTIVE, 0)
            self._closings = 0
            self._normal_at = -1
