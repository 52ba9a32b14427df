"""One stretch of a board's flash, and what is written there."""

from dataclasses import dataclass

SECTOR = 4096
"""Bytes that flash erases at once."""
IDENTITY = "identity"
"""The part that the flasher fills: each board has its own."""


@dataclass(frozen=True)
class FlashPart:
    """``data`` goes to ``offset``; all of ``reserve`` bytes from there on is erased before.

    A part without data is erased only. ``offset`` and ``reserve`` are multiples of a sector.
    """

    name: str
    offset: int
    data: bytes
    reserve: int

    def __post_init__(self) -> None:
        """Refuse what would touch a neighbour."""
        if self.offset % SECTOR or self.reserve % SECTOR or not self.reserve:
            raise ValueError(f"{self.name}: not whole sectors")
        if len(self.data) > self.reserve:
            raise ValueError(f"{self.name}: {len(self.data)} bytes in {self.reserve}")


def sectors(size: int) -> int:
    """Return ``size`` rounded up to whole sectors."""
    return size + -size % SECTOR
