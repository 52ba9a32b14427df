"""Reads the machine's clocks; times that are stored come from nowhere else.

The wall clock can be wrong and can step. The monotonic clock never steps, but starts at another
value with each boot. Every entry has both, so that its times can be corrected later.
"""

import time
import uuid
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """The two clocks of a machine."""

    def wall_ms(self) -> int:
        """Return Unix milliseconds. May be wrong, may step."""

    def monotonic_ms(self) -> int:
        """Return milliseconds that never step, counted from an arbitrary moment."""

    def boot_id(self) -> str:
        """Return a text that is another one after each boot of the machine."""


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        """Read the boot identity once; a random one where the kernel has none."""
        try:
            self._boot_id = _BOOT_ID.read_text().strip()
        except OSError:
            self._boot_id = str(uuid.uuid4())

    def wall_ms(self) -> int:
        """Return Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Return milliseconds since an arbitrary moment."""
        return time.monotonic_ns() // 1_000_000

    def boot_id(self) -> str:
        """Return the kernel's boot identity."""
        return self._boot_id
