"""NOR flash in RAM that loses power after a given number of operations, clean or torn."""

SECTOR = 4096


class PowerCut(Exception):
    pass


class NorFlash:
    """``left`` operations succeed; the next is cut. ``torn`` leaves half of it done."""

    def __init__(self, sectors):
        self.cells = bytearray(b"\xff" * (sectors * SECTOR))
        self.left = -1
        self.torn = False
        self.programs = 0
        self.erases = 0

    def readblocks(self, number, buf, offset=0):
        at = number * SECTOR + offset
        memoryview(buf)[:] = memoryview(self.cells)[at : at + len(buf)]

    def _cut(self):
        if self.left == 0:
            return True
        if self.left > 0:
            self.left -= 1
        return False

    def writeblocks(self, number, buf, offset):
        at = number * SECTOR + offset
        cut = self._cut()
        length = len(buf)
        if cut:
            length = length // 2 if self.torn else 0
        for index in range(length):
            self.cells[at + index] &= buf[index]
        if cut:
            raise PowerCut
        self.programs += 1

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.cells) // SECTOR
        if op == 5:
            return SECTOR
        if op == 6:
            cut = self._cut()
            length = SECTOR
            if cut:
                length = SECTOR // 2 if self.torn else 0
            at = arg * SECTOR
            for start in range(at, at + length, 256):  # no large piece of the heap is asked for
                self.cells[start : start + 256] = b"\xff" * 256
            if cut:
                raise PowerCut
            self.erases += 1
        return 0
