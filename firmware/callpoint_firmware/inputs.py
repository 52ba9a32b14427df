"""Turn edges and levels into debounced changes; an interrupt only counts.

An interrupt adds one to a preallocated counter, notes when, and sets a flag. A task compares
counters and levels when the flag wakes it and at least every 50 ms, because an interrupt may be
dropped. The first edge counts at once; for the debounce time after it the line may do what it
likes, then its level decides. Edges after that time with the level unchanged are a pulse that
began and ended before anybody looked: it is reported as a change and, after the debounce time, a
change back. Interrupts that were held up while the line bounced look the same; one movement too
many is told rather than one too few.
"""

import asyncio
import time
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.board import Beat, Changed, Flag, Pin, Values
    from callpoint_firmware.clock import Clock

POLL_MS = 50
_LEAST_MS = 5  # an interrupt may be told of an edge after the level was already read


class Line:
    """One pin. ``step`` reports changes to ``changed(active, edges, at_ms)``."""

    def __init__(
        self,
        pin: Pin,
        high: int,
        changed: Changed,
        clock: Clock,
        flag: Flag,
        ticks: Callable[[], int],
        key: str | None,
        active: bool,
        woken: bool,
    ) -> None:
        self._pin = pin
        self._high = high
        self._changed = changed
        self._clock = clock
        self._flag = flag
        self._ticks = ticks
        self._edges = array("H", (0,))  # counted by the interrupt
        self._last = 0  # ticks of the latest interrupt
        self._seen = 0
        self._pending = 2 if woken else 0  # edges not reported yet: there and back again
        self._quiet_until = 0
        self._active = active
        self.key = key
        pin.irq(self._count)

    def _count(self, pin: object) -> None:
        self._edges[0] = (self._edges[0] + 1) & 0x7FFF
        self._last = self._ticks()
        self._flag.set()

    @property
    def at_rest(self) -> bool:
        return not (self._quiet_until or self._pending) and self._edges[0] == self._seen

    def _moved(self, now: int) -> bool:
        """Say whether edges that left the level as it was are more than bounce."""
        if not self._pending or not self._quiet_until:
            return self._pending > 0
        return now - time.ticks_diff(self._ticks(), self._last) >= self._quiet_until

    def step(self, debounce_ms: int) -> int:
        """Look at the line; return ms until it wants to be looked at again."""
        now = self._clock.monotonic_ms()
        edges = self._edges[0]
        self._pending += (edges - self._seen) & 0x7FFF
        self._seen = edges
        if now < self._quiet_until:
            return self._quiet_until - now
        level = self._pin.value() == self._high
        moved = level != self._active or self._moved(now)
        self._quiet_until = 0
        count = max(1, min(self._pending, 255))
        self._pending = 0
        if not moved:
            return POLL_MS
        self._active = not self._active
        wait = max(debounce_ms, _LEAST_MS)
        self._changed(self._active, count, now)
        # From here: writing the event may have held up the interrupts of the bounce.
        self._quiet_until = self._clock.monotonic_ms() + wait
        return wait


class Inputs:
    """All lines of a board, and what is due later (a hold, a stuck button, a loop)."""

    def __init__(
        self, clock: Clock, values: Values, flag: Flag, ticks: Callable[[], int] = time.ticks_ms
    ) -> None:
        self._clock = clock
        self._values = values
        self._flag = flag
        self._ticks = ticks
        self._lines: list[Line] = []
        self._timed: list[Callable[[int], int | None]] = []

    def add(
        self,
        pin: Pin,
        high: int,
        changed: Changed,
        key: str | None = None,
        active: bool = False,
        woken: bool = False,
    ) -> None:
        """Watch a pin that is active at level ``high``.

        ``key``: the setting of its own debounce; ``active``: as it was last reported; ``woken``:
        it has moved before anybody could count that.
        """
        self._lines.append(
            Line(
                *(pin, high, changed, self._clock, self._flag, self._ticks),
                *(key, active, woken),
            )
        )

    def add_timed(self, due: Callable[[int], int | None]) -> None:
        """Have ``due(now)`` called at least every 50 ms; it may return ms until the next time."""
        self._timed.append(due)

    @property
    def at_rest(self) -> bool:
        """Whether every movement of a line is reported."""
        return all(line.at_rest for line in self._lines)

    def step(self) -> int:
        """Look at every line and at what is due; return ms until the next look."""
        wait = POLL_MS
        for line in self._lines:
            debounce = self._values.get(line.key)
            wait = min(wait, line.step(self._values["db"] if debounce is None else debounce))
        now = self._clock.monotonic_ms()
        for due in self._timed:
            wait = min(wait, due(now) or POLL_MS)
        return wait

    async def run(self, beat: Beat) -> None:
        while True:
            beat()
            wait = self.step()
            try:
                await asyncio.wait_for_ms(self._flag.wait(), wait)
            except asyncio.TimeoutError:
                pass
