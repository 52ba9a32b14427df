"""Which boards are plugged in: serial ports that appear, and what USB says without one."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from serial.tools import list_ports

from callpoint_gateway.words.said import Said, said

#: USB vendors of the serial adapters of boards, and the kernel's module for them.
ADAPTERS: Final = {
    0x10C4: "cp210x",  # Silicon Labs
    0x1A86: "ch341",  # WCH
    0x0403: "ftdi_sio",  # FTDI
    0x067B: "pl2303",  # Prolific
    0x303A: "cdc_acm",  # Espressif: the chip's own USB
}
_USB: Final = Path("/sys/bus/usb/devices")

Look = Callable[[], set[str]]
"""Returns the ports that are there now."""


def adapters() -> set[str]:
    """Return the ports of USB adapters that boards have, as ``/dev/ttyUSB0``."""
    return {port.device for port in list_ports.comports() if port.vid in ADAPTERS}


def only(names: Iterable[str]) -> Look:
    """Return a look at these ports and no others."""
    wanted = tuple(names)
    return lambda: {name for name in wanted if Path(name).exists()}


def without_driver(tree: Path = _USB) -> Said | None:
    """Return what is wrong when an adapter is plugged in and the kernel has no port for it.

    ``tree``: as /sys/bus/usb/devices (Linux, Documentation/ABI/stable/sysfs-bus-usb).
    """
    for device in sorted(tree.glob("*")) if tree.is_dir() else ():
        try:
            vendor = int((device / "idVendor").read_text(), 16)
        except (OSError, ValueError):
            continue
        if vendor in ADAPTERS and not any(device.glob("*/tty*")):
            return said("flash.no_driver", module=ADAPTERS[vendor])
    return None
