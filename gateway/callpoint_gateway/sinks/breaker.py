"""When a sink may be asked again: backoff with jitter, and a breaker that opens.

Closed: requests go out, a failure is tried again after a short pause. Open, after some failures
in a row: nothing goes out until a longer pause is over. Half open: one request decides. All
times are monotonic: a stepped clock neither hurries nor stops it.
"""

from collections.abc import Callable
from enum import StrEnum

from callpoint_gateway.host.clock import Clock

OPENS_AFTER = 3
FIRST_MS = 500
LONGEST_MS = 30_000
# As long as ``transport.http`` lets a server ask for.
LONGEST_ASKED_MS = 3_600_000


class State(StrEnum):
    """The breaker's state, as on /metrics."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Used by one thread; ``state`` may be read by any."""

    def __init__(self, clock: Clock, uniform: Callable[[float, float], float]) -> None:
        """``uniform(low, high)`` is the source of jitter."""
        self._clock = clock
        self._uniform = uniform
        self._failures = 0
        self._due_ms = 0
        self.state = State.CLOSED

    def wait_ms(self) -> int:
        """Return how long nothing may be sent; 0: now (an open breaker is half open then)."""
        wait = self._due_ms - self._clock.monotonic_ms() if self._failures else 0
        if wait > 0:
            return wait
        if self.state is State.OPEN:
            self.state = State.HALF_OPEN
        return 0

    def succeeded(self) -> None:
        """Close."""
        self._failures = 0
        self.state = State.CLOSED

    def failed(self, at_least_ms: int = 0, *, opens: bool = False) -> None:
        """Wait twice as long as last time; ``at_least_ms`` is what the server asked for.

        ``opens``: one failure is enough, as when the server refuses our credentials.
        """
        self._failures += 1
        if opens or self._failures >= OPENS_AFTER or self.state is State.HALF_OPEN:
            self.state = State.OPEN
        pause = LONGEST_MS if opens else min(LONGEST_MS, FIRST_MS << min(self._failures - 1, 10))
        pause = int(pause * self._uniform(0.5, 1.0))
        self._due_ms = self._clock.monotonic_ms() + max(pause, min(at_least_ms, LONGEST_ASKED_MS))
