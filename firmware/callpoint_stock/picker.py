"""Chooses the slot of the application on a board with a stock MicroPython, and starts it.

The application lies in a LittleFS image in one of two partitions, ``app0`` and ``app1``. The
partition ``slots`` has two sectors with one record each; the one with the higher number holds.
A new record is written into the other sector, so a power cut leaves the one before. A slot that
was activated is started once; unless it is confirmed before the next start, the other one runs
again. Without a record ``app0`` runs; a slot that cannot be started puts the other one on trial.

This module is in ``vfs``, which is written by cable only: it must stay able to start every later
application.
"""

import struct
import sys
from binascii import crc32

import esp32
import vfs
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RECORD = "<4sIBBB"  # mark, number, slot that stays, slot on trial, tried
_MARK = b"CPSL"
_SIZE = const(11)
_NONE = const(255)
_TRIES = const(3)
_NO_IMAGE = const(-5379)  # as ``set_boot`` of the ESP32 says it
_APPLICATION = "/app"


class Slots:
    """``board.images``: ``flash`` is the slot that does not run, ``running`` the one that does."""

    def __init__(self, record: Any, slots: Any) -> None:
        self._record = record
        self._slots = slots
        self.pending = False  # activated, and not started yet
        self._number = self.running = 0
        self._sector = 1
        self._active, self._trial, self._tried = 0, _NONE, 0
        for sector in (0, 1):
            self._read(sector)

    @property
    def flash(self) -> Any:
        return self._slots[1 - self.running]

    @property
    def running_flash(self) -> Any:
        return self._slots[self.running]

    @property
    def on_trial(self) -> bool:
        """Whether the next start goes back, unless the slot that runs is confirmed."""
        return self._trial == self.running

    def _read(self, sector: int) -> None:
        raw = bytearray(_SIZE + 4)
        self._record.readblocks(sector, raw, 0)
        mark, number, active, trial, tried = struct.unpack(_RECORD, raw)
        whole = crc32(memoryview(raw)[:_SIZE]) == struct.unpack_from("<I", raw, _SIZE)[0]
        if whole and mark == _MARK and active < 2 and number > self._number:
            self._number, self._sector = number, sector
            self._active, self._trial, self._tried = active, trial, tried

    def _write(self, active: int, trial: int, tried: int) -> None:
        """Write the next record into the sector that does not hold; OSError if flash fails."""
        raw = struct.pack(_RECORD, _MARK, self._number + 1, active, trial, tried)
        raw += struct.pack("<I", crc32(raw))
        back = bytearray(len(raw))
        sector = 1 - self._sector
        for _ in range(_TRIES):
            self._record.ioctl(6, sector)
            self._record.writeblocks(sector, raw, 0)
            self._record.readblocks(sector, back, 0)
            if back == raw:
                self._number, self._sector = self._number + 1, sector
                self._active, self._trial, self._tried = active, trial, tried
                return
        raise OSError(5)

    def choose(self) -> int:
        """Return the slot to start now, and note that a trial has begun or failed."""
        if self._trial != _NONE:
            try:
                if self._tried:
                    self._write(self._active, _NONE, 0)
                else:
                    self._write(self._active, self._trial, 1)
            except OSError:
                self._trial = _NONE  # a trial that cannot be noted would have no end
        self.running = self._active if self._trial == _NONE else self._trial
        return self.running

    def activate(self) -> None:
        """Start the other slot once; OSError if it holds no file system."""
        head = bytearray(16)
        self.flash.readblocks(0, head, 0)
        if head[8:] != b"littlefs":
            raise OSError(_NO_IMAGE)
        self._write(self.running, 1 - self.running, 0)
        self.pending = True

    def confirm(self) -> None:
        """Keep the slot that runs."""
        if self._trial != _NONE or self._active != self.running:
            self._write(self.running, _NONE, 0)


def partition(label: str) -> Any:
    """Return a data partition; OSError says which is missing."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=label)
    if not found:
        raise OSError("partition " + label + " is missing")
    return found[0]


def start() -> None:
    """Start the application of the chosen slot; returns or raises when it has ended.

    A slot that cannot be started puts the other one on trial, unless it is on trial itself.
    """
    slots = Slots(partition("slots"), (partition("app0"), partition("app1")))
    slot = slots.choose()
    try:
        vfs.mount(vfs.VfsLfs2(slots.running_flash), _APPLICATION, readonly=True)
        sys.path.insert(0, _APPLICATION)
        from callpoint_boards.start import run
    except Exception:
        if not slots.on_trial:
            slots.activate()
        raise
    sys.stderr.write("application: slot %d\n" % slot)
    run(slots)
