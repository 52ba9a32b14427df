"""Runs on MicroPython: the store on flash that holds garbage, has dead cells or is full.

``store_faults.py <firmware> <protocol>``; prints one JSON line.
"""

import json
import random
import sys

sys.path += sys.argv[1:3]

from nor_flash import SECTOR, NorFlash, PowerCut

from callpoint_firmware.store import Store


class WornFlash(NorFlash):
    """Some bytes cannot be programmed and stay as erased."""

    def writeblocks(self, number, buf, offset):
        super().writeblocks(number, buf, offset)
        for at in range(number * SECTOR + 1, (number + 1) * SECTOR, 331):
            self.cells[at] = 0xFF


def kept(store, flash, count):
    """How many of ``count`` values are not what was put."""
    for number in range(count):
        store.put(number % 7 + 1, bytes([number & 0xFF]) * (number % 40))
    again = Store(flash)
    wrong = 0
    for number in range(count - 7, count):
        wrong += again.get(number % 7 + 1) != bytes([number & 0xFF]) * (number % 40)
    return wrong


class CutFlash(NorFlash):
    """The power goes when a record of a key is written, which reads whole all the same."""

    key = at = None

    def writeblocks(self, number, buf, offset):
        super().writeblocks(number, buf, offset)
        if self.at is None and buf[0] == 0xA5 and buf[1] == self.key:
            self.at = number * SECTOR + offset
            raise PowerCut


def in_doubt(whole_first):
    """What two starts read of a value whose write was cut, and whose cells are not stable.

    They turn between the two starts: from whole to torn, or the other way round.
    """
    flash = CutFlash(2)
    store = Store(flash)
    store.put(1, b"before")
    store.put(2, b"another")
    flash.key = 1
    try:
        store.put(1, b"after")
    except PowerCut:
        pass
    value_at = flash.at + 5
    if not whole_first:
        flash.cells[value_at] ^= 0x10
    first = Store(flash).get(1)
    # A cell that reads as cleared may be one that takes no more; a firm zero stays.
    if flash.cells[flash.at]:
        flash.cells[value_at] ^= 0x10
    Store(flash).put(3, b"later")
    return [first.decode(), Store(flash).get(1).decode()]


def main():
    random.seed(1)
    garbage = NorFlash(2)
    for at in range(len(garbage.cells)):
        garbage.cells[at] = random.getrandbits(8)
    result = {"garbage": kept(Store(garbage), garbage, 300)}
    worn = WornFlash(2)
    result["worn"] = kept(Store(worn), worn, 300)
    mine = NorFlash(2)
    store = Store(mine)
    store.put(3, b"before there were owners")
    store.keep_for(b"lobby")
    Store(mine).keep_for(b"lobby")
    result["own"] = int(Store(mine).get(3) is not None)
    Store(mine).keep_for(b"flat")
    result["of_another"] = int(Store(mine).get(3) is not None)
    flash = NorFlash(2)
    store = Store(flash)
    result["too_long"] = result["full"] = 0
    try:
        store.put(1, bytes(501))
    except ValueError:
        result["too_long"] = 1
    key = 0
    try:
        while key < 20:
            key += 1
            store.put(key, bytes([key]) * 480)
    except OSError:
        result["full"] = 1
    again = Store(flash)
    result["kept_when_full"] = int(all(again.get(k) == bytes([k]) * 480 for k in range(1, key)))
    before = flash.programs
    again.put(1, bytes([1]) * 480)
    result["same_again"] = flash.programs - before
    result["whole_first"] = in_doubt(True)
    result["torn_first"] = in_doubt(False)
    print(json.dumps(result))


main()
