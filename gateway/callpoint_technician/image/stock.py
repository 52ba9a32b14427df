"""A board's flash with a stock MicroPython: the official image and the application beside it."""

from collections.abc import Mapping

from callpoint_gateway.words.said import said
from callpoint_technician.chips import TABLE_OFFSET
from callpoint_technician.image import table
from callpoint_technician.image.compiled import Build, compiled, for_devices, installed
from callpoint_technician.image.official import ImageRefused, Official
from callpoint_technician.image.parts import IDENTITY, SECTOR, FlashPart, sectors
from callpoint_technician.image.slot import littlefs_image, start_files

_ERASED = ("nvs", "phy_init", "slots", "spool", "state", IDENTITY)


def slot_image(tree: Mapping[str, bytes]) -> bytes:
    """Return the image of an application slot; SlotFull if the tree is too large."""
    return littlefs_image(tree, table.rows(table.STOCK)["app0"].size)


def application(build: Build) -> dict[str, bytes]:
    """Return the compiled application of the installed firmware; NotCompiled says what fails."""
    return for_devices(compiled(installed(), build, lean=True))


def stock_parts(official: Official, tree: Mapping[str, bytes]) -> list[FlashPart]:
    """Return all parts in the order of flash.

    ``tree``: the compiled application (``application``). Raises ImageRefused, SlotFull.
    """
    rows = table.rows(table.STOCK)
    factory, boot_offset = rows["factory"], official.chip.boot_offset
    if len(official.application) > factory.size:
        raise ImageRefused(
            said("image.too_large", size=len(official.application), room=factory.size)
        )
    vfs = littlefs_image(start_files(), rows["vfs"].size)
    app0, app1 = rows["app0"], rows["app1"]
    parts = [
        FlashPart("boot loader", boot_offset, official.boot, TABLE_OFFSET - boot_offset),
        FlashPart("table", TABLE_OFFSET, table.to_bytes(rows.values()), SECTOR),
        FlashPart(
            "factory", factory.offset, official.application, sectors(len(official.application))
        ),
        FlashPart("vfs", rows["vfs"].offset, vfs, rows["vfs"].size),
        FlashPart("app0", app0.offset, slot_image(tree), app0.size),
        # Without the two blocks of its root it is no file system any more.
        FlashPart("app1", app1.offset, b"", 2 * SECTOR),
        *(FlashPart(name, rows[name].offset, b"", rows[name].size) for name in _ERASED),
    ]
    return sorted(parts, key=lambda part: part.offset)
