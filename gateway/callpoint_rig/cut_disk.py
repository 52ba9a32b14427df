"""A disk that loses what was not flushed, as a power cut does: ext4 on a loop device, for root.

Killing a process proves nothing about power: what it wrote is in the kernel. From ``cut`` on every
write and flush fails, and what was not flushed never reaches the image (EXT4_IOC_SHUTDOWN without
a flush of the log, ``linux/fs/ext4/ext4.h``); mounting it again replays the journal as a start
does. What a drive itself reorders or tears is not shown.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Final

_SHUT_DOWN: Final = 0x8004587D
_NOTHING_FLUSHED: Final = 2
_RELEASED_S: Final = 60.0


def can_cut() -> bool:
    """Say whether this machine can make such disks: root, loop devices, and the tools."""
    tools = all(map(shutil.which, ("mkfs.ext4", "mount", "umount")))
    return os.geteuid() == 0 and tools and Path("/dev/loop-control").exists()


class CutDisk:
    """A mounted disk. Use as a context manager; nothing may use it when that ends."""

    def __init__(self, folder: Path, megabytes: int = 3000) -> None:
        """``folder`` takes the image. The disk is the folder ``mount``."""
        self._image = folder / "disk.img"
        self.mount = folder / "disk"
        self._megabytes = megabytes

    def __enter__(self) -> "CutDisk":
        self.mount.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(self._megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)
        self._mount()
        return self

    def __exit__(self, *exception: object) -> None:
        self._unmount()

    def flush(self) -> None:
        """Flush what was set up, so that a cut loses what came afterwards at most."""
        subprocess.run(["sync", "-f", self.mount], check=True)

    def cut(self) -> None:
        """Cut the power. Kill at once whatever uses the disk, then ``come_back``."""
        disk = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(disk, _SHUT_DOWN, struct.pack("I", _NOTHING_FLUSHED))
        finally:
            os.close(disk)

    def come_back(self) -> None:
        """Mount the disk again, with what it has."""
        self._unmount()
        self._mount()

    def fill(self) -> Path:
        """Leave no room on it; return the file that has taken it."""
        filler = self.mount / "filler"
        with filler.open("wb") as file:
            room = os.statvfs(self.mount)
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        return filler

    def _mount(self) -> None:
        options = "loop,commit=300"
        subprocess.run(["mount", "-o", options, self._image, self.mount], check=True)

    def _unmount(self) -> None:
        until_s = time.monotonic() + _RELEASED_S
        while subprocess.run(["umount", self.mount], stderr=subprocess.DEVNULL).returncode:
            if time.monotonic() > until_s:
                raise TimeoutError(f"{self.mount} is still used")
            time.sleep(0.02)
