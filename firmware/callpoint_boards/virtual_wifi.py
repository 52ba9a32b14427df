"""The virtual board's serial line, a pseudo-terminal, and a Wi-Fi that is played.

``board.networks`` in the settings is what is in the air: {"ssid": "password", "open": ""}; a
network ``board.silent`` neither lets in nor refuses. ``callpoint improv`` opens the path that the
board prints as ``serial``.
"""

import asyncio
import termios
import time

import ffi

from callpoint_firmware.store import WIFI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_F_SETFL, _O_NONBLOCK = 4, 0x800  # of Linux
_JOIN_MS = 150
_SCAN_MS = 50
_IDLE, _JOINING, _ONLINE, _FAILED = 0, 1, 2, 3


class Line:
    """A terminal whose other end is ``path``."""

    def __init__(self) -> None:
        self._file = open("/dev/ptmx", "r+b")  # noqa: SIM115 - open as long as the board runs
        number = self._file.fileno()
        libc = ffi.open(None)
        libc.func("i", "unlockpt", "i")(number)
        libc.func("i", "fcntl", "iii")(number, _F_SETFL, _O_NONBLOCK)
        self.path = libc.func("s", "ptsname", "i")(number)
        # Held open, so that the line is there before and after whoever calls on it.
        self._other = open(self.path, "r+b")  # noqa: SIM115
        termios.setraw(self._other.fileno())

    def read(self) -> bytes | None:
        return self._file.read(256)

    def write(self, data: bytes) -> None:
        self._file.write(data)  # where nobody reads, the line fills up and loses


class Wifi:
    def __init__(self, board: Any, options: dict[str, Any]) -> None:
        self._board = board
        self._networks = options.get("networks", {})
        self._silent = options.get("silent")
        self._outcome = None  # nobody has asked yet, so nobody has started it
        self._at = 0
        self._asked = (b"", b"")

    def current(self) -> tuple[bytes, bytes]:
        return self._asked

    def connect(self, ssid: bytes, password: bytes) -> None:
        self._asked = (ssid, password)
        name = ssid.decode()
        good = name in self._networks and self._networks[name] == password.decode()
        self._outcome = _ONLINE if good else _FAILED
        if name == self._silent:
            self._outcome = _JOINING
        self._at = time.ticks_add(time.ticks_ms(), _JOIN_MS)

    def rejoin(self) -> None:
        stored = self._board.application.store.get(WIFI)
        if stored:
            end = 1 + stored[0]
            self.connect(stored[1:end], stored[end:])
        else:
            self._outcome = _IDLE

    def status(self) -> int:
        if self._outcome is None:
            self.rejoin()
        if self._outcome and time.ticks_diff(time.ticks_ms(), self._at) < 0:
            return _JOINING
        return self._outcome

    async def scan(self) -> list[tuple[str, int, bool]]:
        await asyncio.sleep_ms(_SCAN_MS)
        strength = -40
        found = []
        for name in sorted(self._networks):
            found.append((name, strength, bool(self._networks[name])))
            strength -= 10
        return found

    def address(self) -> str:
        return "192.0.2.7"


def provisioning(board: Any, options: dict[str, Any]) -> tuple[Line, Wifi, str]:
    """Return what the board offers for provisioning."""
    return Line(), Wifi(board, options), "unix"
