"""How many devices were heard in the last week: which were missing, at every fourth hour.

It is a fold of the alarms journal. Between two moments only what changed is kept, so a site with
thousands of devices, of which few are missing, takes little memory.
"""

from collections import deque
from typing import Final

import msgspec

from callpoint_gateway.journal.entries import Entry, EventBody, FaultBody, StatusBody, Type
from callpoint_gateway.supervision.devices import TOGETHER
from callpoint_protocol import names

STEP_MS: Final = 4 * 3_600_000
STEPS: Final = 7 * 24 * 3_600_000 // STEP_MS
#: What the fold reads.
TYPES: Final = (Type.EVENT, Type.STATUS, Type.FAULT)


class Missing(msgspec.Struct, frozen=True):
    """A moment (Unix ms), and which devices were missing since and no longer missing by then."""

    at_ms: int
    gone: frozenset[str]
    back: frozenset[str]


class OnlineHistory(msgspec.Struct, frozen=True):
    """The devices that were missing before the first of ``steps``, and what changed by each."""

    before: frozenset[str] = frozenset()
    steps: tuple[Missing, ...] = ()


class OnlineLog:
    """Reads entries in their order; ``history`` is as far as ``advance`` has come."""

    def __init__(self) -> None:
        """Begin without any entry."""
        self._lost: set[str] = set()  # by their last will
        self._silent: set[str] = set()
        self._together: set[str] = set()  # many at once are one fault
        self._before: frozenset[str] = frozenset()
        self._known: frozenset[str] = frozenset()  # missing at the last moment
        self._steps: deque[Missing] = deque()
        self._next_ms: int | None = None
        self.history = OnlineHistory()

    def advance(self, now_ms: int) -> bool:
        """Close each moment up to ``now_ms``; say whether there was one."""
        if self._next_ms is None:
            self._next_ms = now_ms // STEP_MS * STEP_MS
        if now_ms < self._next_ms:
            return False
        # Of a long time without an entry only the last week counts.
        self._next_ms = max(self._next_ms, (now_ms // STEP_MS - STEPS) * STEP_MS)
        while self._next_ms <= now_ms:
            missing = frozenset(self._lost | self._silent | self._together)
            self._steps.append(
                Missing(self._next_ms, missing - self._known, self._known - missing)
            )
            self._known = missing
            self._next_ms += STEP_MS
        while len(self._steps) > STEPS:
            oldest = self._steps.popleft()
            self._before = self._before - oldest.back | oldest.gone
        self.history = OnlineHistory(self._before, tuple(self._steps))
        return True

    def take(self, entry: Entry) -> None:
        """Take the next entry of ``TYPES``."""
        self.advance(entry.recorded_ms)
        device = entry.device
        match entry.body:
            case StatusBody(status=names.LOST) if device is not None:
                self._lost.add(device)
            case StatusBody() if device is not None:
                self._lost.discard(device)
            case EventBody(kind=names.SUPERVISION) as body if device is not None:
                if body.state == names.TROUBLE:
                    self._silent.add(device)
                else:
                    self._silent.discard(device)
            case FaultBody(source=source) as body if source == TOGETHER:
                self._together = set(body.reason.split()) if body.active else set()
