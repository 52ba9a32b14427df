"""A device is updated by its gateway while it carries an alarm, and goes back if it must."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.journal.entries import EventBody, StatusBody
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.part import RigError
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard
from callpoint_technician.image.compiled import Build, compiled
from compile_firmware import TREES, write

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
_SECTOR = 4096
_SLOT_SECTORS = 32


def _callpoint(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "callpoint_cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def _tree(folder: Path, build: Build, broken: bool = False) -> Path:
    """Compile the firmware with another version, or one that cannot start."""
    trees = dict(TREES)
    if broken:
        trees["callpoint_firmware"] = folder / f"source-{build.version}"
        shutil.copytree(TREES["callpoint_firmware"], trees["callpoint_firmware"])
        app = trees["callpoint_firmware"] / "app.py"
        text = app.read_text("utf-8")
        changed = text.replace("class Application:", "raise MemoryError\n\n\nclass Application:")
        assert changed != text
        app.write_text(changed, "utf-8")
    write(compiled(trees, build), folder / build.version)
    return folder / build.version


class Estate:
    """The key, the packages and the device's settings of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.offered = folder / "offered"
        self.offered.mkdir()
        said = _callpoint("firmware", "key", folder / "sign.pem")
        self.modulus = said.split("for devices: ")[1].split()[0]

    def package(self, version: str, sequence: int, broken: bool = False) -> Path:
        made = self.folder / f"{version}.cpfw"
        _callpoint(
            *(
                "firmware",
                "build",
                "--tree",
                _tree(self.folder, Build(sequence, version), broken),
                "-o",
                made,
            ),
            *("--product", "callpoint", "--hardware", "1", "--sequence", str(sequence)),
            *("--version", version),
        )
        _callpoint("firmware", "sign", made, "--key", self.folder / "sign.pem")
        _callpoint("firmware", "verify", made, "--key", self.folder / "sign.public.pem")
        return made

    def slots(self) -> Path:
        """A device that left the factory with version 0.2.1 in its first slot."""
        content = self.package("0.2.1", 1).read_bytes()
        image = content[266 + int.from_bytes(content[8:10], "little") :]
        folder = self.folder / "slots"
        folder.mkdir()
        size = _SECTOR * _SLOT_SECTORS
        (folder / "slot0").write_bytes(image.ljust(size, b"\xff"))
        (folder / "slot1").write_bytes(b"\xff" * size)
        return folder


def _versions(rig: Rig) -> list[str]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [entry.body for entry in reader.read(0, 1000)]
    return [body.firmware for body in bodies if isinstance(body, StatusBody) and body.firmware]


def _faults(rig: Rig) -> list[tuple[int, int]]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [entry.body for entry in reader.read(0, 1000)]
    return [
        (body.state, body.detail)
        for body in bodies
        if isinstance(body, EventBody) and body.kind == names.DEVICE
    ]


async def _until(condition: Any, within_s: float = SOON_S) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def _order_update(rig: Rig) -> None:
    await asyncio.to_thread(
        _callpoint, "device", "button", "update", "-c", rig.folder / "gateway.toml"
    )


@pytest.mark.parametrize("interpreter", ["micropython", "micropython32"])
def test_a_device_is_updated_and_a_bad_update_is_left(tmp_path: Path, interpreter: str) -> None:
    if not (Path(sys.executable).parent / interpreter).exists():
        return  # only amd64 has the 32-bit one
    estate = Estate(tmp_path)
    rig = Rig(tmp_path / "rig")
    rig.sections = [
        "[firmware]",
        f'packages_dir = "{estate.offered}"',
        f'key_file = "{tmp_path / "sign.public.pem"}"',
    ]
    board = rig.board(
        "button",
        [{"zone": 7, "kind": "panic", "input": "button"}],
        interpreter,
        update={"keys": [estate.modulus], "product": "callpoint", "hardware": 1},
        board={"slots": str(estate.slots()), "slot_sectors": _SLOT_SECTORS},
    )

    async def play() -> None:
        async with rig:
            await board.until_up(SOON_S)
            await _until(lambda: "0.2.1" in _versions(rig))
            shutil.copy(estate.package("0.3.0", 2), estate.offered)
            await _order_update(rig)
            await board.press("button")
            await board.until_lamp("centre", SOON_S)
            assert await board.ended(SOON_S) == 70
            await _start_on_trial(board)
            await _until(lambda: "0.3.0" in _versions(rig))
            await board.ask({"skip": 61_000})
            record = tmp_path / "slots/boot.json"
            await _until(lambda: json.loads(record.read_text())["active"] == 1)
            assert _faults(rig) == []
            # The next one cannot even start: the loader goes back, and the device says so.
            shutil.copy(estate.package("0.4.0", 3, broken=True), estate.offered)
            await _order_update(rig)
            assert await board.ended(SOON_S) == 70
            lives = asyncio.create_task(_start_again_and_again(board))
            await _until(lambda: _faults(rig) != [])
            lives.cancel()
            assert _faults(rig) == [(names.TROUBLE, names.FAULT_UPDATE_RETURNED)]
            assert _versions(rig)[-1] == "0.3.0"
        assert [one.code for one in rig.receiver.received if one.code in ("PA", "1120")] == ["PA"]

    asyncio.run(play())


async def _start_on_trial(board: VirtualBoard) -> None:
    await board.kill()
    await board.start()
    await board.until_up(SOON_S)


async def _start_again_and_again(board: VirtualBoard) -> None:
    """As a chip does whose firmware ends."""
    while True:
        await board.kill()
        with contextlib.suppress(RigError):
            await board.start()
            await board.ended(SOON_S)
