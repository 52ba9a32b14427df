"""How often something may happen: the only rate limit that the gateway has."""

import time
from collections.abc import Callable


class TokenBucket:
    """Holds up to ``burst`` tokens; ``per_s`` come back each second. Used by one thread.

    Source: the token bucket of RFC 2697, section 3, with one rate and without colours.
    """

    def __init__(
        self, burst: float, per_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin full. ``now`` gives seconds that never step."""
        self._burst, self._per_s, self._now = burst, per_s, now
        self._left = burst
        self._at = now()

    def take(self) -> bool:
        """Take one token; False when none is left."""
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
