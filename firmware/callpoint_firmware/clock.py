"""Two clocks: monotonic milliseconds since boot that never wrap, and wall time if it is known.

MicroPython's ticks wrap after 12.4 days; ``monotonic_ms`` must be read at least every 6 days,
which every task of the application does many times a second. Wall time is kept as a distance
from the monotonic clock, so a device without it stays without it, and None says so.
"""

import time

# esp32 counts from 2000, the Unix port from 1970.
_EPOCH_MS = 946_684_800_000 if time.gmtime(0)[0] == 2000 else 0


class Clock:
    def __init__(self) -> None:
        self._last = time.ticks_ms()
        self._elapsed = 0
        self._wall: int | None = None

    def monotonic_ms(self) -> int:
        """Milliseconds since this object was made."""
        now = time.ticks_ms()
        self._elapsed += time.ticks_diff(now, self._last)
        self._last = now
        return self._elapsed

    def wall_ms(self) -> int | None:
        """Unix milliseconds, or None while nobody has set the clock."""
        return None if self._wall is None else self._wall + self.monotonic_ms()

    def set_wall(self, unix_ms: int | None) -> None:
        """Set wall time; None says that it is not known any more."""
        self._wall = None if unix_ms is None else unix_ms - self.monotonic_ms()

    def set_wall_from_system(self, offset_ms: int = 0) -> None:
        """Take the system's time, which the caller knows to be synchronised."""
        self.set_wall(time.time_ns() // 1_000_000 + _EPOCH_MS + offset_ms)
