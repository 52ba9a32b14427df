"""What a machine runs on, from files as the kernel writes them."""

from pathlib import Path

import pytest

from callpoint_gateway.host.power import Power, Supply, power


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def test_nothing_is_known_of_a_machine_without_such_files(tmp_path: Path) -> None:
    assert power(tmp_path) == Power(Supply.UNKNOWN)


@pytest.mark.parametrize(
    ("online", "status", "supply"),
    [
        ("1", "Charging", Supply.MAINS),
        ("1", "Discharging", Supply.MAINS),
        ("0", "Discharging", Supply.BATTERY),
        ("0", "Full", Supply.BATTERY),
    ],
)
def test_an_adapter_decides_before_a_battery(
    tmp_path: Path, online: str, status: str, supply: Supply
) -> None:
    supplies = tmp_path / "power_supply"
    write(supplies / "AC", type="Mains", online=online)
    write(supplies / "BAT0", type="Battery", status=status, capacity="80")
    assert power(tmp_path) == Power(supply, 80)


def test_a_supply_without_an_adapter_discharges_when_the_mains_fail(tmp_path: Path) -> None:
    ups = tmp_path / "power_supply" / "ups"
    write(ups, type="UPS", status="Full", capacity="100")
    assert power(tmp_path) == Power(Supply.MAINS, 100)
    (ups / "status").write_text("Discharging\n")
    (ups / "capacity").write_text("41\n")
    assert power(tmp_path) == Power(Supply.BATTERY, 41)


def test_the_battery_of_a_mouse_is_not_the_machines(tmp_path: Path) -> None:
    mouse = tmp_path / "power_supply" / "hid-1"
    write(mouse, type="Battery", scope="Device", status="Discharging", capacity="5")
    assert power(tmp_path) == Power(Supply.UNKNOWN)


def test_a_raspberry_pi_says_when_its_voltage_is_too_low(tmp_path: Path) -> None:
    volt = tmp_path / "hwmon" / "hwmon1"
    write(volt, name="rpi_volt", in0_lcrit_alarm="0")
    assert power(tmp_path) == Power(Supply.UNKNOWN, low_voltage=False)
    (volt / "in0_lcrit_alarm").write_text("1\n")
    assert power(tmp_path) == Power(Supply.UNKNOWN, low_voltage=True)
