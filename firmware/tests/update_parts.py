"""A device with two slots, a boot loader and a store, and its gateway, for tests of the update."""

import asyncio
import json
import struct
import sys
from binascii import crc32

from nor_flash import NorFlash, PowerCut

sys.path.append(sys.path[0] + "/fakes")  # the picker wants a module of the chip

from callpoint_firmware.store import Store
from callpoint_firmware.update import Update
from callpoint_stock.picker import Slots

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

    def would_run(self):
        """Say what the next start runs, without a start."""
        return self.active if self.trial < 0 or self.tried else self.trial

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


class Picker:
    """A stock board's: the record is flash like the rest."""

    def __init__(self, cuts, sectors, torn):
        self.record = CountedFlash(2, cuts, torn)
        self.slots = [CountedFlash(sectors, cuts, torn), CountedFlash(sectors, cuts, torn)]
        self._slots = None

    def would_run(self):
        kept = bytes(self.record.cells)
        chosen = Slots(self.record, self.slots).choose()
        self.record.cells[:] = kept
        return chosen

    def start(self):
        self._slots = Slots(self.record, self.slots)
        self._slots.choose()

    @property
    def running(self):
        return self._slots.running

    @property
    def flash(self):
        return self._slots.flash

    def activate(self):
        self._slots.activate()

    def confirm(self):
        self._slots.confirm()


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
    pass


class Device:
    """One device over its lives."""

    def __init__(self, content, modulus, torn, left, loader=Loader):
        self.cuts = Cuts(left)
        self.loader = loader(self.cuts, 4, torn)
        self.state = CountedFlash(2, self.cuts, torn)
        self.loader.slots[0].cells[: len(OLD)] = OLD
        self.gateway = Gateway(content)
        self.settings = Settings()
        self.settings.update = {"keys": [modulus], "product": "callpoint", "hardware": 1}
        self.events = Events()
        self.clock = Clock()
        self.look = None  # called with the update at the end of a life

    def image(self, slot=None):
        """What runs, or would run from a slot: the old image, the new one, or neither."""
        if slot is None:
            slot = self.loader.running
        content = memoryview(self.gateway.content)
        new = content[266 + (content[8] | content[9] << 8) :]
        cells = memoryview(self.loader.slots[slot].cells)
        if cells[: len(OLD)] == OLD:
            return "old"
        return "new" if cells[: len(new)] == new and len(new) else "neither"

    async def live(self, healthy=True, command=True, turns=400):
        """From a start to a restart, a power cut or nothing more to do."""
        self.loader.start()
        board = Board()
        board.images = self.loader
        board.clock = self.clock
        restarted = asyncio.Event()
        update = Update(
            board, self.settings, Store(self.state), self.events, self.gateway, restarted.set
        )
        self.gateway.update = update
        if command:
            update.start()
        task = asyncio.create_task(update.run(lambda: healthy))
        for _ in range(turns):
            await asyncio.sleep_ms(0)
            if task.done() or restarted.is_set():
                break
        if self.look:
            self.look(update)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        return restarted.is_set()
