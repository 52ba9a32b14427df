"""How this start came about, and whether those before it went wrong too.

A start after a crash that did not live for a minute counts; after five of them in a row the
device starts in safe mode: the buttons, the link, commands and the update, and nothing of what
may have crashed it. A restart by command or a power-on ends that.
"""

from micropython import const

from callpoint_firmware.store import STARTS
from callpoint_protocol.names import CAUSE_POWER, CAUSE_WAKE, CAUSE_WATCHDOG

SETTLED_MS = const(60_000)
_LIMIT = const(5)


class Starts:
    def __init__(self, store, cause):
        self._store = store
        said = store.get(STARTS) or b"\0\0"
        crashes, intended = said[0], said[1]
        sound = cause in (CAUSE_POWER, CAUSE_WAKE) or (intended and cause != CAUSE_WATCHDOG)
        self.abnormal = not sound
        if self.abnormal:
            crashes = min(crashes + 1, 255)
        elif cause != CAUSE_WAKE:
            crashes = 0
        self.safe = crashes > _LIMIT
        self._note(crashes, 0)

    def _note(self, crashes, intended):
        self._store.put(STARTS, bytes((crashes, intended)))

    def settled(self):
        """It has lived for a minute. Safe mode stays until somebody has done something."""
        if not self.safe:
            self._note(0, 0)

    def intend(self):
        """The restart that follows is meant."""
        self._note(0, 1)
