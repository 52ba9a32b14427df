"""What a machine says of a port that cannot be had, or of none."""

import errno
import os
from pathlib import Path

import pytest

from callpoint_technician.flash.port_access import opened, refused, users_of
from callpoint_technician.flash.ports import only, without_driver
from callpoint_technician.flash.trouble import Layer, Trouble


def plugged(tree: Path, vendor: str, *, port: bool) -> None:
    device = tree / "1-1"
    device.mkdir(parents=True)
    (device / "idVendor").write_text(f"{vendor}\n")
    interface = device / "1-1:1.0"
    interface.mkdir()
    if port:
        (interface / "ttyUSB0").mkdir()


def test_an_adapter_without_a_driver_is_named_with_its_module(tmp_path: Path) -> None:
    plugged(tmp_path, "1a86", port=False)
    found = without_driver(tmp_path)
    assert found is not None
    assert "sudo modprobe ch341" in str(found)
    assert "brltty" in found.in_("zh")


@pytest.mark.parametrize(("vendor", "port"), [("10c4", True), ("1d6b", False)])
def test_an_adapter_with_a_port_and_other_devices_are_nothing(
    tmp_path: Path, vendor: str, port: bool
) -> None:
    plugged(tmp_path, vendor, port=port)
    assert without_driver(tmp_path) is None
    assert without_driver(tmp_path / "none") is None


def test_a_port_without_permission_names_the_group(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.touch()
    trouble = refused(str(port), PermissionError(errno.EACCES, "no"))
    assert trouble.layer is Layer.PERMISSION
    assert "sudo usermod -aG" in str(trouble.why)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as caught:
        opened(str(tmp_path / "none"))
    assert caught.value.layer is Layer.NO_PORT
    assert only([str(tmp_path / "none")])() == set()


def test_what_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(Trouble) as caught:
        opened(str(file))
    assert caught.value.layer is Layer.NO_PORT
    assert "cannot be used as a serial port" in str(caught.value.why)


def test_programs_that_have_a_port_open_are_named(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.touch()
    for number in ("17", str(os.getpid()), "self"):
        folder = tmp_path / "proc" / number
        (folder / "fd").mkdir(parents=True)
        (folder / "fd" / "3").symlink_to(port)
        (folder / "comm").write_text("minicom\n")
    (tmp_path / "proc" / "18").mkdir()  # somebody else's
    assert users_of(str(port), tmp_path / "proc") == ["minicom (17)"]
