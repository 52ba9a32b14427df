"""A fake of the ESP32 port's ``esp32``: partitions that obey NOR rules, wake sources."""

import chip

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
_SECTOR = 4096


def _checked(pins):
    for pin in pins:
        if pin.id not in chip.can_wake:
            raise ValueError("invalid pin")
    return tuple(pin.id for pin in pins)


def wake_on_ext0(pin, level):
    """One pin, None for none; what was armed stays so until it is taken back."""
    if pin is None:
        chip.wake.pop("ext0", None)
    else:
        chip.wake["ext0"] = (_checked((pin,))[0], level)


def wake_on_ext1(pins, level):
    found = _checked(pins)
    if found:
        chip.wake["ext1"] = (found, level)
    else:
        chip.wake.pop("ext1", None)


def _newer_wake_on_gpio(pins, level):
    """Builds from November 2025 on have it as ``wake_on_gpio``; tests put it there."""
    chip.wake["gpio"] = (_checked(pins), level)


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
