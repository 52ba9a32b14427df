"""A MicroPython image file as its download page has it, read and checked.

Layout: ESP-IDF, *App Image Format* and *Partition Tables*. The file begins at the chip's boot
loader and ends with the application.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from callpoint_gateway.words.said import Said, said
from callpoint_technician.chips import (
    APPLICATION_OFFSET,
    CHIPS,
    TABLE_OFFSET,
    Chip,
    by_image_id,
)
from callpoint_technician.image import table
from callpoint_technician.image.esp_image import (
    MAGIC,
    Damaged,
    EspImage,
    Truncated,
    chip_id,
    first_image,
    is_application,
)
from callpoint_technician.image.parts import SECTOR

OLDEST: Final = (1, 25)
"""MicroPython's release that the firmware is written for."""
_BANNER: Final = re.compile(rb"MicroPython v(\d+)\.(\d+)\.(\d+)([\w.-]*) on (\d{4}-\d\d-\d\d)")
_OTHERS: Final = {b"\x7fELF": "ELF", b"UF2\n": "UF2", b"PK\x03\x04": "ZIP", b"\x1f\x8b": "GZIP"}


class ImageRefused(Exception):
    """``why`` says what the file is instead, and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Official:
    """``boot`` and ``application`` are the images in the file, without padding."""

    chip: Chip
    version: str
    made: str
    """Day of the build, ISO."""
    boot: bytes
    application: bytes
    sha256: str
    """Of the whole file: compare it with the one that you trust."""


def _refuse(code: str, **values: str | int) -> NoReturn:
    raise ImageRefused(said(f"image.{code}", **values))


def read(content: bytes, chip: Chip) -> Official:
    """Return what an image file holds; ImageRefused says why it is none for this chip."""
    return _read(content, chip, _factory)


def read_built(content: bytes, chip: Chip, rows: list[table.Partition]) -> Official:
    """Return what a file of our own build holds; its table must have exactly these rows."""

    def first(found: list[table.Partition]) -> table.Partition:
        if found != rows:
            _refuse("other_table")
        return next(row for row in rows if row.offset == APPLICATION_OFFSET)

    return _read(content, chip, first)


def _read(
    content: bytes, chip: Chip, choose: Callable[[list[table.Partition]], table.Partition]
) -> Official:
    base = _base(content)
    boot_at = _boot_at(content, base, chip)
    try:
        rows = table.from_bytes(content[TABLE_OFFSET - base : TABLE_OFFSET - base + SECTOR])
    except ValueError:
        _refuse("damaged", part="partition table")
    room = choose(rows).size
    boot = _image(content[boot_at : TABLE_OFFSET - base], "boot loader")
    start = APPLICATION_OFFSET - base
    application = _image(content[start:], "application")
    if application.rest.strip(b"\xff") or len(application.rest) > SECTOR:
        _refuse("dump")
    if len(application.content) > room:
        _refuse("too_large", size=len(application.content), room=room)
    if by_image_id(application.chip_id) != chip:
        _refuse("damaged", part="application")
    version, made = _version(application.content)
    digest = hashlib.sha256(content).hexdigest()
    return Official(chip, version, made, boot.content, application.content, digest)


def _base(content: bytes) -> int:
    """Return the flash offset at which the file begins, by where its partition table is."""
    if not content:
        _refuse("truncated", size=0)
    for magic, name in _OTHERS.items():
        if content.startswith(magic):
            _refuse("other_format", format=name)
    if content[:SECTOR].isascii() and b"\0" not in content[:SECTOR]:
        _refuse("text")
    for base in sorted({chip.boot_offset for chip in CHIPS.values()}):
        if content[TABLE_OFFSET - base :].startswith(table.MAGIC):
            return base
    if is_application(content):
        _refuse("application_alone")
    if content.startswith(MAGIC) and len(content) <= TABLE_OFFSET:
        _refuse("truncated", size=len(content))
    _refuse("nothing")


def _boot_at(content: bytes, base: int, chip: Chip) -> int:
    """Return where in the file the boot loader begins, after a look at its chip."""
    for at in sorted({other.boot_offset - base for other in CHIPS.values()}):
        if at < 0 or not content[at:].startswith(MAGIC):
            continue
        number = chip_id(content[at:])
        found = by_image_id(number)
        if found is None:
            _refuse("unknown_chip", number=number)
        if found != chip:
            _refuse("wrong_chip", found=found.title, wanted=chip.title)
        if base + at != chip.boot_offset or at:
            _refuse("dump")
        return at
    _refuse("damaged", part="boot loader")


def _factory(found: list[table.Partition]) -> table.Partition:
    """Return the partition of the application, if the table is that of the plain image."""
    if any(row.name in ("otadata", "ota_0") for row in found):
        _refuse("ota")
    for row in found:
        if row.kind == 0 and row.offset == APPLICATION_OFFSET:
            return row
    _refuse("damaged", part="partition table")


def _image(content: bytes, part: str) -> EspImage:
    try:
        return first_image(content)
    except Truncated:
        _refuse("truncated", size=len(content))
    except Damaged:
        _refuse("damaged", part=part)


def _version(application: bytes) -> tuple[str, str]:
    found = _BANNER.search(application)
    if found is None:
        _refuse("not_micropython")
    major, minor, patch = (int(number) for number in found.groups()[:3])
    version = f"{major}.{minor}.{patch}{found[4].decode()}"
    if (major, minor) < OLDEST or major > OLDEST[0]:
        _refuse("version", version=version, oldest="{}.{}".format(*OLDEST))
    return version, found[5].decode()
