"""MicroPython's raw REPL over a serial line: run a program on a board and read what it prints.

The protocol (MicroPython documentation, "The MicroPython Interactive Interpreter Mode"): Ctrl-C
stops what runs, Ctrl-A enters the raw REPL, which answers with its name and ``>``; a program is
ended by Ctrl-D and answered by ``OK``, its output, ``\\x04``, its error, ``\\x04``.
"""

from __future__ import annotations

import time
from typing import Protocol

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
CHUNK = 128  # a board without flow control loses what comes faster than it reads


class Port(Protocol):
    """What this needs of ``serial.Serial``; reads return what came within its timeout."""

    def read(self, size: int = 1) -> bytes:
        """Return up to ``size`` bytes."""

    def write(self, data: bytes) -> int | None:
        """Send bytes."""


class ReplError(Exception):
    """The board did not do what was asked; the text says what it said."""


class RawRepl:
    """One board at the end of a port."""

    def __init__(self, port: Port, patience_s: float = 5.0) -> None:
        """``patience_s`` bounds the wait for each answer."""
        self._port = port
        self._patience_s = patience_s
        self._left = b""

    def _until(self, end: bytes) -> bytes:
        """Return what comes before ``end``."""
        deadline = time.monotonic() + self._patience_s
        while end not in self._left:
            part = self._port.read(256)
            self._left += part
            if not part and time.monotonic() > deadline:
                said = self._left.decode(errors="replace").strip() or "nothing"
                raise ReplError(f"the board did not answer {end!r}; it said: {said[-300:]}")
        found, self._left = self._left.split(end, 1)
        return found

    def enter(self) -> None:
        """Stop what runs on the board and enter the raw REPL."""
        self._port.write(b"\r\x03\x03\r\x01")
        self._until(BANNER)

    def start(self, program: str) -> None:
        """Start a program; what it prints is read by ``line``."""
        data = program.encode()
        for at in range(0, len(data), CHUNK):
            self._port.write(data[at : at + CHUNK])
            time.sleep(0.01)
        self._port.write(b"\x04")
        self._until(b"OK")

    def run(self, program: str) -> str:
        """Run a program to its end and return what it printed; ReplError with its traceback."""
        self.start(program)
        printed = self._until(b"\x04")
        error = self._until(b"\x04")
        if error:
            raise ReplError(error.decode(errors="replace").strip())
        self._until(b">")
        return printed.decode(errors="replace").replace("\r\n", "\n")

    def line(self) -> str:
        """Return the next line that a running program prints; ReplError if it has ended."""
        found = self._until(b"\n")
        if b"\x04" in found:
            raise ReplError(found.replace(b"\x04", b" ").decode(errors="replace").strip())
        return found.decode(errors="replace").strip("\r\x00 ")

    def send(self, text: str) -> None:
        """Give a running program a line."""
        self._port.write(text.encode() + b"\n")
