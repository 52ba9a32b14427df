"""What can go wrong between a machine and a chip, by the layer where it does."""

from enum import StrEnum
from typing import Final

from callpoint_gateway.words.said import Said, said


class Layer(StrEnum):
    """The first layer that fails; everything below it works."""

    NO_PORT = "no port"
    NO_DRIVER = "no driver"
    PERMISSION = "permission"
    BUSY = "busy"
    BOOT_MODE = "boot mode"
    WRONG_CHIP = "wrong chip"
    LOCKED = "locked"
    FLASH_SIZE = "flash size"
    SILENT = "silent"
    VANISHED = "vanished"
    SWAPPED = "swapped"
    CONTENT = "content"
    SAME_MAC = "same mac"
    NO_IDENTITY = "no identity"
    JOURNAL = "journal"
    PROGRAM = "program"


#: A person mends it at the board or the machine, or it was a loose contact: try again while the
#: port is there. What is on the board already is not written again.
AGAIN: Final = frozenset(
    {Layer.BUSY, Layer.BOOT_MODE, Layer.PERMISSION, Layer.SILENT, Layer.VANISHED}
)


class Trouble(Exception):
    """A board cannot be written. ``why`` says what is wrong and what to do."""

    def __init__(self, layer: Layer, why: Said) -> None:
        super().__init__(why)
        self.layer, self.why = layer, why


def swapped(first: str, other: str) -> Trouble:
    """Return that a board was exchanged for another while it was written; both by address."""
    return Trouble(Layer.SWAPPED, said("flash.swapped", first=first, other=other))
