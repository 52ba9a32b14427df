"""An import that is cut off at any moment leaves the old site or the new one, and a rerun ends."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callpoint_cli.technician.plan import Options, prepare
from callpoint_gateway.broker import book
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.host.clock import SystemClock
from callpoint_technician.identity import image
from callpoint_technician.plan import carrying_out, placing
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.site import Files

from .plan_house import ROWS, House

AFTER = (ROWS[1], ROWS[2].replace("door", "tamper"), "Hall,,,hall,c3,panic,mains,school")


class Crash(BaseException):
    """The machine stops."""


def files_of(house: House) -> Files:
    path = house.folder / "gateway.toml"
    return Files(
        config=configuration.settings(path, PROTOCOLS),
        config_file=path,
        boards=house.folder / "boards.toml",
        identities=house.identities,
        certificates=house.folder / "certificates",
    )


def imported(house: House, files: Files) -> None:
    clock = SystemClock()
    placing.recover(files.folder, clock)
    options = Options(remove=True, new_keys=True)
    carrying_out.carry_out(prepare(house.units.read_bytes(), files, options, clock), clock)


def stopping_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Stop before the ``number``th step that reaches the disk; return whether it came."""
    count = 0

    def stopped(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                raise Crash
            return real(*arguments, **named)

        return step

    for name in ("fsync", "replace", "unlink"):
        monkeypatch.setattr(os, name, stopped(getattr(os, name)))
    return lambda: count >= number


def check_whole(house: House) -> None:
    """Check that each device of the register can connect, and nobody else."""
    issued = book.read(house.folder / "certificates")
    devices = house.register.device_ids()
    good = {known.name for known in issued.certificates if not known.revoked}
    assert good == set(devices)
    assert {path.stem for path in house.identities.glob("*.bin")} == set(devices)
    for device in devices:
        found = image.read((house.identities / f"{device}.bin").read_bytes())
        assert found.tls
        assert found.tls.cert
        made = image.certificates(image.material(found.tls.cert))[0]
        known = issued.in_use(device)
        assert known is not None
        assert int(known.serial, 16) == made.serial_number
        wired = {zone.zone: zone.kind for zone in found.zones}
        registered = house.register.device(device)
        assert registered is not None
        assert wired == {zone.zone: zone.kind for zone in registered.zone}
    assert not (house.folder / placing.FOLDER).exists()


def test_cut_off_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number, came = 0, True
    while came:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        house = House(folder)
        files = files_of(house)
        house.write(*ROWS)
        imported(house, files)
        old = house.register_file.read_text()
        house.write(*AFTER)
        with monkeypatch.context() as patched:
            reached = stopping_at(number, patched)
            with contextlib.suppress(Crash):
                imported(house, files)
            came = reached()
        text = house.register_file.read_text()
        assert text == old or '"hall"' in text
        imported(house, files)
        assert house.register.device_ids() == ["b3-2-302", "b3-2-303", "hall"]
        check_whole(house)
    assert number > 20


def test_a_refused_plan_begins_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    files = files_of(house)
    house.write(*ROWS, "Hall,,,hall,c3,panic + panic,mains,school")
    with pytest.raises(PlanRefused):
        imported(house, files)
    assert not house.register_file.exists()
    assert not house.identities.exists()
    assert not (house.folder / placing.FOLDER).exists()
