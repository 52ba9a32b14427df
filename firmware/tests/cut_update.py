"""Runs on MicroPython: a whole update with the power cut at every flash operation.

``cut_update.py <firmware> <protocol> <package> <modulus> <torn> <every>``: files named; prints one
JSON line. The slots, the boot loader's record and the store all lose power at once. With
``every`` 0 the update is played once, and what runs then and was told is printed.
"""

import asyncio
import json
import struct
import sys
from binascii import crc32, unhexlify

sys.path += sys.argv[1:3]

from nor_flash import NorFlash, PowerCut

from callpoint_firmware.store import SEQUENCE, Store
from callpoint_firmware.update import Update

OLD = b"the old image"


class Clock:
    def monotonic_ms(self):
        return 0


class Loader:
    """The ESP32's: a record of its own that changes at once or not at all, counted as well."""

    def __init__(self, cuts, sectors, torn):
        self.cuts = cuts
        self.slots = [CountedFlash(sectors, cuts, torn), CountedFlash(sectors, cuts, torn)]
        self.active, self.trial, self.tried = 0, -1, False
        self.running = 0

    def start(self):
        if self.trial >= 0 and self.tried:
            self.trial = -1
        elif self.trial >= 0:
            self.tried = True
        self.running = self.active if self.trial < 0 else self.trial

    @property
    def flash(self):
        return self.slots[1 - self.running]

    def activate(self):
        self.cuts.count()
        self.trial, self.tried = 1 - self.running, False

    def confirm(self):
        self.cuts.count()
        self.active, self.trial = self.running, -1


class Cuts:
    """One counter of operations for every part that keeps something."""

    def __init__(self, left):
        self.left = left
        self.operations = 0

    def count(self):
        self.operations += 1
        if self.left == 0:
            raise PowerCut
        self.left -= 1


class CountedFlash(NorFlash):
    """Cut by the common counter; a torn operation leaves half of it done."""

    def __init__(self, sectors, cuts, torn):
        super().__init__(sectors)
        self.cuts = cuts
        self.torn = torn

    def _cut(self):
        try:
            self.cuts.count()
        except PowerCut:
            return True
        return False


class Gateway:
    """Answers as ``images`` of the gateway does, at once."""

    def __init__(self, content):
        self.content = content
        self.number = crc32(content[: 266 + (content[8] | content[9] << 8)]) or 1
        self.update = None

    async def publish(self, channel, body):
        asked = json.loads(body)
        number, at = asked["p"], asked["o"]
        part = b""
        if number in (0, self.number) and asked["sq"] < 7:
            number, part = self.number, self.content[at : at + asked["n"]]
        self.update.take(struct.pack("<II", number, at) + part)


class Events:
    def __init__(self):
        self.raised = []

    def raise_event(self, kind, state, zone, detail):
        self.raised.append((state, detail))


class Settings:
    update = None


class Board:
    clock = Clock()


class Device:
    """One device over its lives."""

    def __init__(self, content, modulus, torn, left):
        self.cuts = Cuts(left)
        self.loader = Loader(self.cuts, 4, torn)
        self.state = CountedFlash(2, self.cuts, torn)
        self.loader.slots[0].cells[: len(OLD)] = OLD
        self.gateway = Gateway(content)
        self.settings = Settings()
        self.settings.update = {"keys": [modulus], "product": "callpoint", "hardware": 1}
        self.events = Events()

    def image(self):
        """What would run now: the old image, the new one, or neither."""
        size = len(self.gateway.content)
        new = self.gateway.content[
            266 + (self.gateway.content[8] | self.gateway.content[9] << 8) :
        ]
        cells = self.loader.slots[self.loader.running].cells
        if cells[: len(OLD)] == OLD:
            return "old"
        return "new" if cells[: len(new)] == new and size else "neither"

    async def live(self, healthy=True, command=True):
        """From a start to a restart, a power cut or nothing more to do."""
        self.loader.start()
        board = Board()
        board.images = self.loader
        restarted = asyncio.Event()
        update = Update(
            board, self.settings, Store(self.state), self.events, self.gateway, restarted.set
        )
        self.gateway.update = update
        if command:
            update.start()
        task = asyncio.create_task(update.run(lambda: healthy))
        for _ in range(400):
            await asyncio.sleep_ms(0)
            if task.done() or restarted.is_set():
                break
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        return restarted.is_set()


async def play(device, healthy=True, command=True):
    """Live until nothing restarts any more; the gateway's command comes in the first life."""
    for _ in range(6):
        if not await device.live(healthy, command):
            return
        command = False


async def main(content, modulus, torn, every):
    whole = Device(content, modulus, torn, -1)
    await play(whole)
    if not every:
        print(json.dumps([whole.image(), whole.events.raised]))
        return
    result = {"operations": whole.cuts.operations, "image": whole.image(), "points": 0, "bad": 0}
    result["sequence"] = int.from_bytes(Store(whole.state).get(SEQUENCE), "little")
    result["unfinished"] = 0
    for left in range(0, whole.cuts.operations, every):
        device = Device(content, modulus, torn, left)
        try:
            await play(device)
        except PowerCut:
            result["points"] += 1
        device.cuts.left = -1
        device.loader.start()
        if device.loader.trial >= 0:
            device.loader.tried = False  # this start was only a look
        if device.image() == "neither":
            result["bad"] += 1
        await play(device)
        sequence = int.from_bytes(Store(device.state).get(SEQUENCE) or b"", "little")
        if device.image() != "new" or sequence != 7:
            result["unfinished"] += 1
    sick = Device(content, modulus, torn, -1)
    await play(sick, False)
    result["on_trial"] = sick.image()
    await play(sick, False, False)
    result["returned"] = [sick.image(), sick.events.raised]
    print(json.dumps(result))


with open(sys.argv[3], "rb") as file:
    package = file.read()
with open(sys.argv[4]) as file:
    modulus = unhexlify(file.read().strip())
asyncio.run(main(package, modulus, sys.argv[5] == "1", int(sys.argv[6])))
