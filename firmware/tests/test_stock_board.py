"""A stock board starts from the very bytes that are flashed, and from damaged ones as is said."""

from __future__ import annotations

import json
import struct
import subprocess
from binascii import crc32
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, interpreter

from callpoint_technician.chips import CHIPS, MIB
from callpoint_technician.identity import image as identity_image
from callpoint_technician.identity.device_settings import parse
from callpoint_technician.image import table
from callpoint_technician.image.compiled import Build
from callpoint_technician.image.official import Official
from callpoint_technician.image.stock import application, slot_image, stock_parts

ROWS = table.rows(table.STOCK)
SETTINGS = {
    "site": "s",
    "device": "d",
    "host": "192.168.1.2",
    "port": 1883,
    "zones": [{"zone": 1, "kind": "panic", "input": "button", "active": 0}],
    "board": {"map": "devkit", "ssid": "lab", "password": "secret12", "improv": 0},
}
STARTS = [["pressed", 1, "0.7.0"], ["watchdogs", [60_000]]]


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The flash of a board as the flasher leaves it, with an identity."""
    official = Official(CHIPS["esp32"], "1.25.0", "2026-01-01", b"boot", b"application", "")
    flash = bytearray(b"\xff" * 4 * MIB)
    for part in stock_parts(official, application(Build(7, "0.7.0"))):
        flash[part.offset : part.offset + len(part.data)] = part.data
    identity = ROWS["identity"]
    made = identity_image.build(parse(json.dumps(SETTINGS).encode()), identity.size)
    flash[identity.offset : identity.offset + len(made)] = made
    return bytes(flash)


@pytest.fixture(scope="module")
def later() -> bytes:
    """A slot with a later application."""
    return slot_image(application(Build(8, "0.8.0")))


def put(flash: bytes, name: str, content: bytes, at: int = 0) -> bytes:
    """Return the flash with other bytes in a partition."""
    start = ROWS[name].offset + at
    return flash[:start] + content + flash[start + len(content) :]


def started(flash: bytes, folder: Path, lives: int = 1, name: str = NAMES[-1]) -> list[Any]:
    """Start a board until its application runs; return what it said."""
    return said_and_kept(flash, folder, lives, name)[0]


def said_and_kept(
    flash: bytes, folder: Path, lives: int = 1, name: str = NAMES[-1]
) -> tuple[list[Any], bytes]:
    path = folder / "flash.bin"
    path.write_bytes(flash)
    here = FIRMWARE / "tests"
    done = subprocess.run(
        [
            *(interpreter(name), "-X", "heapsize=1m", str(here / "stock_script.py")),
            *(str(here / "fakes"), str(path), str(lives)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [*said, *([done.stdout] if "Traceback" in done.stdout else [])], path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_flashed_board_takes_a_press(name: str, whole: bytes, tmp_path: Path) -> None:
    said, kept = said_and_kept(whole, tmp_path, name=name)
    assert said == STARTS
    # Only what the application keeps has changed.
    may = [ROWS["spool"], ROWS["state"]]
    for at in range(0, len(whole), 4096):
        if whole[at : at + 4096] != kept[at : at + 4096]:
            assert any(row.offset <= at < row.offset + row.size for row in may), hex(at)
    spool = ROWS["spool"]
    assert kept[spool.offset : spool.offset + spool.size].strip(b"\xff")


def test_what_a_board_does_without_vfs(whole: bytes, tmp_path: Path) -> None:
    """README says it: nothing, so the gateway reports it missing."""
    watchdogs = ["watchdogs", []]
    blank = put(whole, "vfs", b"\xff" * ROWS["vfs"].size)
    assert started(blank, tmp_path) == [["not mounted", "prompt"], watchdogs]
    noise = put(whole, "vfs", b"\x5a" * ROWS["vfs"].size)
    assert started(noise, tmp_path) == [["not mounted", "warning"], watchdogs]


def test_a_damaged_picker_ends_in_restarts(whole: bytes, tmp_path: Path) -> None:
    vfs = ROWS["vfs"]
    area = bytearray(whole[vfs.offset : vfs.offset + vfs.size])
    at = area.index(b"M\x06")  # where a compiled module begins
    area[at] ^= 0xFF
    said = started(put(whole, "vfs", bytes(area)), tmp_path, lives=2)
    assert said[:4] == [["pause", 5_000], ["reset"]] * 2
    assert "incompatible .mpy file" in said[-1]


def test_a_slot_that_does_not_start_makes_way_for_the_other(
    whole: bytes, later: bytes, tmp_path: Path
) -> None:
    broken = put(put(whole, "app0", b"\xff" * 8192), "app1", later)
    said = started(broken, tmp_path, lives=3)
    assert said[:3] == [["pause", 5_000], ["reset"], ["pressed", 1, "0.8.0"]]
    # With nothing in the other either, it goes on trying and names what is wrong.
    said = started(put(whole, "app0", b"\xff" * 8192), tmp_path, lives=2)
    assert said[:4] == [["pause", 5_000], ["reset"]] * 2
    assert "OSError" in said[-1]


def test_a_module_that_cannot_be_read_makes_way_too(
    whole: bytes, later: bytes, tmp_path: Path
) -> None:
    slot = bytearray(whole[ROWS["app0"].offset : ROWS["app0"].offset + ROWS["app0"].size])
    for at in range(len(slot) - 1):
        if slot[at : at + 2] == b"M\x06":
            slot[at : at + 2] = b"\0\0"
    broken = put(put(whole, "app0", bytes(slot)), "app1", later)
    said = started(broken, tmp_path, lives=3)
    assert ["pressed", 1, "0.8.0"] in said


def record(number: int, active: int, trial: int, tried: int) -> bytes:
    """Return a record of the picker."""
    made = struct.pack("<4sIBBB", b"CPSL", number, active, trial, tried)
    return made + struct.pack("<I", crc32(made))


def test_a_later_application_runs_once_and_stays_only_if_confirmed(
    whole: bytes, later: bytes, tmp_path: Path
) -> None:
    flash = put(put(whole, "app1", later), "slots", record(5, 0, 1, 0), 4096)
    said, flash = said_and_kept(flash, tmp_path)
    assert said[0] == ["pressed", 1, "0.8.0"]
    for _ in range(2):
        said, flash = said_and_kept(flash, tmp_path)
        assert said[0] == ["pressed", 1, "0.7.0"], "it was not confirmed"
    kept = put(flash, "slots", record(50, 1, 255, 0))
    assert started(kept, tmp_path) == [["pressed", 1, "0.8.0"], STARTS[1]]


def test_damaged_records_are_passed_over(whole: bytes, later: bytes, tmp_path: Path) -> None:
    flash = put(whole, "app1", later)
    good = put(flash, "slots", record(5, 1, 255, 0), 4096)
    for at in range(15):
        wrong = bytearray(record(6, 0, 255, 0))
        wrong[at] ^= 4
        assert started(put(good, "slots", bytes(wrong)), tmp_path)[0][2] == "0.8.0", at
    for other in (record(6, 2, 255, 0), record(0, 1, 255, 0), b"\0" * 15):
        assert started(put(flash, "slots", other), tmp_path)[0][2] == "0.7.0"
