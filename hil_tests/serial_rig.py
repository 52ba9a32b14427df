"""A real board on a serial line, controlled over MicroPython's raw REPL."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import serial

from .raw_repl import RawRepl, ReplError
from .rigs import Missing, Rig

BAUD = 115_200
NEEDED = ("callpoint_protocol.names", "callpoint_firmware.app", "callpoint_boards.esp32_board")
PARTITIONS = ("spool", "state")
BOOT_S = 10.0
ERASE_S = 30.0  # 18 sectors, occasionally hundreds of ms each
RESTART_S = 30.0
_RESET_S = 0.1  # the chip needs 50 us; the capacitor at EN needs more
_ROM = b"rst:0x"  # the ROM prints this first after every reset
_PROGRAM = Path(__file__).with_name("board_side.py")
_IMPORT = "for name in {names!r}:\n    __import__(name)"
_ERASE = """
import esp32
for label in {labels!r}:
    found = esp32.Partition.find(1, label=label)
    if not found:
        print(label)
        break
    for sector in range(found[0].ioctl(4, 0)):
        found[0].ioctl(6, sector)
"""


def open_port(name: str, kind: type[serial.Serial] = serial.Serial) -> serial.Serial:
    """Open a port with DTR and RTS released; Missing if it is not there.

    pyserial asserts both unless told before. On a DevKit the chip is in reset while RTS is
    asserted and DTR is not; with both asserted RTS does nothing.
    """
    port = kind()
    port.port = name
    port.baudrate = BAUD
    port.timeout = 0.1
    port.dtr = False
    port.rts = False
    try:
        port.open()
    except serial.SerialException as error:
        raise Missing(f"port {name}: {error}; plug the board in, or give its --port") from None
    return port


class SerialRig(Rig):
    """A board on a serial line. Cutting the power holds its reset line (RTS to EN)."""

    def __init__(self, port: serial.Serial, settings: dict[str, Any]) -> None:
        """Keep the board in reset until ``start``."""
        self.settings = settings
        self._port = port
        self._new = True
        self.power_cut()

    def start(self) -> None:
        """Leave reset and run the application; Missing names what the board lacks.

        The first start makes the device a new one: what spool and state hold is erased.
        """
        self._port.rts = False
        try:
            self._repl.enter()
        except ReplError as error:
            raise Missing(
                "no MicroPython answers at the port, which must have no main.py of its own: "
                f"{error}"
            ) from None
        if self._new:
            self._make_new()
            self._new = False
        settings = f"SETTINGS = {json.dumps(self.settings)!r}\n"
        self._repl.start(settings + _PROGRAM.read_text("utf-8"))

    def _make_new(self) -> None:
        try:
            self._repl.run(_IMPORT.format(names=NEEDED))
        except ReplError as error:
            raise Missing(
                f"the board lacks a part of the firmware ({str(error).splitlines()[-1]}); run: "
                "make firmware, then mpremote cp -r build/mpy/. :/lib/"
            ) from None
        missing = self._repl.run(_ERASE.format(labels=PARTITIONS), ERASE_S).strip()
        if missing:
            raise Missing(
                f"the board has no partition {missing}: flash MicroPython with "
                "firmware/callpoint_boards/partitions-4MiB.csv"
            )

    def power_cut(self) -> None:
        """Hold the chip in reset."""
        try:
            self._port.dtr = False
            self._port.rts = True
        except OSError as error:
            raise Missing(
                f"port {self._port.name}: no line that resets the board ({error}); use a serial "
                "adapter with RTS and DTR, wired as on a DevKit"
            ) from None
        time.sleep(_RESET_S)
        self._port.reset_input_buffer()
        self._repl = RawRepl(self._port, BOOT_S)

    def restarted(self) -> None:
        """Wait until the ROM reports a reset, then start again."""
        self._repl.until(_ROM, RESTART_S)
        self.start()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask over the serial line; skip lines that the board sends unasked."""
        self._repl.send(json.dumps(request))
        while True:
            try:
                answer = json.loads(self._repl.line())
            except ValueError:
                continue
            if isinstance(answer, dict) and "ok" in answer:
                return answer
            if isinstance(answer, dict) and "error" in answer:
                raise ReplError(f"{request}: {answer['error']}")

    def close(self) -> None:
        """Reset the board, which ends the application, and close the port."""
        try:
            self.power_cut()
            self._port.rts = False
        finally:
            self._port.close()
