"""Has the running engine read its users again, and finds out whether it did."""

import os
import signal
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from callpoint_district.engine import monitor
from callpoint_district.engine.monitor import NoAnswer
from callpoint_gateway.words.said import Said, said

#: How long the engine may take, in seconds. It reads 5,000 users in one.
PATIENCE_S: Final = 10.0
_LOOK_S: Final = 0.02
_PROGRAM: Final = b"nats-server"


class Reloaded(StrEnum):
    """Whether the engine has read its files again."""

    DONE = "done"
    TOLD = "told"  # it has no monitoring port here that would say that it did
    NOT_RUNNING = "not_running"  # it reads them when it starts
    NOT_ALLOWED = "not_allowed"  # it belongs to another user
    NOT_DONE = "not_done"  # it goes on with the old ones

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything."""
        return self in (Reloaded.DONE, Reloaded.TOLD, Reloaded.NOT_RUNNING)

    @property
    def text(self) -> Said:
        """What it means, and what to do."""
        return said(f"engine.{self.value}")


def reload(pid_file: Path, monitor_port: int | None) -> Reloaded:
    """Send SIGHUP to the engine of a pid file, and wait until it has read its files."""
    number = _running(pid_file)
    if number is None:
        return Reloaded.NOT_RUNNING
    before = _loaded(monitor_port)
    try:
        os.kill(number, signal.SIGHUP)
    except ProcessLookupError:
        return Reloaded.NOT_RUNNING
    except PermissionError:
        return Reloaded.NOT_ALLOWED
    if before is None:
        return Reloaded.TOLD
    until = time.monotonic() + PATIENCE_S
    while _loaded(monitor_port) in (before, None):
        if time.monotonic() > until:
            return Reloaded.NOT_DONE
        time.sleep(_LOOK_S)
    return Reloaded.DONE


def _running(pid_file: Path) -> int | None:
    """Return the engine's process; None: there is none, or another program has its number."""
    try:
        number = int(pid_file.read_text(encoding="ascii"))
        command = Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return number if _PROGRAM in command else None


def _loaded(monitor_port: int | None) -> str | None:
    """Return when the engine has read its files; None: it does not say so."""
    if monitor_port is None:
        return None
    try:
        return monitor.varz(monitor_port).config_load_time
    except NoAnswer:
        return None
