"""The one place that knows esptool: a chip in its boot loader, as the flasher wants it.

esptool keeps state of its own and prints; each port has a process (``port_process``) in which this
is imported, with nothing on its standard output. esptool's own messages are never shown: what went
wrong is said by the layer (``trouble``).
"""

import contextlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import esptool
import serial
from esptool import cmds
from esptool.loader import ESPLoader
from esptool.util import FatalError, flash_size_bytes

from callpoint_gateway.words.said import said
from callpoint_technician.flash.port_access import opened
from callpoint_technician.flash.trouble import Layer, Trouble, swapped

#: Seconds that a chip may take for each megabyte that it erases and writes, and at least.
_WRITE_S_PER_MB, _LEAST_S = 40, 3
_ERASED_AT_ONCE, _INFLATED_AT_ONCE = 65_536, 32_768
_WORD: Final = 4
_RECONNECTS: Final = 3
# Verbosity "silent": whatever is printed all the same ends in the process's null device.
esptool.log.set_verbosity("silent")

Progress = Callable[[int], None]
"""Told how many more bytes of a part are on the flash, before compression."""


class Chip:
    """A chip whose flasher runs. Every method raises Trouble when it goes wrong."""

    def __init__(self, port: str, baud: int) -> None:
        """Open the port, bring the chip into its boot loader and run esptool's flasher on it."""
        self._port = port
        line = opened(port)
        try:
            self._esp = _connected(port, line)
            with self._troubles(Layer.BOOT_MODE):
                self.name = _name(self._esp)
                self.mac = _mac(self._esp)
                if _locked(self._esp):
                    raise Trouble(Layer.LOCKED, said("flash.locked"))
                self._esp = cmds.run_stub(self._esp)
                cmds.attach_flash(self._esp)
                self.flash_bytes = _flash_bytes(self._esp)
                if self.flash_bytes:
                    self._esp.flash_set_parameters(self.flash_bytes)
                if baud != self._esp.get_baud():
                    self._esp.change_baud(baud)
        except BaseException:
            line.close()
            raise

    def erase(self, offset: int, size: int) -> None:
        """Erase whole sectors."""
        with self._troubles():
            self._esp.erase_region(offset, size)

    def write(self, offset: int, data: bytes, tell: Progress) -> None:
        """Write ``data``, whose sectors are erased for it."""
        data += b"\xff" * (-len(data) % _WORD)
        packed = zlib.compress(data, 9)
        step = self._esp.FLASH_WRITE_SIZE
        inflate = zlib.decompressobj()
        with self._troubles():
            self._esp.flash_defl_begin(len(data), len(packed), offset)
            patience = _LEAST_S
            for number, at in enumerate(range(0, len(packed), step)):
                block = packed[at : at + step]
                # The flasher writes a block while it takes the next one.
                self._esp.flash_defl_block(block, number, timeout=patience)
                inflated = len(inflate.decompress(block))
                patience = _patience(inflated)
                tell(inflated)
            self._esp.flash_defl_finish(False, timeout=patience)

    def md5(self, offset: int, size: int) -> str:
        """Return the MD5 of what the flash holds, in hex; the chip reads it back."""
        with self._troubles():
            return str(self._esp.flash_md5sum(offset, size))

    def mac_now(self) -> str:
        """Return the address of the chip that is there now."""
        with self._troubles():
            return _mac(self._esp)

    def restart(self) -> None:
        """Start what is on the flash, and close the port."""
        with self._troubles():
            self._esp.hard_reset()
        self.close()

    def close(self) -> None:
        """Close the port."""
        self._esp._port.close()

    @contextlib.contextmanager
    def _troubles(self, layer: Layer = Layer.SILENT) -> Iterator[None]:
        try:
            yield
        except (serial.SerialException, OSError) as error:
            raise _gone() from error
        except FatalError as error:
            if not Path(self._port).exists():
                raise _gone() from error
            if layer is Layer.BOOT_MODE:
                raise _not_in_boot_mode() from error
            raise self._silent() from error

    def _silent(self) -> Trouble:
        """Return what happened to a chip that no longer answers: perhaps it is another one."""
        try:
            other = _mac(_connected(self._port, self._esp._port))
        except Trouble:
            return Trouble(Layer.SILENT, said("flash.silent"))
        if other != self.mac:
            return swapped(self.mac, other)
        return Trouble(Layer.SILENT, said("flash.restarted"))


def _gone() -> Trouble:
    return Trouble(Layer.VANISHED, said("flash.vanished"))


def _not_in_boot_mode() -> Trouble:
    return Trouble(Layer.BOOT_MODE, said("flash.boot_mode"))


def _connected(port: str, line: serial.Serial) -> Any:
    """Return esptool's object for the chip on an open port."""
    try:
        line.baudrate = ESPLoader.ESP_ROM_BAUD
        if not line.is_open:
            line.open()
        return cmds.detect_chip(line, connect_attempts=_RECONNECTS)
    except FatalError as error:
        raise (_not_in_boot_mode() if Path(port).exists() else _gone()) from error
    except (serial.SerialException, OSError) as error:
        raise _gone() from error


def _name(esp: Any) -> str:
    """Return the name of a chip as in ``chips.CHIPS``: esptool's of its option ``--chip``."""
    return str(esp.CHIP_NAME).lower().replace("-", "")


def _mac(esp: Any) -> str:
    # Not from a cache: another chip may be there.
    octets = esp.read_mac("BASE_MAC")
    if octets is None:
        raise FatalError("no address")
    return ":".join(f"{octet:02x}" for octet in octets)


def _locked(esp: Any) -> bool:
    """Say whether the chip takes only firmware that another has signed or encrypted."""
    return bool(
        esp.secure_download_mode
        or esp.get_secure_boot_enabled()
        or esp.get_flash_encryption_enabled()
    )


def _flash_bytes(esp: Any) -> int:
    """Return the size of the flash, 0 if its chip does not say it."""
    size = cmds.detect_flash_size(esp)
    return flash_size_bytes(size) if size else 0


def _patience(inflated: int) -> int:
    erased = (inflated // _INFLATED_AT_ONCE + 2) * _ERASED_AT_ONCE
    return max(_LEAST_S, (inflated + erased) * _WRITE_S_PER_MB // 1_000_000 + 1)
