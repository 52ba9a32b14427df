"""The only place that reads the machine's clocks.

The wall clock can be wrong and can step; the monotonic clock cannot, but starts anew with
each boot. Both are stored with every entry, so that times can be repaired later.
"""

import time
import uuid
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the gateway knows of time."""

    def wall_ms(self) -> int:
        """Return Unix milliseconds. May be wrong, may step."""

    def monotonic_ms(self) -> int:
        """Return milliseconds that never step, counted from an arbitrary moment."""

    def boot_id(self) -> str:
        """Return what tells one boot of the machine from another."""


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
