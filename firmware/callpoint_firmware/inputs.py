"""Turn edges and levels into debounced changes; an interrupt only counts.

An interrupt adds one to a preallocated counter and sets a flag. A task compares counters and
levels when the flag wakes it and at least every 50 ms, because an interrupt may be dropped.
The first edge counts at once; for the debounce time after it the line may do what it likes,
then its level decides. Edges with the level unchanged are a pulse that began and ended before
anybody looked: it is reported as a change and, after the debounce time, a change back.
"""

import asyncio
from array import array

POLL_MS = 50
_LEAST_MS = 5  # an interrupt may be told of an edge after the level was already read


class Line:
    """One pin. ``step`` reports changes to ``changed(active, edges, at_ms)``."""

    def __init__(self, pin, active, changed, flag):
        self._pin = pin
        self._high = active
        self._changed = changed
        self._flag = flag
        self._edges = array("H", (0,))  # counted by the interrupt
        self._seen = 0
        self._pending = 0
        self._quiet_until = 0
        self.active = False
        pin.irq(self._count)

    def _count(self, pin):
        self._edges[0] = (self._edges[0] + 1) & 0x7FFF
        self._flag.set()

    @property
    def at_rest(self):
        return not self._quiet_until and self._edges[0] == self._seen

    def step(self, now, debounce_ms):
        """Look at the line; return ms until it wants to be looked at again."""
        edges = self._edges[0]
        self._pending += (edges - self._seen) & 0x7FFF
        self._seen = edges
        if now < self._quiet_until:
            return self._quiet_until - now
        level = self._pin.value() == self._high
        pulse = level == self.active and self._pending > 0 and not self._quiet_until
        self._quiet_until = 0
        if level == self.active and not pulse:
            self._pending = 0  # what was left over was bounce
            return POLL_MS
        count = max(1, min(self._pending, 255))
        self._pending = 0
        self.active = not self.active
        wait = max(debounce_ms, _LEAST_MS)
        self._quiet_until = now + wait
        self._changed(self.active, count, now)
        return wait


class Inputs:
    """All lines of a board, and what is due later (a hold, a stuck button)."""

    def __init__(self, clock, values, flag):
        self._clock = clock
        self._values = values
        self._flag = flag
        self._lines = []
        self._timed = []

    def add(self, pin, active, changed):
        line = Line(pin, active, changed, self._flag)
        self._lines.append(line)
        return line

    def add_timed(self, due):
        """Have ``due(now)`` called at least every 50 ms."""
        self._timed.append(due)

    @property
    def at_rest(self):
        """No line has moved without being reported."""
        return all(line.at_rest for line in self._lines)

    def step(self):
        now = self._clock.monotonic_ms()
        wait = POLL_MS
        for line in self._lines:
            wait = min(wait, line.step(now, self._values["db"]))
        for due in self._timed:
            due(now)
        return wait

    async def run(self, beat):
        while True:
            beat()
            wait = self.step()
            try:
                await asyncio.wait_for_ms(self._flag.wait(), wait)
            except asyncio.TimeoutError:
                pass
