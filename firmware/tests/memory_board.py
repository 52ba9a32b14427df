"""Runs on MicroPython: the board of ``device_memory``, whose parts are memory and files only."""

import asyncio
import gc
import json

from pieces import chop

from callpoint_firmware import app, settings
from callpoint_firmware.clock import Clock

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


async def main(known, folder, rounds, every, piece):
    board = Board(folder)
    application = app.Application(board, known)
    task = asyncio.create_task(application.run())
    while not application.link.up:
        await asyncio.sleep_ms(10)
    while not application.link.idle:
        await asyncio.sleep_ms(10)
    say("linked")
    walls = chop(piece) if piece else None
    button = board.inputs["button"]
    client = application.client
    reconnects = 0
    for number in range(1, rounds + 1):
        for _ in range(10):
            for level in (1, 0):
                button.drive(level)
                await asyncio.sleep_ms(6)
        while application.spool.depth or not application.link.up:
            await asyncio.sleep_ms(5)
        if number % 5 == 0:
            await client.reconnect()
            while application.link.up:
                await asyncio.sleep_ms(5)
            reconnects += 1
        if number % every == 0:
            while application.spool.depth or not application.link.up:
                await asyncio.sleep_ms(5)
            say("round", seq=application.spool.seq, reconnects=reconnects)
    task.cancel()
    del walls


def play(path, rounds, every, piece):
    """Say what the imports hold; with rounds also what the application does.

    ``piece``: from when the link stands, no free piece of the heap is larger than that; 0: as is.
    """
    say("imported")
    if rounds:
        asyncio.run(main(settings.load(path), path.rsplit("/", 1)[0], rounds, every, piece))
