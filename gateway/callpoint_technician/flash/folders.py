"""Reads what is to be written: a folder of identities, and the folders of images."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said, of, said, said_by
from callpoint_technician.chips import CHIPS, Chip, by_image_id, by_pin_map
from callpoint_technician.flash.identity import Identity
from callpoint_technician.identity import image
from callpoint_technician.image.esp_image import HEADER, MAGIC, chip_id
from callpoint_technician.image.parts import IDENTITY, FlashPart

LIST: Final = "parts.json"


class Unusable(Exception):
    """A folder that cannot be flashed; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class _Part(msgspec.Struct):
    name: str
    offset: int
    reserve: int
    file: str | None
    sha256: str | None


def read_image(folder: Path) -> tuple[Chip, list[FlashPart]]:
    """Return the chip and the parts in a folder that ``callpoint firmware image`` made.

    Unusable: a file is not there, is another than the list says, or is for no known chip.
    """
    try:
        listed = msgspec.json.decode((folder / LIST).read_bytes(), type=list[_Part])
        parts = [
            FlashPart(part.name, part.offset, _content(folder, part), part.reserve)
            for part in listed
        ]
    except (OSError, ValueError) as error:
        raise Unusable(of(str(folder), said("flash.no_image", why=said_by(error)))) from error
    chip = _chip(parts)
    if chip is None or all(part.name != IDENTITY for part in parts):
        raise Unusable(of(str(folder), said("flash.no_chip")))
    return chip, parts


def _content(folder: Path, part: _Part) -> bytes:
    if part.file is None:
        return b""
    content = (folder / Path(part.file).name).read_bytes()
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise ValueError(said("flash.other_part", file=part.file))
    return content


def _chip(parts: Sequence[FlashPart]) -> Chip | None:
    """Return the chip of the boot loader, None if it is of none or not where it must be."""
    for part in parts:
        if len(part.data) >= HEADER and part.data.startswith(MAGIC):
            chip = by_image_id(chip_id(part.data))
            if chip is not None and part.offset == chip.boot_offset:
                return chip
    return None


def read_identities(folder: Path) -> list[Identity]:
    """Return the identities in a folder (``<device>.bin``), in the order of their names.

    Unusable: a file is no identity, or is another device's than its name says.
    """
    try:
        files = sorted(folder.glob("*.bin"))
        return [_identity(file) for file in files]
    except OSError as error:
        file = error.filename or str(folder)
        raise Unusable(of(str(file), said_by(error))) from error


def _identity(file: Path) -> Identity:
    content = file.read_bytes()
    try:
        settings = image.read(content)
    except image.ImageError as error:
        raise Unusable(of(str(file), error.why)) from error
    if settings.device != file.stem:
        raise Unusable(of(str(file), said("identity.other_device", device=file.stem)))
    board = settings.board or {}
    try:
        chip = by_pin_map(str(board.get("map", CHIPS["esp32"].pin_map)))
    except KeyError:
        raise Unusable(of(str(file), said("flash.no_chip"))) from None
    return Identity(settings.device, chip.name, content)
