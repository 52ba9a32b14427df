"""Keeps disk space for alarms: a reserve file that is given up when the alarms journal needs it.

- The reserve file has ``RESERVE_BYTES`` and is made at the start.
- When free space falls below ``LOW_BYTES``, a fault begins and the readings' journal stops
  committing: its messages stay unacknowledged, so the broker keeps them.
- When the alarms journal cannot be written because the disk is full, the reserve file is deleted.
- When there is room again, the reserve file is made first, then the readings go on.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from callpoint_gateway.journal.entries import fault_begins, fault_ends
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import said

RESERVE_BYTES = 8 * 1024 * 1024
LOW_BYTES = 16 * 1024 * 1024
LOOK_S = 0.5
SOURCE = "disk"

log = logging.getLogger(__name__)


def free_bytes(folder: Path) -> int:
    """Return how many bytes an ordinary user may still write on the disk of ``folder``."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class DiskRoom:
    """Watches the state directory. ``run`` until cancelled."""

    def __init__(
        self,
        folder: Path,
        alarms: Journal,
        telemetry: Journal,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """``free`` returns the free bytes on the disk of a folder."""
        self._folder = folder
        self._file = folder / "reserve"
        self._alarms = alarms
        self._telemetry = telemetry
        self._free = free
        self._low = False

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Compare free space with the bounds; hold or release readings, make or drop the file."""
        free = self._free(self._folder)
        kept = self._file.exists()
        if not kept and free >= LOW_BYTES + RESERVE_BYTES:
            kept = self._take_reserve()
            free -= RESERVE_BYTES
        low = free < LOW_BYTES or not kept
        if low != self._low:
            self._low = low
            self._telemetry.hold(low)
            self._report(free)
        if kept and self._alarms.fault is not None:
            log.error("the alarms journal cannot be written: the reserve file is deleted for it")
            self._file.unlink(missing_ok=True)

    def _take_reserve(self) -> bool:
        new = self._file.with_suffix(".new")
        try:
            with new.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
            new.rename(self._file)
        except OSError as error:
            log.warning("no room for the reserve: %s", error.strerror)
            with suppress(OSError):
                new.unlink()
            return False
        return True

    def _report(self, free: int) -> None:
        if not self._low:
            log.info("disk: room again")
            self._alarms.submit([fault_ends(SOURCE, said("disk.room"))])
            return
        why = said("disk.low", megabytes=free // 1_000_000, folder=str(self._folder))
        to_do = said("disk.low.do")
        log.error("disk: %s -> %s", why, to_do)
        self._alarms.submit([fault_begins(SOURCE, why, to_do)])
