"""Two rigs with one surface: the virtual board here, and a real one on a serial port."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Protocol

import serial
from board_process import Board

from .raw_repl import RawRepl, ReplError

NEEDED = ("callpoint_protocol.names", "callpoint_firmware.app", "boards.esp32_board")


class Missing(Exception):
    """A rig lacks something; the text says what, and how to get it."""


class Rig(Protocol):
    """One board under test. Inputs are ``button`` and ``door``; level 0 is a closed contact."""

    def start(self) -> None:
        """Power on, with what its flash held."""

    def cut(self) -> None:
        """Take the power away."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request as the virtual board takes it; return its answer."""

    def close(self) -> None:
        """Leave nothing running."""


class VirtualRig:
    """The firmware under MicroPython on this machine; power is a process."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """``settings`` are the device's; its flash stays in ``folder``."""
        self._board = Board("micropython", folder, settings)

    def start(self) -> None:
        """Start the process; contacts are open, which reads 1."""
        self._board.start(levels={"button": 1, "door": 1})

    def cut(self) -> None:
        """SIGKILL."""
        self._board.kill()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Over the control socket."""
        return self._board.ask(request)

    def close(self) -> None:
        """As ``cut``."""
        self._board.kill()


class SerialRig:
    """A board on a USB serial line; power is its reset line (RTS, as esptool uses it)."""

    def __init__(self, port: str, settings: dict[str, Any]) -> None:
        """Open the port. Missing if it is not there."""
        try:
            self._port = serial.Serial(port, 115_200, timeout=0.1)
        except serial.SerialException as error:
            raise Missing(f"port {port}: {error}; plug the board in, or give its --port") from None
        self._settings = settings
        self._repl = RawRepl(self._port)

    def start(self) -> None:
        """Leave reset, enter the raw REPL, run the application; Missing names what is lacking."""
        self._port.rts = False
        try:
            self._repl.enter()
        except ReplError as error:
            raise Missing(f"no MicroPython answers at the port: {error}") from None
        for module in NEEDED:
            try:
                self._repl.run(f"import {module}")
            except ReplError:
                raise Missing(
                    f"the board has no {module}; run: make firmware, then "
                    "mpremote cp -r build/mpy/. :/lib/"
                ) from None
        for label in ("spool", "state"):
            found = self._repl.run(
                f"import esp32; print(esp32.Partition.find(1, label={label!r}))"
            )
            if "Partition" not in found:
                raise Missing(f"the board has no partition {label}: write partitions-4MiB.csv")
        program = Path(__file__).with_name("board_side.py").read_text("utf-8")
        self._repl.start(f"SETTINGS = {json.dumps(self._settings)!r}\n" + program)

    def cut(self) -> None:
        """Hold the chip in reset."""
        self._port.rts = True
        time.sleep(0.2)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Over the serial line; what the board says by itself is passed over."""
        self._repl.send(json.dumps(request))
        while True:
            try:
                answer: dict[str, Any] = json.loads(self._repl.line())
            except ValueError:
                continue
            if "ok" in answer or "error" in answer:
                return answer

    def close(self) -> None:
        """Reset the board and close the port."""
        self.cut()
        self._port.rts = False
        self._port.close()
