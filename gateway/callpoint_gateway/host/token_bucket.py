"""Limits how often something may happen: the token bucket of every rate limit here."""

import time
from collections.abc import Callable


class TokenBucket:
    """Holds up to ``burst`` tokens; ``per_s`` are added each second. For one thread.

    Source: the token bucket of RFC 2697, section 3, with one rate and without colours.
    """

    def __init__(
        self, burst: float, per_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin full. ``now`` returns monotonic seconds."""
        self._burst, self._per_s, self._now = burst, per_s, now
        self._left = burst
        self._at = now()

    def take(self) -> bool:
        """Take one token; False when none is left."""
        now = self._now()
        left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if left < 1:
            self._left = left
            return False
        self._left = left - 1
        return True
