"""Runs on MicroPython: cut the power at flash operations and look for lost events.

``cut_spool.py <firmware> <protocol> <seed> <every> <torn>``; prints one JSON line.
"""

import json
import random
import sys

sys.path += sys.argv[1:3]

from nor_flash import NorFlash, PowerCut

from callpoint_firmware.spool import Spool
from callpoint_protocol.names import ALARM, DOOR, NOTICE, OPEN, PANIC

_SECTORS = 4
_EVENTS = 700  # more than a lap of the ring


def generation():
    return 0x1234


class Run:
    """One life of a device: raises and releases events until the power goes."""

    def __init__(self, flash, seed):
        self.flash = flash
        self.random = random
        random.seed(seed)
        self.kept = {}  # (boot, seq) of what append returned and nobody released
        self.released = set()
        self.boots = []

    def work(self, events):
        spool = Spool(self.flash, generation)
        self.boots.append(spool.boot)
        for number in range(events):
            alarm = random.getrandbits(2) == 0
            kind, state, detail = (PANIC, ALARM, 1) if alarm else (DOOR, NOTICE, OPEN)
            event = spool.append(kind, state, 1, detail, 1, 0, number, None)
            self.kept[event.boot, event.seq] = kind
            while spool.depth > 200 or (spool.depth and random.getrandbits(1)):
                self._release_one(spool)
        return spool

    def _release_one(self, spool):
        """Mostly the oldest, sometimes one further on: answers may come out of order."""
        position = spool.after(-1)
        skip = random.getrandbits(3)
        if skip > 5:
            while skip and spool.after(position) >= 0:
                position = spool.after(position)
                skip -= 1
        event = spool.read(position)
        key = event.boot, event.seq
        self.kept.pop(key, None)
        self.released.add(key)
        spool.release(key[0], key[1], 1)

    def missing(self):
        """Start again and return what should be there and is not, and what was never raised."""
        spool = Spool(self.flash, generation)
        self.boots.append(spool.boot)
        found = set()
        position = spool.after(-1)
        while position >= 0:
            event = spool.read(position)
            found.add((event.boot, event.seq))
            position = spool.after(position)
        lost = [key for key in self.kept if key not in found]
        twice = spool.depth - len(found)
        return len(lost), twice, spool


def operations(seed):
    """How many operations a whole run takes."""
    flash = NorFlash(_SECTORS)
    Run(flash, seed).work(_EVENTS)
    return flash.programs + flash.erases, flash.programs, flash.erases


def main(seed, every, torn):
    total, programs, erases = operations(seed)
    points = lost = twice = repeated = 0
    for left in range(seed % every, total, every):
        flash = NorFlash(_SECTORS)
        flash.torn = torn
        flash.left = left
        run = Run(flash, seed)
        try:
            run.work(_EVENTS)
        except PowerCut:
            points += 1
        # The power goes again while the spool is being put in order, at each operation of it.
        for again in range(3):
            flash.left = again
            try:
                Spool(flash, generation)
            except PowerCut:
                pass
        flash.left = -1
        gone, doubled, spool = run.missing()
        lost += gone
        twice += doubled
        repeated += len(run.boots) - len(set(run.boots))
        if spool.lost:
            lost += spool.lost
    print(
        json.dumps(
            {
                "points": points,
                "lost": lost,
                "twice": twice,
                "repeated": repeated,
                "programs": programs,
                "erases": erases,
                "events": _EVENTS,
            }
        )
    )


main(int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "1")
