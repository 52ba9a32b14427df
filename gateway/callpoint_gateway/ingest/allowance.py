"""How much of something there may be in a time."""

import time


class Allowance:
    """A token bucket. ``per_s`` come back each second, up to ``burst``."""

    def __init__(self, burst: float, per_s: float) -> None:
        """Begin full."""
        self._left, self._burst, self._per_s = burst, burst, per_s
        self._at = time.monotonic()

    def take(self) -> bool:
        """Say whether one more is within it, and take it if so."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
