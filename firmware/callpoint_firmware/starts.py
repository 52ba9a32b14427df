"""How this start came about, and whether those before it went wrong too.

A start after a crash that did not live for a minute counts; after five of them in a row the
device starts in safe mode: the buttons, the link, commands and the update, and nothing of what
may have crashed it. A restart by command or a power-on ends that.
"""

from micropython import const

from callpoint_firmware.store import STARTS
from callpoint_protocol.names import CAUSE_POWER, CAUSE_WAKE, CAUSE_WATCHDOG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.store import Store

SETTLED_MS = const(60_000)
_MOST_CRASHES = const(5)


class Starts:
    def __init__(self, store: Store, cause: int) -> None:
        self._store = store
        record = store.get(STARTS) or b"\0\0"
        crashes, intended = record[0], record[1]
        sound = cause in (CAUSE_POWER, CAUSE_WAKE) or (intended and cause != CAUSE_WATCHDOG)
        self.abnormal = not sound
        if self.abnormal:
            crashes = min(crashes + 1, 255)
        elif cause != CAUSE_WAKE:
            crashes = 0
        self.safe = crashes > _MOST_CRASHES
        self._record(crashes, 0)

    def _record(self, crashes: int, intended: int) -> None:
        self._store.put(STARTS, bytes((crashes, intended)))

    def settled(self) -> None:
        """Forget the crashes after a minute of life. Safe mode stays until a power-on."""
        if not self.safe:
            self._record(0, 0)

    def intend(self) -> None:
        """Note that the restart that follows is ordered and no crash."""
        self._record(0, 1)
