"""The parts of a stock board: they fit, other tools read them, the command writes them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from littlefs import LittleFS
from mp_image_tool_esp32.firmware import Firmware
from mp_image_tool_esp32.partition_table import PartitionTable

from callpoint_cli.main import main
from callpoint_technician.chips import CHIPS, Chip
from callpoint_technician.image import table
from callpoint_technician.image.frozen import frozen_parts
from callpoint_technician.image.official import ImageRefused, read
from callpoint_technician.image.parts import SECTOR, FlashPart
from callpoint_technician.image.slot import SlotFull, littlefs_image, start_files
from callpoint_technician.image.stock import slot_image, stock_parts

from ..cli.english import english
from .synthetic import application, stock_file

ROWS = table.rows(table.STOCK)


def mounted(image: bytes, room: int) -> dict[str, bytes]:
    """Return the files of a file system whose unused end was left out."""
    fs = LittleFS(block_size=SECTOR, block_count=room // SECTOR, mount=False)
    fs.context.buffer = bytearray(image.ljust(room, b"\xff"))
    fs.mount()
    found = {}
    for folder, _, names in fs.walk("/"):
        for name in names:
            path = f"{folder}/{name}".strip("/")
            with fs.open(path, "rb") as file:
                found[path] = file.read()
    return found


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
def test_parts_lie_in_their_partitions_one_behind_the_other(
    chip: Chip, tree: dict[str, bytes]
) -> None:
    parts = stock_parts(read(stock_file(chip), chip), tree)
    assert parts[0].offset == chip.boot_offset
    end = 0
    for part in parts:
        assert part.offset >= end, part.name
        end = part.offset + part.reserve
    assert end <= table.FLASH_BYTES <= chip.least_flash
    by_name = {part.name: part for part in parts}
    assert set(ROWS) <= set(by_name)
    for name, row in ROWS.items():
        assert by_name[name].offset == row.offset, name
        assert by_name[name].reserve <= row.size, name
    # Old events and settings are erased whole, and nothing else was ever there.
    for name in ("nvs", "slots", "spool", "state", "identity"):
        assert (by_name[name].data, by_name[name].reserve) == (b"", ROWS[name].size), name


def test_the_frozen_table_has_the_common_partitions_at_the_same_place() -> None:
    frozen = table.rows(table.FROZEN)
    for name in ("spool", "state", "identity"):
        assert frozen[name] == ROWS[name]


@pytest.mark.parametrize("file", [table.STOCK, table.FROZEN])
def test_another_tool_reads_the_tables(file: str) -> None:
    rows = table.rows(file)
    made = table.to_bytes(rows.values())
    found = PartitionTable.from_bytes(made, table.FLASH_BYTES)
    found.check()
    assert [(row.name, row.type, row.subtype, row.offset, row.size) for row in found] == [
        (row.name, row.kind, row.subtype, row.offset, row.size) for row in rows.values()
    ]
    assert table.from_bytes(made) == list(rows.values())
    for at in range((len(rows) + 1) * 32):
        changed = bytearray(made)
        changed[at] ^= 1
        with pytest.raises(ValueError, match="partition table"):
            table.from_bytes(bytes(changed))


def test_a_frozen_build_needs_our_table(tmp_path: Path) -> None:
    chip = CHIPS["esp32s3"]
    rows = tuple(
        (row.name, row.kind, row.subtype, row.offset, row.size)
        for row in table.rows(table.FROZEN).values()
    )
    good = stock_file(chip, rows)
    parts = {part.name: part for part in frozen_parts(good, chip)}
    assert set(parts) == {"boot loader", "table", *table.rows(table.FROZEN)}
    assert parts["ota_0"].data == application(chip)
    assert parts["boot loader"].offset == chip.boot_offset
    assert parts["table"].data == table.to_bytes(table.rows(table.FROZEN).values())
    with pytest.raises(ImageRefused, match="not that of this firmware"):
        frozen_parts(stock_file(chip), chip)
    with pytest.raises(ImageRefused, match=f"{0x1A0000} fit"):
        frozen_parts(stock_file(chip, rows, application(chip, size=0x1A0000)), chip)
    file = tmp_path / "firmware.bin"
    file.write_bytes(good)
    image("--frozen", file, "--chip", "esp32s3", "-o", tmp_path / "parts")
    assert (tmp_path / "parts/010000-ota_0.bin").read_bytes() == application(chip)


def test_another_tool_takes_the_whole_flash(tree: dict[str, bytes], tmp_path: Path) -> None:
    chip = CHIPS["esp32"]
    flash = bytearray(b"\xff" * table.FLASH_BYTES)
    for part in stock_parts(read(stock_file(chip), chip), tree):
        flash[part.offset : part.offset + len(part.data)] = part.data
    path = tmp_path / "whole.bin"
    path.write_bytes(flash[chip.boot_offset :])
    found = Firmware(str(path))
    with found.file:
        assert found.header.chip_name == chip.name
        with found.partition("app0") as part:
            assert mounted(part.read(), ROWS["app0"].size) == tree
        with found.partition("factory") as part:
            data = part.read()
        size, right, stored = found.header.from_bytes(data).check_image_hash(data)
    assert (right, size) == (stored, len(application(chip)) - 32)


def test_the_file_systems_hold_what_was_put_in(tree: dict[str, bytes]) -> None:
    image = slot_image(tree)
    room = ROWS["app0"].size
    assert mounted(image, room) == tree
    assert len(image) < room * 0.8, "LittleFS would search long for free blocks"
    assert len(image) % SECTOR == 0
    assert slot_image(tree) == image, "two builds are the same"
    assert "callpoint_boards/start.mpy" in tree
    assert not any("virtual" in path for path in tree)
    start = mounted(littlefs_image(start_files(), ROWS["vfs"].size), ROWS["vfs"].size)
    assert set(start) == {"boot.py", "main.py", "callpoint_stock/picker.mpy"}


def test_what_does_not_fit_is_refused(tree: dict[str, bytes]) -> None:
    with pytest.raises(SlotFull):
        slot_image(tree | {"callpoint_firmware/more.mpy": bytes(400_000)})
    chip = CHIPS["esp32"]
    official = read(stock_file(chip), chip)
    large = type(official)(**{**vars(official), "application": bytes(0x1F0001)})
    with pytest.raises(ImageRefused, match=f"{0x1F0001} bytes of application, {0x1F0000} fit"):
        stock_parts(large, tree)


@pytest.mark.parametrize(("offset", "size", "reserve"), [(5, 1, 4096), (0, 4097, 4096), (0, 0, 0)])
def test_a_part_keeps_off_its_neighbours(offset: int, size: int, reserve: int) -> None:
    with pytest.raises(ValueError, match="x:"):
        FlashPart("x", offset, bytes(size), reserve)


def image(*words: object, code: int = 0, lang: str = "en") -> Result:
    result = CliRunner().invoke(main, ["--lang", lang, "firmware", "image", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def test_the_command_writes_every_part_with_its_digest(tmp_path: Path) -> None:
    stock = tmp_path / "ESP32_GENERIC.bin"
    stock.write_bytes(stock_file())
    out = tmp_path / "parts"
    words = ("--stock", stock, "--chip", "esp32", "-o", out)
    said = image(*words, "--sequence", 9, "--version", "0.9.0").output
    assert "MicroPython 1.25.0 of 2026-01-01 for ESP32, SHA-256 " in said
    assert "firmware 0.9.0, sequence 9" in said
    listed = json.loads((out / "parts.json").read_text())
    for part in listed:
        if part["file"]:
            content = (out / part["file"]).read_bytes()
            assert len(content) == part["size"]
            assert f"{part['offset']:#08x} {part['name']}" in said
            assert part["sha256"] in said
    assert {part["name"] for part in listed if not part["file"]} > {"spool", "state", "identity"}
    files = mounted((out / "210000-app0.bin").read_bytes(), ROWS["app0"].size)
    assert b"0.9.0" in files["callpoint_firmware/build.mpy"]
    refused = image(*words, code=2, lang="zh").output
    assert "新的或空的文件夹" in refused
    for chip, complaint in (("esp32c3", "for ESP32, not for ESP32-C3"), ("esp32s3", "ESP32-S3")):
        assert complaint in image("--stock", stock, "--chip", chip, "-o", out, code=4).output
    chinese = image("--stock", stock, "--chip", "esp32c3", "-o", out, code=4, lang="zh").output
    assert english(chinese) == []
