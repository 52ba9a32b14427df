"""Runs on MicroPython: the application on a board of nothing but memory; what does it hold?

``device_memory.py <image> <settings> <rounds> <every>``. The image is a ROMFS of the compiled tree
that is mapped outside of the Python heap, as flash is on a device. Each round is ten presses and
releases, every fifth ends with a lost link; one JSON line after the imports, after the link
stands, and after ``every`` rounds: bytes in use after a collection. Flash is a file, so that it
is not in the heap. With 0 rounds it ends after the imports.
"""

import asyncio
import gc
import json
import os
import sys

import ffi
import uctypes
import vfs

libc = ffi.open(None)
libc.func("p", "signal", "ip")(13, 1)  # a closed socket must not end the process
_size = os.stat(sys.argv[1])[6]
_number = libc.func("i", "open", "si")(sys.argv[1], 0)
_address = libc.func("p", "mmap", "pLiiiL")(0, _size, 1, 1, _number, 0)
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(_address, _size)), "/rom")
sys.path.insert(0, "/rom")
gc.collect()
gc.threshold(2048)

from callpoint_firmware import app, settings  # noqa: E402 - the path must be known first
from callpoint_firmware.clock import Clock  # noqa: E402

_SECTOR = 4096


def say(what, **more):
    gc.collect()
    used = gc.mem_alloc()
    values = {"what": what, "used": used}
    values.update(more)
    print(json.dumps(values))


class Flash:
    """NOR flash in a file."""

    def __init__(self, path, sectors):
        self._sectors = sectors
        with open(path, "wb") as file:
            for _ in range(sectors * 8):
                file.write(b"\xff" * 512)
        self._file = open(path, "r+b")  # noqa: SIM115 - as long as the process runs

    def readblocks(self, number, buf, offset=0):
        self._file.seek(number * _SECTOR + offset)
        self._file.readinto(buf)

    def writeblocks(self, number, buf, offset):
        self._file.seek(number * _SECTOR + offset)
        self._file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._sectors
        if op == 5:
            return _SECTOR
        if op == 6:
            for part in range(8):
                self._file.seek(arg * _SECTOR + part * 512)
                self._file.write(b"\xff" * 512)
        return 0


class Pin:
    level = 0
    callback = None

    def value(self):
        return self.level

    def irq(self, callback):
        self.callback = callback

    def drive(self, level):
        self.level = level
        self.callback(self)


class Flag:
    def __init__(self):
        self._event = asyncio.Event()
        self.set = self._event.set

    async def wait(self):
        await self._event.wait()
        self._event.clear()


class Quiet:
    def show(self, name, on):
        pass

    def feed(self):
        pass


class Board:
    images = None
    provisioning = None
    woken_by = None
    reset_cause = 1
    unique_id = b"bench"
    can_sleep = False
    dns = None

    def __init__(self, folder):
        self.clock = Clock()
        self.inputs = {"button": Pin(), "door": Pin()}
        self.lamp = self.sounder = Quiet()
        self.flash = Flash(folder + "/spool", 16)
        self.state = Flash(folder + "/state", 2)
        self.loops = {}

    def edge_flag(self):
        return Flag()

    def supply_mv(self):
        return 3_300

    def rssi(self):
        return -60

    def raised(self, event):
        pass

    def tasks(self, application):
        return ()

    def watchdog(self, ms):
        return Quiet()


async def main(known, rounds, every):
    board = Board(sys.argv[2].rsplit("/", 1)[0])
    application = app.Application(board, known)
    task = asyncio.create_task(application.run())
    while not application.link.up:
        await asyncio.sleep_ms(10)
    while not application.link.idle:
        await asyncio.sleep_ms(10)
    say("linked")
    button = board.inputs["button"]
    client = application.link._client
    reconnects = 0
    for number in range(1, rounds + 1):
        for _ in range(10):
            for level in (1, 0):
                button.drive(level)
                await asyncio.sleep_ms(6)
        while application.spool.depth or not application.link.up:
            await asyncio.sleep_ms(5)
        if number % 5 == 0:
            client._drop(client._sock, "bench")
            while application.link.up:
                await asyncio.sleep_ms(5)
            reconnects += 1
        if number % every == 0:
            while application.spool.depth or not application.link.up:
                await asyncio.sleep_ms(5)
            say("round", seq=application.spool.seq, reconnects=reconnects)
    task.cancel()


say("imported")
if int(sys.argv[3]):
    asyncio.run(main(settings.load(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
