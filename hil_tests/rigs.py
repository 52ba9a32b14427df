"""The interface of a board under test, and the virtual board that has it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from board_process import Board

from callpoint_protocol import names

RESTARTED = 70  # exit code with which a virtual board asks to be restarted


class Missing(Exception):
    """The rig lacks something. The text says what, and how to get it."""


class Rig(ABC):
    """A board. Its inputs are ``button`` and ``door``; level 0 is a closed contact."""

    settings: dict[str, Any]  # of the device; a change holds from the next start on

    @abstractmethod
    def start(self) -> None:
        """Switch the board on; its flash is as it was."""

    @abstractmethod
    def power_cut(self) -> None:
        """Cut the power without warning."""

    @abstractmethod
    def restarted(self) -> None:
        """Wait until the board has ended by itself, and let it start again."""

    @abstractmethod
    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request of the virtual board's interface; return the answer."""

    @abstractmethod
    def close(self) -> None:
        """End everything that was started."""

    def set(self, name: str, level: int) -> None:
        """Set the level of an input."""
        self.ask({"set": name, "to": level})

    def pulse(self, name: str, ms: int) -> None:
        """Set an input to its other level for ``ms``, then back."""
        self.ask({"pulse": name, "ms": ms})

    def state(self) -> dict[str, Any]:
        """Return ``lamp`` (name of the answer), ``lamp_on``, ``sounder``, ``depth``, ``up`` ..."""
        return self.ask({"get": "state"})

    def lamp(self) -> str:
        """Return the name of the answer that the lamp shows."""
        return str(self.state()["lamp"])


class VirtualRig(Rig):
    """The firmware under MicroPython on this machine; cutting the power kills the process."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """``settings`` are the device's; its flash stays in ``folder``."""
        self.settings = settings
        self._board = Board("micropython", folder, settings)

    def start(self) -> None:
        """Start the process; contacts are open, which reads 1."""
        self._start(names.CAUSE_POWER)

    def _start(self, cause: int) -> None:
        self._board.start(levels={"button": 1, "door": 1}, reset_cause=cause)

    def power_cut(self) -> None:
        """SIGKILL."""
        self._board.kill()

    def restarted(self) -> None:
        """Wait for the process to end with the code of a reset."""
        code, _, complaints = self._board.ended()
        assert code == RESTARTED, complaints
        self._start(names.CAUSE_HARD)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask over the control socket."""
        return self._board.ask(request)

    def close(self) -> None:
        """As ``power_cut``."""
        self._board.kill()
