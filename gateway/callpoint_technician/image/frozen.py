"""A build with the application frozen in: its two files, and the parts of a board's flash."""

from callpoint_gateway.words.said import said
from callpoint_technician.chips import TABLE_OFFSET, Chip
from callpoint_technician.image import table
from callpoint_technician.image.esp_image import (
    MAGIC,
    Damaged,
    Truncated,
    first_image,
    is_application,
)
from callpoint_technician.image.official import ImageRefused, read_built
from callpoint_technician.image.parts import IDENTITY, SECTOR, FlashPart, sectors

_ERASED = ("nvs", "otadata", "phy_init", "spool", "state", IDENTITY)


def check_application(content: bytes) -> None:
    """Refuse what is not exactly one application that fits a slot: ImageRefused says what it is.

    The file of the whole flash begins alike, but with a boot loader, which has no description.
    """
    if not is_application(content):
        whole = content.startswith((MAGIC, b"\xff" * SECTOR))
        raise ImageRefused(said("image.whole_flash" if whole else "image.no_application"))
    try:
        image = first_image(content)
    except Truncated:
        raise ImageRefused(said("image.truncated", size=len(content))) from None
    except Damaged:
        raise ImageRefused(said("image.damaged", part="application")) from None
    if image.rest.strip(b"\xff"):
        raise ImageRefused(said("image.whole_flash"))
    size, room = len(image.content), table.rows(table.FROZEN)["ota_0"].size
    if size > room:
        raise ImageRefused(said("image.too_large", size=size, room=room))


def frozen_parts(content: bytes, chip: Chip) -> list[FlashPart]:
    """Return all parts of a board's flash from ``firmware.bin`` of our build for this chip.

    Raises ImageRefused, also when the file has another table than ours.
    """
    rows = table.rows(table.FROZEN)
    built = read_built(content, chip, list(rows.values()))
    boot_offset, first, second = chip.boot_offset, rows["ota_0"], rows["ota_1"]
    parts = [
        FlashPart("boot loader", boot_offset, built.boot, TABLE_OFFSET - boot_offset),
        FlashPart("table", TABLE_OFFSET, table.to_bytes(rows.values()), SECTOR),
        FlashPart("ota_0", first.offset, built.application, sectors(len(built.application))),
        FlashPart("ota_1", second.offset, b"", SECTOR),
        FlashPart("vfs", rows["vfs"].offset, b"", 2 * SECTOR),
        *(FlashPart(name, rows[name].offset, b"", rows[name].size) for name in _ERASED),
    ]
    return sorted(parts, key=lambda part: part.offset)
