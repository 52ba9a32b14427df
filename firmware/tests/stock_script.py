"""Runs on MicroPython: a stock board from the very bytes of its flash, through one start.

``stock_script.py <fakes> <flash> <lives>``: the 4 MiB of the file ``flash`` are changed in place.
The file system is mounted as MicroPython's frozen ``_boot`` does it, then ``boot.py`` and
``main.py`` run. A start ends in a reset; at most ``lives`` follow one another. Prints one JSON
line for everything that happens. Once the application runs, the button is pressed.
"""

import asyncio
import json
import os
import struct
import sys

sys.path.insert(0, sys.argv[1])

import chip
import esp32
import ffi
import machine
import network  # noqa: F401 - its file is not there any more when the application asks for it
import uctypes
import vfs

SECTOR = 4096
BUTTON, LAMP = 27, 23

libc = ffi.open(None)
_size = os.stat(sys.argv[2])[6]
_number = libc.func("i", "open", "si")(sys.argv[2], 2)
# Read and written in place, outside of the Python heap.
_address = libc.func("p", "mmap", "pLiiiL")(0, _size, 3, 1, _number, 0)
flash = uctypes.bytearray_at(_address, _size)


def say(*what):
    print(json.dumps(what))


class Partition:
    """A row of the table in this flash; a write erases nothing and only clears bits."""

    TYPE_APP, TYPE_DATA = 0, 1

    def __init__(self, row):
        self._type, self._subtype, self._at, self._size, name = row
        self._name = name

    @classmethod
    def find(cls, type=0, subtype=0xFF, label=None, block_size=SECTOR):
        return [
            cls(row)
            for row in rows()
            if row[0] == type and subtype in (0xFF, row[1]) and label in (None, row[4])
        ]

    def info(self):
        return (self._type, self._subtype, self._at, self._size, self._name, False)

    def readblocks(self, number, buf, offset=0):
        at = self._at + number * SECTOR + offset
        memoryview(buf)[:] = memoryview(flash)[at : at + len(buf)]

    def writeblocks(self, number, buf, offset=None):
        at = self._at + number * SECTOR + (offset or 0)
        if offset is None:
            flash[at : at + len(buf)] = b"\xff" * len(buf)
        for index in range(len(buf)):
            flash[at + index] &= buf[index]

    def ioctl(self, op, arg):
        if op == 4:
            return self._size // SECTOR
        if op == 5:
            return SECTOR
        if op == 6:
            at = self._at + arg * SECTOR
            flash[at : at + SECTOR] = b"\xff" * SECTOR
        return 0


def rows():
    found = []
    for at in range(0x8000, 0x9000, 32):
        mark, kind, subtype, offset, size, label, _ = struct.unpack(
            "<2sBBLL16sL", memoryview(flash)[at : at + 32]
        )
        if mark != b"\xaa\x50":
            return found
        found.append((kind, subtype, offset, size, bytes(label).rstrip(b"\0").decode()))


class Time:
    """The module without its pauses of seconds."""


for name in dir(__import__("time")):
    setattr(Time, name, getattr(__import__("time"), name))
pause = Time.sleep_ms
Time.sleep_ms = lambda ms: say("pause", ms) if ms >= 1_000 else pause(ms)
esp32.Partition = Partition


def reset():
    raise chip.Reset


machine.reset = reset


async def press():
    """Wait for the application, press, and wait for the lamp: the event is in flash then."""
    while not chip.handlers:
        await asyncio.sleep_ms(5)
    await asyncio.sleep_ms(200)
    chip.drive(BUTTON, 0)
    chip.run_queue()
    for _ in range(1_000):
        await asyncio.sleep_ms(5)
        if chip.outputs.get(LAMP):
            break
    version = sys.modules["callpoint_firmware.build"].VERSION
    say("pressed", chip.outputs.get(LAMP), version)
    raise SystemExit


def boot():
    """The port's ``_boot`` and ``inisetup``, then the two files that it runs."""
    sys.modules["time"] = Time
    sys.path[:] = ["", ".frozen", "/lib"]
    vfs.umount("/")
    try:
        vfs.mount(Partition.find(Partition.TYPE_DATA, label="vfs")[0], "/")
    except OSError:
        head = bytearray(SECTOR)
        Partition.find(Partition.TYPE_DATA, label="vfs")[0].readblocks(0, head)
        blank = head == b"\xff" * SECTOR
        # Blank: it is formatted and a prompt waits. Otherwise a warning is printed for ever.
        say("not mounted", "prompt" if blank else "warning")
        return False
    for name in ("boot.py", "main.py"):
        try:
            with open(name) as file:
                text = file.read()
        except OSError:
            say("missing", name)
            return False
        exec(compile(text, name, "exec"), {"__name__": "__main__"})
    return True


def forget():
    """What a reset forgets."""
    for path in ("/app", "/"):
        try:
            vfs.umount(path)
        except OSError:
            pass
    vfs.mount(vfs.VfsPosix(), "/")
    for name in list(sys.modules):
        if name.startswith("callpoint_"):
            del sys.modules[name]
    chip.handlers.clear()
    asyncio.new_event_loop()


hands = []
for _ in range(int(sys.argv[3])):
    hands.append(asyncio.create_task(press()))
    try:
        going = boot()
    except chip.Reset:
        say("reset")
        going = True
    except SystemExit:
        going = False
    forget()
    if not going:
        break
say("watchdogs", chip.watchdogs[:1])
