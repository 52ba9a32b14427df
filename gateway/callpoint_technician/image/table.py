"""Partition tables: ours from the CSV files of the boards, and the bytes that lie in flash.

The format is ESP-IDF's (*Partition Tables*): rows of 32 bytes, then one with their MD5.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from callpoint_technician.chips import MIB
from callpoint_technician.image.compiled import installed
from callpoint_technician.image.parts import SECTOR

STOCK: Final = "partitions-stock-4MiB.csv"
FROZEN: Final = "partitions-4MiB.csv"
FLASH_BYTES: Final = 4 * MIB
"""What our tables need; a board with more leaves the rest unused."""
MAGIC: Final = b"\xaa\x50"
_SUM: Final = b"\xeb\xeb" + b"\xff" * 14
_ROW: Final = "<2sBBLL16sL"
_ROW_BYTES: Final = struct.calcsize(_ROW)
_TYPES: Final[Mapping[str, int]] = {"app": 0, "data": 1}
_SUBTYPES: Final[Mapping[str, int]] = {
    "factory": 0x00,
    "ota_0": 0x10,
    "ota_1": 0x11,
    "ota": 0x00,
    "phy": 0x01,
    "nvs": 0x02,
    "fat": 0x81,
}
_LABEL: Final = 16


@dataclass(frozen=True)
class Partition:
    """A row of a table; ``offset`` and ``size`` in bytes, ``kind`` 0 an application, 1 data."""

    name: str
    kind: int
    subtype: int
    offset: int
    size: int


def rows(file: str) -> dict[str, Partition]:
    """Return the partitions of one of our tables by name, in order.

    ``file`` is ``STOCK`` or ``FROZEN``. Raises ValueError for a row that is none.
    """
    text = (installed(("callpoint_boards",))["callpoint_boards"] / file).read_text("utf-8")
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, kind, subtype, offset, size = (cell.strip() for cell in line.split(","))
        number = _SUBTYPES[subtype] if subtype in _SUBTYPES else int(subtype, 0)
        found[name] = Partition(name, _TYPES[kind], number, int(offset, 0), int(size, 0))
    return found


def to_bytes(partitions: Iterable[Partition]) -> bytes:
    """Return the sector that a boot loader reads."""
    made = b"".join(
        struct.pack(_ROW, MAGIC, row.kind, row.subtype, row.offset, row.size, row.name.encode(), 0)
        for row in partitions
    )
    made += _SUM + hashlib.md5(made, usedforsecurity=False).digest()
    return made.ljust(SECTOR, b"\xff")


def from_bytes(sector: bytes) -> list[Partition]:
    """Return the rows of a table; ValueError if it is damaged or there is none."""
    found: list[Partition] = []
    for at in range(0, len(sector) - _ROW_BYTES + 1, _ROW_BYTES):
        line = sector[at : at + _ROW_BYTES]
        if line.startswith(_SUM):
            if line[_LABEL:] != hashlib.md5(sector[:at], usedforsecurity=False).digest():
                break
            return found
        magic, kind, subtype, offset, size, label, _ = struct.unpack(_ROW, line)
        if magic != MAGIC:
            break
        name = label.rstrip(b"\0").decode("ascii", "replace")
        found.append(Partition(name, kind, subtype, offset, size))
    raise ValueError("no whole partition table")
