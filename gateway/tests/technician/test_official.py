"""An image file is what its name says, or the person reads what it is instead."""

import hashlib
import os
from pathlib import Path

import pytest
from esptool.bin_image import LoadFirmwareImage

from callpoint_technician.chips import CHIPS, TABLE_OFFSET, Chip
from callpoint_technician.image.official import ImageRefused, read

from .synthetic import OTA_ROWS, STOCK_ROWS, application, dump, esp_image, stock_file

ESP32, C3, S3 = CHIPS["esp32"], CHIPS["esp32c3"], CHIPS["esp32s3"]


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
def test_the_plain_image_of_each_chip(chip: Chip, tmp_path: Path) -> None:
    file = stock_file(chip)
    found = read(file, chip)
    assert (found.chip, found.version, found.made) == (chip, "1.25.0", "2026-01-01")
    assert found.sha256 == hashlib.sha256(file).hexdigest()
    # esptool takes both images for valid ones of that chip.
    for part in (found.boot, found.application):
        path = tmp_path / "image.bin"
        path.write_bytes(part)
        image = LoadFirmwareImage(chip.name, str(path))
        assert image.checksum == image.calculate_checksum()
        assert image.stored_digest == image.calc_digest


def refused(content: bytes, chip: Chip = ESP32) -> str:
    with pytest.raises(ImageRefused) as caught:
        read(content, chip)
    return str(caught.value)


GOOD = stock_file()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"<!DOCTYPE html>\n<html>" + b" " * 9000, "a text or a web page"),
        ("下载页面".encode() + b"x" * 100, "no image of MicroPython"),
        (b"", "ends too early (0 bytes"),
        (b"\x7fELF" + bytes(9000), "a ELF file"),
        (b"UF2\n" + bytes(9000), "a UF2 file"),
        (bytes(200_000), "no image of MicroPython"),
        (GOOD[0xF000:], "the application alone"),
        (GOOD[:5_000], "ends too early (5000 bytes"),
        (GOOD[: TABLE_OFFSET + 10], "ends too early"),
        (GOOD[:-1], "ends too early"),
        (GOOD[:-40_000], "ends too early"),
        (GOOD[:-20_000] + b"\x00" * 20_000, "application: does not fit its checksum"),
        (GOOD[:3000] + b"\x00" + GOOD[3001:], "boot loader: does not fit its checksum"),
        (GOOD[:0x7005] + b"\x00" + GOOD[0x7006:], "partition table: does not fit"),
        (stock_file(rows=OTA_ROWS), "OTA variant"),
        (stock_file(rows=STOCK_ROWS[:2]), "partition table"),
        (stock_file(C3), "for ESP32-C3, not for ESP32"),
        (stock_file(app=application(C3)), "application: does not fit"),
        (stock_file(app=application(ESP32, version="1.24.1")), "MicroPython 1.24.1"),
        (stock_file(app=application(ESP32, version="2.0.0")), "MicroPython 2.0.0"),
        (stock_file(app=application(ESP32, version="")), "holds no MicroPython"),
        (dump(ESP32, GOOD), "read from a board's flash"),
        (dump(ESP32, GOOD)[0x1000:], "read from a board's flash"),
        (GOOD + b"\x00" * 5000, "read from a board's flash"),
    ],
)
def test_every_other_file_is_named(content: bytes, complaint: str) -> None:
    assert complaint in refused(content)


def test_a_dump_of_a_chip_whose_file_begins_at_zero() -> None:
    assert "read from a board's flash" in refused(dump(C3, stock_file(C3)), C3)
    assert "for ESP32, not for ESP32-C3" in refused(dump(ESP32, GOOD), C3)


def test_a_chip_that_is_not_supported() -> None:
    other = GOOD[:12] + b"\x10\x00" + GOOD[14:]
    assert "number 16" in refused(other)


def test_no_changed_byte_of_an_image_is_missed() -> None:
    for at in range(0, len(GOOD), 977):
        if GOOD[at] == 0xFF and at < 0xF000:
            continue  # between boot loader, table and application
        changed = bytearray(GOOD)
        changed[at] ^= 0x10
        refused(bytes(changed))


@pytest.mark.skipif("CALLPOINT_STOCK_IMAGE" not in os.environ, reason="needs a real image")
def test_a_real_image() -> None:
    """``CALLPOINT_STOCK_IMAGE=esp32:/path/ESP32_GENERIC-….bin``."""
    chip, _, path = os.environ["CALLPOINT_STOCK_IMAGE"].partition(":")
    found = read(Path(path).read_bytes(), CHIPS[chip])
    assert found.version in Path(path).name


def test_an_application_needs_its_hash() -> None:
    bare = bytearray(esp_image(0, [(0x3F400020, bytes(100))]))
    bare[23] = 0
    assert "application" in refused(stock_file(app=bytes(bare)))
