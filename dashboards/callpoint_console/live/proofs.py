"""What a journal proves: drills, the last test of each device, which devices were heard when.

It is read from its beginning, a block at each look, so that a long journal does not keep the pages
waiting.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from callpoint_console.commissioning.trials import TrialLog, Trials
from callpoint_console.drills import Drill, DrillLog
from callpoint_console.live.online import TYPES as ONLINE_TYPES
from callpoint_console.live.online import OnlineHistory, OnlineLog
from callpoint_gateway.alarms.site_source import LiveModel
from callpoint_gateway.journal.entries import Entry, EventBody, Mark, Type
from callpoint_protocol import names

BLOCK: Final = 2000
_TYPES: Final = (*ONLINE_TYPES, Type.EXERCISE)


class Proofs(msgspec.Struct, frozen=True):
    """Every drill, by device when it was last tested (Unix ms), and how many were heard when.

    ``trials``: what was tried in walk tests. ``whole``: the journal is read to its end; before
    that, nothing is missing for sure.
    """

    drills: tuple[Drill, ...]
    tested_ms: Mapping[str, int]
    trials: Trials
    whole: bool
    online: OnlineHistory = OnlineHistory()


class ProofLog:
    """Reads the proofs. Call ``follow`` before each look at ``proofs``."""

    def __init__(self) -> None:
        """Begin without any."""
        self._position = 0
        self._log = DrillLog()
        self._online = OnlineLog()
        self._tested_ms: dict[str, int] = {}
        self._trials = TrialLog()
        self.proofs = Proofs((), MappingProxyType({}), self._trials.trials(), whole=False)

    def follow(self, live: LiveModel, now_ms: int) -> bool:
        """Read a block; say whether that was the last for now."""
        tested = tried = False
        entries = live.entries_after(self._position, _TYPES, BLOCK)
        for entry in entries:
            self._position = entry.position
            self._log.take(entry)
            self._online.take(entry)
            tested = self._test(entry) or tested
            tried = self._trials.take(entry) or tried
        whole = len(entries) < BLOCK
        if whole:
            self._online.advance(now_ms)
        before, history = self.proofs, self._online.history
        drilled, moved = self._log.drills is not before.drills, history is not before.online
        if tested or tried or drilled or moved or whole != before.whole:
            kept = MappingProxyType(dict(self._tested_ms)) if tested else before.tested_ms
            trials = self._trials.trials() if tried else before.trials
            self.proofs = Proofs(self._log.drills, kept, trials, whole, history)
        return whole

    def _test(self, entry: Entry) -> bool:
        body = entry.body
        if entry.device is None or not isinstance(body, EventBody):
            return False
        if body.mark is not Mark.TEST and body.state != names.TESTED:
            return False
        self._tested_ms[entry.device] = entry.recorded_ms
        return True
