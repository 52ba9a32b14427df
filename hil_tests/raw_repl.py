"""Runs programs on a board over MicroPython's raw REPL on a serial line.

The protocol (MicroPython documentation, "The MicroPython Interactive Interpreter Mode"): Ctrl-C
stops what runs, Ctrl-A enters the raw REPL, which answers with its name and ``>``; a program is
ended by Ctrl-D and answered by ``OK``, its output, ``\\x04``, its error, ``\\x04>``.
"""

from __future__ import annotations

import time
from typing import Protocol

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
CHUNK = 128  # without flow control a board loses bytes that come faster than it reads
_PAUSE_S = 0.01  # for the board to take a chunk
_AGAIN_S = 0.25
_TOLD = 300  # bytes of the board's output that an error quotes


class Port(Protocol):
    """The part of ``serial.Serial`` that is used here. A read ends after the port's timeout."""

    def read(self, size: int = 1) -> bytes:
        """Return up to ``size`` bytes."""

    def write(self, data: bytes, /) -> int | None:
        """Send bytes."""


class ReplError(Exception):
    """The board did not answer as it must. The text holds its output."""


class RawRepl:
    """A board on a port."""

    def __init__(self, port: Port, patience_s: float = 5.0) -> None:
        """``patience_s``: the longest wait for an answer, even if the board prints without end."""
        self._port = port
        self._patience_s = patience_s
        self._left = b""

    def until(self, end: bytes, patience_s: float | None = None) -> bytes:
        """Return the bytes before ``end``; ReplError if ``end`` does not come in time."""
        deadline = time.monotonic() + (self._patience_s if patience_s is None else patience_s)
        while end not in self._left:
            if time.monotonic() > deadline:
                output = self._left.decode(errors="replace").strip() or "nothing"
                raise ReplError(f"the board did not answer {end!r}; it said: {output[-_TOLD:]}")
            self._left += self._port.read(256)
        found, self._left = self._left.split(end, 1)
        return found

    def enter(self) -> None:
        """Stop what runs on the board and enter the raw REPL.

        A chip that is starting loses what it is sent, so it is asked again until it answers. A
        second banner that comes of it does no harm: ``start`` passes over it.
        """
        deadline = time.monotonic() + self._patience_s
        while True:
            self._port.write(b"\r\x03\x03\r\x01")
            try:
                self.until(BANNER, min(_AGAIN_S, self._patience_s))
                return
            except ReplError:
                if time.monotonic() > deadline:
                    raise

    def start(self, program: str) -> None:
        """Start a program; read its output with ``line``."""
        data = program.encode()
        for at in range(0, len(data), CHUNK):
            self._port.write(data[at : at + CHUNK])
            time.sleep(_PAUSE_S)
        self._port.write(b"\x04")
        self.until(b"OK")

    def run(self, program: str, patience_s: float | None = None) -> str:
        """Run a program to its end and return what it printed; ReplError with its traceback."""
        self.start(program)
        printed = self.until(b"\x04", patience_s)
        error = self.until(b"\x04>")
        if error:
            raise ReplError(_text(error))
        return printed.decode(errors="replace").replace("\r\n", "\n")

    def line(self) -> str:
        """Return the next line that a running program prints; ReplError if it has ended."""
        found = self.until(b"\n")
        if b"\x04" in found:
            self._left = found.split(b"\x04", 1)[1] + b"\n" + self._left
            raise ReplError("the program has ended: " + _text(self.until(b"\x04")))
        return found.decode(errors="replace").strip()

    def send(self, text: str) -> None:
        """Send a running program a line."""
        self._port.write(text.encode() + b"\n")


def _text(error: bytes) -> str:
    return error.decode(errors="replace").replace("\r\n", "\n").strip()
