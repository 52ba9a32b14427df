"""NOR flash whose interrupted operations leave torn and weak cells behind; seeded by ``random``.

A cut program has done a beginning or any part of its bits. A cut erase leaves a sector untouched,
half erased, random or nearly blank. With ``weak`` the cells that such an operation was about to
change read differently each time, until a whole erase; a program makes those that it clears firm.
"""

import random

from nor_flash import PowerCut


class WeakFlash:
    """``left`` operations that ``counts`` names succeed, the next is cut; -1 cuts none."""

    def __init__(self, sectors, sector_size, weak_erase, weak_program, counts=None):
        self.cells = bytearray(b"\xff" * (sectors * sector_size))
        self.left = -1
        self.cuts = 0
        self._weak = {}  # byte: the bits that read differently each time
        self._size = sector_size
        self._weak_erase = weak_erase
        self._weak_program = weak_program
        self._counts = counts or (lambda buf: True)

    def readblocks(self, number, buf, offset=0):
        at = number * self._size + offset
        memoryview(buf)[:] = memoryview(self.cells)[at : at + len(buf)]
        if self._weak:
            for index in range(len(buf)):
                mask = self._weak.get(at + index)
                if mask:
                    buf[index] ^= mask & random.getrandbits(8)

    def _cut(self, buf):
        if self.left < 0 or not self._counts(buf):
            return False
        self.left -= 1
        if self.left >= 0:
            return False
        self.cuts += 1
        return True

    def writeblocks(self, number, buf, offset):
        at = number * self._size + offset
        if self._cut(buf):
            whole = random.getrandbits(1)
            end = random.randrange(len(buf) + 1)
            for index in range(end if whole else len(buf)):
                done = 0 if whole else random.getrandbits(8)
                cleared = self.cells[at + index] & ~(buf[index] | done) & 0xFF
                self.cells[at + index] &= ~cleared & 0xFF
                if self._weak_program:
                    self._soften(at + index, cleared)
            raise PowerCut
        for index in range(len(buf)):
            self.cells[at + index] &= buf[index]
            if at + index in self._weak:
                self._weak[at + index] &= buf[index]

    def _soften(self, at, mask):
        self._weak[at] = self._weak.get(at, 0) | mask

    def _erase(self, at):
        for index in range(at, at + self._size):
            self._weak.pop(index, None)
        self.cells[at : at + self._size] = b"\xff" * self._size

    def _erase_badly(self, at):
        kind = random.getrandbits(2)
        if not kind:
            return
        for index in range(at, at + self._size):
            if kind == 1 and index - at < self._size // 2:
                self.cells[index] = 0xFF
            elif kind == 2:
                self.cells[index] |= random.getrandbits(8)
            elif kind == 3:
                self.cells[index] = 0xFF
                if random.getrandbits(6) == 0:
                    self.cells[index] ^= 1 << random.getrandbits(3)
            if self._weak_erase and random.getrandbits(5) == 0:
                self._soften(index, 1 << random.getrandbits(3))

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.cells) // self._size
        if op == 5:
            return self._size
        if self._cut(None):
            self._erase_badly(arg * self._size)
            raise PowerCut
        self._erase(arg * self._size)
        return 0
