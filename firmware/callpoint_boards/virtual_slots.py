"""Two places for the firmware of a virtual board, and a boot loader that behaves as the ESP32's.

A slot is a file that obeys the rules of NOR flash and holds a ROMFS image (MicroPython's
read-only file system), which is mapped into memory and run in place. The loader's record says
which slot runs. A slot that was activated runs once; without a confirmation before the next
start the loader goes back to the other one (ESP-IDF, application rollback).
"""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECTOR = 4096
_PROT_READ = 1
_MAP_SHARED = 1


class Slots:
    """``board.images``: what the application sees of its two places."""

    def __init__(self, folder: str, sectors: int) -> None:
        self._record = folder + "/boot.json"
        try:
            with open(self._record) as file:
                self._boot = json.load(file)
        except OSError:
            self._boot = {"active": 0, "trial": None, "tried": False}
        self._choose()
        self.folder = folder
        self._flash_class = None
        self._sectors = sectors
        self._flash = None

    def path(self, slot: int) -> str:
        return "%s/slot%d" % (self.folder, slot)

    def open_with(self, flash_class: Any) -> None:
        """Take the flash of the firmware that runs from a slot; before ``flash`` is asked for."""
        self._flash_class = flash_class

    @property
    def flash(self) -> Any:
        """The slot that does not run."""
        if self._flash is None:
            self._flash = self._flash_class(self.path(1 - self.running), self._sectors)
        return self._flash

    def _choose(self) -> None:
        boot = self._boot
        if boot["trial"] is not None and boot["tried"]:
            boot["trial"] = None  # it started once and was not confirmed
            self._save()
        elif boot["trial"] is not None:
            boot["tried"] = True
            self._save()
        self.running = boot["active"] if boot["trial"] is None else boot["trial"]

    def _save(self) -> None:
        with open(self._record + ".new", "w") as file:
            json.dump(self._boot, file)
        os.rename(self._record + ".new", self._record)

    def activate(self) -> None:
        """Have the other slot started next; OSError if it holds no image, as ``set_boot``."""
        header = bytearray(3)
        self.flash.readblocks(0, header, 0)
        if header != b"\xd2\xcd\x31":
            raise OSError(-5379)
        self._boot["trial"] = 1 - self.running
        self._boot["tried"] = False
        self._save()

    def confirm(self) -> None:
        """The running slot stays."""
        self._boot = {"active": self.running, "trial": None, "tried": False}
        self._save()


def mount(path: str) -> None:
    """Mount a slot's image at /rom, outside of the Python heap, as first place of modules."""
    import ffi
    import uctypes
    import vfs

    libc = ffi.open(None)
    size = os.stat(path)[6]
    number = libc.func("i", "open", "si")(path, 0)
    address = libc.func("p", "mmap", "pLiiiL")(0, size, _PROT_READ, _MAP_SHARED, number, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(address, size)), "/rom")
    sys.path.insert(0, "/rom")
