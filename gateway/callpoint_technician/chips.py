"""The one table of chips: what flasher, images, documents and tests know of each.

Offsets and image ids are Espressif's (ESP-IDF, *App Image Format*; esptool's ``ESP_IMAGE`` ids);
pins are those of the chips' data sheets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024
TABLE_OFFSET: Final = 0x8000
"""Where every chip's partition table lies."""
APPLICATION_OFFSET: Final = 0x10000
"""Where the first application lies: MicroPython's builds and our tables have it here."""


@dataclass(frozen=True)
class Pins:
    """GPIOs by what they can do."""

    reserved: frozenset[int]
    """Taken by flash, serial line or USB."""
    strapping: frozenset[int]
    """Decide how the chip starts."""
    adc1: frozenset[int]
    """Can measure while Wi-Fi is on."""
    no_pulls: frozenset[int]
    """Inputs only, without pull-up."""
    wake: frozenset[int]
    """Can end deep sleep."""


@dataclass(frozen=True)
class Chip:
    """A chip that boards are made of. Sizes and offsets are bytes."""

    name: str
    """As esptool's ``--chip`` has it."""
    title: str
    image_id: int
    """Number of the chip in the header of its images."""
    boot_offset: int
    """Where the boot loader lies, and where an image file of MicroPython begins."""
    least_flash: int
    stock: str
    """Name of MicroPython's build, as on its download pages."""
    board: str
    """Name of our board definition for a frozen build."""
    pin_map: str
    """Module in ``callpoint_boards``: which pin is what."""
    pins: Pins


def _pins(
    reserved: set[int], strapping: set[int], adc1: range, no_pulls: range, wake: set[int]
) -> Pins:
    return Pins(
        *(frozenset(group) for group in (reserved, strapping, adc1, no_pulls, wake)),
    )


CHIPS: Final[Mapping[str, Chip]] = {
    chip.name: chip
    for chip in (
        Chip(
            name="esp32",
            title="ESP32",
            image_id=0,
            boot_offset=0x1000,
            least_flash=4 * MIB,
            stock="ESP32_GENERIC",
            board="CALLPOINT_ESP32",
            pin_map="devkit",
            pins=_pins(
                {*range(6, 12), 1, 3},
                {0, 2, 5, 12, 15},
                range(32, 40),
                range(34, 40),
                {0, 2, 4, *range(12, 16), *range(25, 28), *range(32, 40)},
            ),
        ),
        Chip(
            name="esp32c3",
            title="ESP32-C3",
            image_id=5,
            boot_offset=0,
            least_flash=4 * MIB,
            stock="ESP32_GENERIC_C3",
            board="CALLPOINT_C3",
            pin_map="c3",
            pins=_pins(
                {*range(11, 18), 18, 19, 20, 21}, {2, 8, 9}, range(5), range(0), {*range(6)}
            ),
        ),
        Chip(
            name="esp32s3",
            title="ESP32-S3",
            image_id=9,
            boot_offset=0,
            least_flash=8 * MIB,
            stock="ESP32_GENERIC_S3",
            board="CALLPOINT_S3",
            pin_map="s3",
            pins=_pins(
                {*range(26, 33), 19, 20, 43, 44},
                {0, 3, 45, 46},
                range(1, 11),
                range(0),
                {*range(22)},
            ),
        ),
    )
}


def by_image_id(number: int) -> Chip | None:
    """Return the chip whose images carry this number."""
    return next((chip for chip in CHIPS.values() if chip.image_id == number), None)


def by_pin_map(name: str) -> Chip:
    """Return the chip of a pin map; KeyError if there is none."""
    for chip in CHIPS.values():
        if chip.pin_map == name:
            return chip
    raise KeyError(name)
