"""Runs on MicroPython: many lives on flash with torn and weak cells; what is lost or repeated?

``weak_spool.py <firmware> <protocol> <seeds> <sectors> <sector size> <weak> <which>``: weak is
``-``, ``e`` for erases, ``p`` for programs, ``ep`` for both; ``which`` operations are cut: ``any``
or ``marks``, those that enter a sector. Prints one JSON line.
"""

import json
import random
import sys

sys.path += sys.argv[1:3]

from nor_flash import PowerCut
from weak_flash import WeakFlash

from callpoint_firmware.spool import Spool
from callpoint_protocol.names import ALARM, DOOR, NOTICE, OPEN, PANIC

_LIVES = 12


def _enters(buf):
    return buf is None or buf[0] in (0xF1, 0xF2)


class Lives:
    def __init__(self, flash, often):
        self.flash = flash
        self.often = often  # operations between two cuts, at most
        self.kept = set()
        self.boots = []
        self.result = {"lives": 0, "lost": 0, "repeated": 0, "gave_way": 0}

    def live(self):
        """Start, look for what must be there, raise and release events until the power goes."""
        self.flash.left = random.randrange(self.often if random.getrandbits(1) else 4)
        try:
            spool = Spool(self.flash, lambda: 0x1234)
            self._look(spool)
            while True:
                self._turn(spool)
        except PowerCut:
            self.result["lives"] += 1

    def _look(self, spool):
        if self.boots and spool.boot <= self.boots[-1]:
            self.result["repeated"] += 1
        self.result["gave_way"] += spool.lost
        found = set()
        position = spool.after(-1)
        while position >= 0:
            event = spool.read(position)
            if event:
                found.add((event.boot, event.seq))
            position = spool.after(position)
        self.result["lost"] += len(self.kept - found)
        self.kept &= found  # counted once

    def _turn(self, spool):
        alarm = random.getrandbits(2) == 0
        kind, state, detail = (PANIC, ALARM, 1) if alarm else (DOOR, NOTICE, OPEN)
        event = spool.append(kind, state, 1, detail, 1, 0, 1, None)
        self.kept.add((event.boot, event.seq))
        if len(self.boots) == 0 or self.boots[-1] != spool.boot:
            self.boots.append(spool.boot)
        self.result["gave_way"] += spool.lost
        while spool.depth > spool.capacity // 2 or (spool.depth > 1 and random.getrandbits(2)):
            self._release(spool)
        if random.getrandbits(4) == 0:
            spool.note()

    def _release(self, spool):
        """Mostly not the oldest: that one may wait for long."""
        position = spool.after(-1)
        if random.getrandbits(5) and spool.after(position) >= 0:
            position = spool.after(position)
        event = spool.read(position)
        if event:
            self.kept.discard((event.boot, event.seq))
            spool.release(event.boot, event.seq, 1)


def main(seeds, sectors, size, weak, which):
    total = {"cuts": 0}
    for seed in range(seeds):
        random.seed(seed)
        flash = WeakFlash(
            *(sectors, size, "e" in weak, "p" in weak),
            _enters if which == "marks" else None,
        )
        lives = Lives(flash, 4 * sectors if which == "marks" else sectors * size // 32)
        for _ in range(_LIVES):
            lives.live()
        total["cuts"] += flash.cuts
        for key in lives.result:
            total[key] = total.get(key, 0) + lives.result[key]
    print(json.dumps(total))


main(int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), sys.argv[6], sys.argv[7])
