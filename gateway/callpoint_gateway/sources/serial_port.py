"""Finds and opens one serial adapter, and notices when it has been replaced.

An adapter that was unplugged may come back under another name, so it is looked up again at each
opening. A name below ``/dev/serial/by-id`` follows the adapter; ``usb`` finds it by vendor,
product and serial number.
"""

import os
from contextlib import suppress
from pathlib import Path

import serial
from serial.tools import list_ports

from callpoint_gateway.configuration.config import Serial
from callpoint_gateway.words.said import Said, said, verbatim


class AdapterMissing(Exception):
    """The adapter is missing, ambiguous, or cannot be opened; ``why`` says which.

    ``remedy`` is what a person can do about it.
    """

    def __init__(self, why: Said, remedy: Said) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def _device_file(settings: Serial) -> str:
    """Return the adapter's present device file. AdapterMissing: none or several adapters fit."""
    if settings.port is not None:
        return settings.port
    assert settings.usb is not None
    vendor, product, *number = settings.usb.split(":", 2)
    wanted = int(vendor, 16), int(product, 16)
    fitting = [
        port
        for port in list_ports.comports()
        if (port.vid, port.pid) == wanted and (not number or port.serial_number == number[0])
    ]
    if not fitting:
        raise AdapterMissing(
            said("serial.no_adapter", usb=settings.usb), said("serial.no_adapter.do")
        )
    if len(fitting) > 1:
        raise AdapterMissing(
            said("serial.several", count=len(fitting), usb=settings.usb),
            said("serial.several.do"),
        )
    return str(fitting[0].device)


class SerialPort:
    """An open adapter. Reading and writing never block. OSError: the adapter was unplugged."""

    def __init__(self, settings: Serial) -> None:
        """Open the adapter exclusively. AdapterMissing: it is missing or cannot be opened."""
        self._name = _device_file(settings)
        try:
            # Exclusive: of two programs each would get a part of every line.
            self._serial = serial.Serial(
                self._name,
                settings.baud,
                timeout=0,
                write_timeout=0,
                rtscts=settings.rtscts,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            # pyserial's own text contains the error twice.
            text = (
                os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
            )
            raise AdapterMissing(
                said("serial.missing", port=self._name, why=verbatim(str(text))),
                said("serial.missing.do"),
            ) from error

    def fileno(self) -> int:
        """Return the file descriptor, for ``poll``."""
        return int(self._serial.fileno())

    def read(self) -> bytes:
        """Return up to 4,096 received bytes. OSError: the adapter was unplugged."""
        received = os.read(self.fileno(), 4096)
        if not received:
            raise OSError(said("serial.gone"))
        return received

    def write(self, line: bytes) -> int:
        """Write as much of ``line`` as fits; return how many bytes were written."""
        return os.write(self.fileno(), line)

    def same(self) -> bool:
        """Say whether the name still leads to the adapter that was opened."""
        try:
            return Path(self._name).stat().st_rdev == os.fstat(self.fileno()).st_rdev
        except OSError:
            return False

    def close(self) -> None:
        """Close the adapter."""
        with suppress(OSError):
            self._serial.close()
