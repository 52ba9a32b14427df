"""One serial adapter: found by its name or by what it is, opened, and known to be still there.

An adapter that was pulled out comes back under another name, so its place is looked up again
each time. A name below ``/dev/serial/by-id`` follows the adapter; ``usb`` finds it by vendor,
product and serial number.
"""

import os
from contextlib import suppress
from pathlib import Path

import serial
from serial.tools import list_ports

from callpoint_gateway.configuration.config import Serial


class NotThere(Exception):
    """There is no such adapter now, or it cannot be opened; the text says why.

    ``remedy`` is what a person can do about it.
    """

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.remedy = remedy


def _found(settings: Serial) -> str:
    """Return the device file of the adapter now; NotThere when there is none."""
    if settings.port is not None:
        return settings.port
    assert settings.usb is not None
    vendor, product, *number = settings.usb.split(":", 2)
    wanted = int(vendor, 16), int(product, 16)
    found = [
        port
        for port in list_ports.comports()
        if (port.vid, port.pid) == wanted and (not number or port.serial_number == number[0])
    ]
    if not found:
        raise NotThere(
            f"no adapter {settings.usb} is plugged in", "plug it in, or correct usb in [[serial]]"
        )
    if len(found) > 1:
        raise NotThere(
            f"{len(found)} adapters are {settings.usb}", "add a serial number to usb in [[serial]]"
        )
    return str(found[0].device)


class SerialPort:
    """An open adapter. Reading and writing never wait; OSError when it has gone."""

    def __init__(self, settings: Serial) -> None:
        """Open it, for nobody else; NotThere when that cannot be."""
        self._name = _found(settings)
        try:
            # Not to be opened by two: each would hear half of every line.
            self._serial = serial.Serial(
                self._name,
                settings.baud,
                timeout=0,
                write_timeout=0,
                rtscts=settings.rtscts,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            # pyserial's own text has the error twice.
            text = (
                os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
            )
            raise NotThere(
                f"{self._name}: {text}",
                "plug the adapter in, end what else uses it, and let the gateway's user open it "
                "(group dialout); or correct port in [[serial]]",
            ) from error

    def fileno(self) -> int:
        """Return what ``select`` waits for."""
        return int(self._serial.fileno())

    def read(self) -> bytes:
        """Return what has come. OSError when the adapter has gone."""
        heard = os.read(self.fileno(), 4096)
        if not heard:
            raise OSError("the adapter has gone")
        return heard

    def write(self, line: bytes) -> int:
        """Return how much of it was taken."""
        return os.write(self.fileno(), line)

    def same(self) -> bool:
        """Say whether the name still leads to what was opened."""
        try:
            return Path(self._name).stat().st_rdev == os.fstat(self.fileno()).st_rdev
        except OSError:
            return False

    def close(self) -> None:
        """Release it."""
        with suppress(OSError):
            self._serial.close()
