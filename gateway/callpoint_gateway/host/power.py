"""What this machine runs on, as the kernel says it under ``/sys/class``; read only.

A mains adapter or an uninterruptible supply with a driver is in ``power_supply`` (kernel document
ABI/testing/sysfs-class-power). A Raspberry Pi has none there, but watches its own supply voltage
(hwmon driver ``rpi_volt``: ``in0_lcrit_alarm`` is 1 while it is too low).
"""

from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

SYS: Final = Path("/sys/class")
_EXTERNAL: Final = ("Mains", "USB", "Wireless")
_STORED: Final = ("Battery", "UPS")


class Supply(StrEnum):
    """What a machine runs on."""

    MAINS = "mains"
    BATTERY = "battery"
    UNKNOWN = "unknown"


class Power(msgspec.Struct, frozen=True):
    """The supply; the charge of its battery in percent, None if it has none or does not say.

    ``low_voltage``: whether the supply voltage is too low now; None: nothing measures it.
    """

    supply: Supply
    charge_percent: int | None = None
    low_voltage: bool | None = None


def power(folder: Path = SYS) -> Power:
    """Return what the kernel says now; ``folder``: where its classes are."""
    external: list[bool] = []
    stored: list[str] = []
    charges: list[int] = []
    for each in sorted((folder / "power_supply").glob("*")):
        kind = _text(each / "type")
        if _text(each / "scope") == "Device":
            continue  # the battery of a mouse
        if kind in _EXTERNAL and (online := _text(each / "online")):
            external.append(online != "0")
        elif kind in _STORED:
            stored.append(_text(each / "status"))
            if (charge := _text(each / "capacity")).isdecimal():
                charges.append(int(charge))
    supply = Supply.UNKNOWN
    if any(external) or (stored and not external and "Discharging" not in stored):
        supply = Supply.MAINS
    elif external or "Discharging" in stored:
        supply = Supply.BATTERY
    return Power(supply, min(charges, default=None), _low_voltage(folder))


def _low_voltage(folder: Path) -> bool | None:
    for each in sorted((folder / "hwmon").glob("*")):
        if _text(each / "name") == "rpi_volt":
            return {"0": False, "1": True}.get(_text(each / "in0_lcrit_alarm"))
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
