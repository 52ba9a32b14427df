"""A pretended DevKit: it adds the raw REPL, which the Unix port of MicroPython does not have.

Its programs run under MicroPython for Unix on the fakes of ``firmware/tests``, wired as the README
says (``pretended_chip.py``).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import serial
from interpreters import FIRMWARE, PROTOCOL, interpreter

from .pty_boards import PtyBoard
from .raw_repl import BANNER
from .rigs import RESTARTED

HERE = Path(__file__).parent
POWER, HARD = 1, 2  # reset causes of the port
_BOOT_TURNS = 20  # 0.1 s; bytes that come in that time are lost, as in the ROM of a chip


class PretendedBoard(PtyBoard):
    """A DevKit: reset line, raw REPL, flash that survives a power cut, a network ``lab``."""

    def __init__(self, folder: Path, lacks: str = "") -> None:
        """Flash is in ``folder``; ``lacks``: a module or partition that it does not have."""
        super().__init__()
        self._folder = folder
        self._lacks = lacks
        self._held = False
        self._booting = 0
        self._raw = False
        self._program = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints = (folder / "stderr").open("w+b")
        self._cause = POWER
        self._lock = threading.Lock()
        self.starts = 0

    def lines(self, *, dtr: bool, rts: bool) -> None:
        """Set DTR and RTS: the chip is in reset while RTS is asserted and DTR is not."""
        held = rts and not dtr
        with self._lock:
            if held:
                self._kill()
            elif self._held:
                self._boot(POWER)
            self._held = held

    def _kill(self) -> None:
        if self._process:
            self._process.kill()
            self._gone(self._process)

    def _gone(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process = None

    def _boot(self, cause: int) -> None:
        self.starts += 1
        self._cause = cause
        self._raw = False
        self._program = b""
        self._booting = _BOOT_TURNS
        name = b"0x1 (POWERON_RESET)" if cause == POWER else b"0xc (SW_CPU_RESET)"
        self.say(b"ets Jul 29 2019 12:21:46\r\n\r\nrst:" + name + b",boot:0x13\r\n")

    def heard(self, data: bytes) -> None:
        """Hand bytes to the running program or to the REPL."""
        with self._lock:
            if self._held or self._booting:
                return
            for byte in data:
                self._byte(bytes((byte,)))

    def _byte(self, byte: bytes) -> None:
        if self._process:
            if byte == b"\x03":
                self._process.send_signal(signal.SIGINT)
            else:
                assert self._process.stdin is not None
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.write(byte)
        elif byte == b"\x01":
            self._raw = True
            self._program = b""
            self.say(b"\r\n" + BANNER)
        elif byte == b"\x03":
            self._program = b""
        elif self._raw and byte == b"\x04":
            self.say(b"OK")
            self._execute()
        elif self._raw:
            self._program += byte

    def _execute(self) -> None:
        file = self._folder / "program.py"
        file.write_bytes(self._program)
        self._program = b""
        self._complaints.seek(0)
        self._complaints.truncate()
        # SIGPIPE stays ignored, as in CPython: a lost broker must not end the board.
        self._process = subprocess.Popen(
            [
                *(interpreter("micropython"), "-X", "heapsize=1m", HERE / "pretended_chip.py"),
                *(FIRMWARE, PROTOCOL, self._folder, str(self._cause), self._lacks or "-"),
            ],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            restore_signals=False,
        )

    def turn(self) -> None:
        """Pass on what the program prints, and notice its end."""
        with self._lock:
            self._booting = max(0, self._booting - 1)
            process = self._process
            if not process:
                return
            assert process.stdout is not None
            if not select.select([process.stdout], [], [], 0)[0]:
                return
            printed = os.read(process.stdout.fileno(), 4096)
            if printed:
                self.say(printed.replace(b"\n", b"\r\n"))
                return
            self._gone(process)
            if process.returncode == RESTARTED:
                self._boot(HARD)
                return
            self._complaints.seek(0)
            complaints = self._complaints.read() if process.returncode else b""
            self.say(b"\x04" + complaints.replace(b"\n", b"\r\n") + b"\x04>")

    def close(self) -> None:
        """Switch the board off."""
        self.lines(dtr=False, rts=True)
        super().close()
        self._complaints.close()


def pretended_port(board: PretendedBoard) -> type[serial.Serial]:
    """Return a class of port whose DTR and RTS reach this board; a terminal has no such lines."""

    class PretendedPort(serial.Serial):
        def _update_dtr_state(self) -> None:
            self._lines()

        def _update_rts_state(self) -> None:
            self._lines()

        def _lines(self) -> None:
            state: Any = self
            dtr, rts = state._dtr_state, state._rts_state  # noqa: SLF001 - as its own ports do
            board.lines(dtr=dtr, rts=rts)

    return PretendedPort
