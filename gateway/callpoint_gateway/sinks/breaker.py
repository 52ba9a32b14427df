"""Decides when a sink may send again: backoff with jitter, and a circuit breaker.

Closed: requests go out; after a failure the next one waits a short time. Open, after
``OPENS_AFTER`` failures in a row: no request goes out for a longer time. Half open: the next
request closes or opens the breaker. All times are monotonic, so a clock step changes none.
"""

from collections.abc import Callable
from enum import StrEnum

from callpoint_gateway.host.clock import Clock

OPENS_AFTER = 3
FIRST_MS = 500
LONGEST_MS = 30_000
# The longest pause that a server may ask for, as in ``transport.http``.
LONGEST_ASKED_MS = 3_600_000


class BreakerState(StrEnum):
    """The breaker's state, as on /metrics."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """The breaker of one sink. One thread uses it; any thread may read ``state``."""

    def __init__(self, clock: Clock, uniform: Callable[[float, float], float]) -> None:
        """``uniform(low, high)`` is the source of jitter."""
        self._clock = clock
        self._uniform = uniform
        self._failures = 0
        self._due_ms = 0
        self.state = BreakerState.CLOSED

    def wait_ms(self) -> int:
        """Return the ms to wait before the next request; 0 turns an open breaker half open."""
        wait = self._due_ms - self._clock.monotonic_ms() if self._failures else 0
        if wait > 0:
            return wait
        if self.state is BreakerState.OPEN:
            self.state = BreakerState.HALF_OPEN
        return 0

    def succeeded(self) -> None:
        """Close the breaker after a request that succeeded."""
        self._failures = 0
        self.state = BreakerState.CLOSED

    def failed(self, at_least_ms: int = 0, *, opens: bool = False) -> None:
        """Note a failure: the next pause is twice as long as the last.

        ``at_least_ms``: the pause that the server asked for. ``opens``: open the breaker at once,
        as when the server refuses the gateway's credentials.
        """
        self._failures += 1
        if opens or self._failures >= OPENS_AFTER or self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.OPEN
        pause = LONGEST_MS if opens else min(LONGEST_MS, FIRST_MS << min(self._failures - 1, 10))
        pause = int(pause * self._uniform(0.5, 1.0))
        self._due_ms = self._clock.monotonic_ms() + max(pause, min(at_least_ms, LONGEST_ASKED_MS))
