"""Runs on MicroPython: dead cells, a mark in doubt, an event that waits while others are released.

``spool_faults.py <firmware> <protocol>``; prints one JSON line.
"""

import json
import sys

sys.path += sys.argv[1:3]

from nor_flash import SECTOR, NorFlash, PowerCut

from callpoint_firmware.spool import Spool
from callpoint_protocol.names import ALARM, PANIC

_MOVED = 0xF2


def start(flash, owner=0):
    return Spool(flash, lambda: 0x1234, owner)


def press(spool):
    event = spool.append(PANIC, ALARM, 1, 1, 1, 0, 1, None)
    return event.boot, event.seq


def waiting(spool):
    found = []
    position = spool.after(-1)
    while position >= 0:
        event = spool.read(position)
        found.append((event.boot, event.seq))
        position = spool.after(position)
    return found


class DeadFlash(NorFlash):
    """One byte of the first slot of each sector takes no program."""

    def writeblocks(self, number, buf, offset):
        super().writeblocks(number, buf, offset)
        for at in range(12, len(self.cells), SECTOR):
            self.cells[at] = 0xFF


def dead_header():
    """How many of the events of three lives are gone."""
    flash, raised = DeadFlash(4), []
    for _ in range(3):
        spool = start(flash)
        raised += [press(spool) for _ in range(50)]
    found = waiting(start(flash))
    return len([key for key in raised if key not in found])


class DoubtfulFlash(NorFlash):
    """The power goes when the first MOVED of the third sector is written."""

    moved_at = None

    def writeblocks(self, number, buf, offset):
        super().writeblocks(number, buf, offset)
        if number == 2 and buf[0] == _MOVED and not self.moved_at:
            self.moved_at = number * SECTOR + offset
            raise PowerCut


def mark_in_doubt():
    """What is lost and whether a boot repeats where the mark reads well once, then no more."""
    flash = DoubtfulFlash(4)
    spool = start(flash)
    try:
        while True:
            spool.release(*press(spool), 1)
    except PowerCut:
        pass
    second = start(flash)
    raised = [press(second) for _ in range(5)]
    flash.cells[flash.moved_at + 9] ^= 0x10  # of the boot number, a weak cell
    third = start(flash)
    found = waiting(third)
    return [len([key for key in raised if key not in found]), int(third.boot <= second.boot)]


def one_waits():
    """Whether an event still waits after a start, when all that came later was released."""
    flash = NorFlash(16)
    spool = start(flash)
    first = press(spool)
    for _ in range(1_764):
        spool.release(*press(spool), 1)
    again = start(flash)
    return [int(first in waiting(again)), again.lost, int(again.depth < 64)]


def another_owner():
    """What waits for another identity on the same flash, and for the same one."""
    flash = NorFlash(4)
    press(start(flash, 7))
    same = start(flash, 7).depth
    other = start(flash, 8)
    counts = [same, other.depth]
    press(other)
    return counts + [start(flash, 8).depth, start(flash, 7).depth]


print(
    json.dumps(
        {
            "dead_header": dead_header(),
            "mark_in_doubt": mark_in_doubt(),
            "one_waits": one_waits(),
            "another_owner": another_owner(),
        }
    )
)
