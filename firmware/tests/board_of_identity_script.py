"""Runs on MicroPython: builds the application of each identity on fakes of the chip.

``board_of_identity_script.py <firmware> <protocol> <fakes> <image>...`` prints the devices.
"""

import sys

sys.path.insert(0, sys.argv[3])
sys.path += sys.argv[1:3]

from callpoint_boards import esp32_board
from callpoint_firmware import app, identity, settings

SECTOR = 4096


class Flash:
    """A partition that is only read."""

    def __init__(self, cells):
        self.cells = cells

    def readblocks(self, number, buf, offset):
        at = number * SECTOR + offset
        buf[:] = memoryview(self.cells)[at : at + len(buf)]

    def ioctl(self, op, arg):
        return len(self.cells) // SECTOR if op == 4 else SECTOR


for path in sys.argv[4:]:
    with open(path, "rb") as file:
        found = settings.Settings(identity.read(Flash(file.read())))
    name = found.board["map"]
    pins = getattr(__import__("callpoint_boards." + name), name)
    application = app.Application(esp32_board.Board(pins, found, None), found)
    print(found.device, len(application.settings.zones))
