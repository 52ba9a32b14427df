"""A fake of the ESP32 port's ``esp32``: partitions that obey NOR rules, wake sources."""

import chip

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
_SECTOR = 4096


def wake_on_ext0(pin, level):
    chip.wake["ext0"] = (pin.id, level)


def wake_on_ext1(pins, level):
    chip.wake["ext1"] = (tuple(pin.id for pin in pins), level)


class Partition:
    BOOT, RUNNING = 0, 1
    TYPE_APP, TYPE_DATA = 0, 1
    cells = {}  # label: content
    sizes = {
        "ota_0": 16,
        "ota_1": 16,
        "spool": 16,
        "state": 2,
        "identity": 4,
    }
    running = "ota_0"
    boot = "ota_0"
    confirmed = True

    def __init__(self, id, block_size=_SECTOR):
        self._label = Partition.running if id == Partition.RUNNING else id
        if self._label not in Partition.cells:
            Partition.cells[self._label] = bytearray(
                b"\xff" * Partition.sizes[self._label] * _SECTOR
            )
        self._cells = Partition.cells[self._label]

    @classmethod
    def find(cls, type=0, subtype=0xFF, label=None, block_size=_SECTOR):
        return [cls(label)] if label in cls.sizes else []

    def info(self):
        return (0, 16, 0x10000, len(self._cells), self._label, False)

    def get_next_update(self):
        return Partition("ota_1" if self._label == "ota_0" else "ota_0")

    def set_boot(self):
        if self._cells[0] != 0xE9:
            raise OSError(-5379)
        Partition.boot = self._label
        Partition.confirmed = False

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        if cls.confirmed:
            raise OSError(-261)
        cls.confirmed = True

    def readblocks(self, number, buf, offset=0):
        at = number * _SECTOR + offset
        memoryview(buf)[:] = memoryview(self._cells)[at : at + len(buf)]

    def writeblocks(self, number, buf, offset=None):
        """Without an offset the blocks are erased first; with one, bits only go to 0."""
        at = number * _SECTOR + (offset or 0)
        if offset is None:
            self._cells[at : at + len(buf)] = b"\xff" * len(buf)
        for index in range(len(buf)):
            self._cells[at + index] &= buf[index]

    def ioctl(self, op, arg):
        if op == 4:
            return len(self._cells) // _SECTOR
        if op == 5:
            return _SECTOR
        if op == 6:
            self._cells[arg * _SECTOR : (arg + 1) * _SECTOR] = b"\xff" * _SECTOR
        return 0


class NVS:
    """At start the port has erased it when it could not be read: nothing is ever found here."""

    def __init__(self, namespace):
        self._namespace = namespace

    def get_blob(self, key, buffer):
        raise OSError(-4354)

    get_i32 = get_blob
