"""Pin maps, wiring notes and the partition table agree with each other and with the chips."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from interpreters import FIRMWARE

from callpoint_protocol import loop_presets
from callpoint_technician.chips import CHIPS, by_pin_map

BOARDS = FIRMWARE / "callpoint_boards"
WIRING = (BOARDS / "WIRING.md").read_text("utf-8")
PULLUP = 8_200
RAIL_MV, LEAST_MV, MOST_MV = 3_300, 150, 2_450

NAMES = [(chip.pin_map, chip.title) for chip in CHIPS.values()]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pins_" + path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", [name for name, _ in NAMES])
def test_no_pin_is_one_that_the_chip_needs_otherwise(name: str) -> None:
    pins = load(BOARDS / f"{name}.py")
    chip = by_pin_map(name).pins
    contacts, loops = set(pins.INPUTS.values()), {*pins.LOOPS.values(), pins.SUPPLY}
    outputs = {pins.LAMP, pins.SOUNDER}
    every = [*pins.INPUTS.values(), *pins.LOOPS.values(), pins.SUPPLY, pins.LAMP, pins.SOUNDER]
    assert len(every) == len(set(every))
    assert not set(every) & chip.reserved
    assert not set(every) & chip.strapping
    assert loops <= chip.adc1
    assert not (contacts | outputs) & chip.no_pulls
    assert {pins.INPUTS["button"], pins.INPUTS["door"]} <= chip.wake


@pytest.mark.parametrize(("name", "title"), NAMES)
def test_the_wiring_notes_name_every_pin(name: str, title: str) -> None:
    pins = load(BOARDS / f"{name}.py")
    section = re.search(
        rf"^## {title} [^\n]*`{name}`.*?(?=^## )", WIRING, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    rows = {row[0]: int(row[1]) for row in re.findall(r"^\| (\w+) \| (\d+) \|", section[0], re.M)}
    known = {"lamp": pins.LAMP, "sounder": pins.SOUNDER, "supply": pins.SUPPLY}
    assert rows == {**pins.INPUTS, **pins.LOOPS, **known}


@pytest.mark.parametrize(("name", "title"), NAMES)
def test_what_the_notes_say_of_waking_is_so(name: str, title: str) -> None:
    section = re.search(
        rf"^## {title} [^\n]*`{name}`.*?(?=^## )", WIRING, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    rows = re.findall(r"^\| (\w+) \| (\d+) \| ?([^|]*)\|", section[0], re.MULTILINE)
    pins, wakes = load(BOARDS / f"{name}.py"), by_pin_map(name).pins.wake
    for function, gpio, note in rows:
        if function in pins.INPUTS:
            assert ("wakes" in note) == (int(gpio) in wakes), function


def test_the_start_is_frozen_whole() -> None:
    """A name that is not frozen would be looked for in the file system."""
    assert {file.stem for file in (FIRMWARE / "start").glob("*.py")} == {"_boot", "boot", "main"}


def test_every_border_of_a_loop_lies_where_the_converter_is_linear() -> None:
    presets = loop_presets.TWO_RESISTORS | loop_presets.THREE_RESISTORS
    table = dict(re.findall(r"^\| ([\w-]+) \| ([\d ]+) \|$", WIRING, re.MULTILINE))
    for preset, ohms in presets.items():
        volts = [round(RAIL_MV * ohm / (ohm + PULLUP)) for ohm in ohms]
        assert all(LEAST_MV <= mv <= MOST_MV for mv in volts), preset
        assert [int(mv) for mv in table[preset].split()] == volts, preset


def _partitions() -> list[tuple[str, str, int, int]]:
    rows = []
    for line in (BOARDS / "partitions-4MiB.csv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, kind, _, offset, size = (cell.strip() for cell in line.split(","))
            rows.append((name, kind, int(offset, 16), int(size, 16)))
    return rows


def test_the_partition_table_fits_and_nothing_overlaps() -> None:
    rows = _partitions()
    end = 0x9000  # behind the boot loader and the table
    for name, kind, offset, size in rows:
        assert offset >= end, name
        assert offset % (0x10000 if kind == "app" else 0x1000) == 0, name
        assert size % 0x1000 == 0, name
        end = offset + size
    assert end <= 4 * 1024 * 1024
    sizes = {name: size for name, _, _, size in rows}
    assert sizes["ota_0"] == sizes["ota_1"]
    assert 4 <= sizes["spool"] // 4096 <= 256
    assert sizes["state"] // 4096 >= 2
    assert sizes["identity"] == 16_384
    assert {"nvs", "otadata", "phy_init", "vfs"} <= set(sizes)
