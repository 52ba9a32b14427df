"""How this start came about, and whether those before it went wrong too.

A start after a crash that did not live for a minute counts; after five of them in a row the
device starts in safe mode: the buttons, the link, commands and the update, and nothing of what
may have crashed it. A restart by command or a power-on ends that. A battery device that goes to
sleep in good order has lived for long enough: it never lives for a minute.

What the gateway was told of is kept, so that its end is told of, be it by a later start.
"""

from micropython import const

from callpoint_firmware.store import STARTS
from callpoint_protocol.names import (
    CAUSE_POWER,
    CAUSE_WAKE,
    CAUSE_WATCHDOG,
    FAULT_RESTART,
    FAULT_SAFE_MODE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.store import Store

SETTLED_MS = const(60_000)
_MOST_CRASHES = const(5)
_TOLD_RESTART = const(1)
_TOLD_SAFE_MODE = const(2)


class Starts:
    def __init__(self, store: Store, cause: int) -> None:
        self._store = store
        record = (store.get(STARTS) or b"") + bytes(3)
        crashes, intended, self._told = record[0], record[1], record[2]
        sound = cause in (CAUSE_POWER, CAUSE_WAKE) or (intended and cause != CAUSE_WATCHDOG)
        self.abnormal = not sound
        if self.abnormal:
            crashes = min(crashes + 1, 255)
        elif cause != CAUSE_WAKE:
            crashes = 0
        self.safe = crashes > _MOST_CRASHES
        if self.safe:
            self._told |= _TOLD_SAFE_MODE
        elif self.abnormal:
            self._told |= _TOLD_RESTART
        self._crashes = crashes
        self._settled = False
        self._record(0)

    def _record(self, intended: int) -> None:
        self._store.put(STARTS, bytes((self._crashes, intended, self._told)))

    def faults(self) -> tuple[int, ...]:
        """Return the fault that this start is."""
        if self.safe:
            return (FAULT_SAFE_MODE,)
        return (FAULT_RESTART,) if self.abnormal else ()

    def settle(self, ended: Callable[[int], object]) -> None:
        """Forget the crashes after a minute of life, and tell of each fault that ends with them.

        Safe mode stays until a power-on.
        """
        if self._settled or self.safe:
            return
        self._settled = True
        for bit, fault in ((_TOLD_RESTART, FAULT_RESTART), (_TOLD_SAFE_MODE, FAULT_SAFE_MODE)):
            if self._told & bit:
                ended(fault)
        self._crashes = self._told = 0
        self._record(0)

    def intend(self) -> None:
        """Note that the restart that follows is ordered and no crash."""
        self._crashes = 0
        self._record(1)
