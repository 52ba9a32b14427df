"""Tells systemd how the service is (sd_notify(3)): ready, stopping, alive. Nothing without it."""

import os
import socket
import time
from collections.abc import Mapping


class Notify:
    """The socket that the environment names, if any."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        pid = environment.get("WATCHDOG_PID", "")
        usec = environment.get("WATCHDOG_USEC", "")
        ours = self._address and usec.isdigit() and pid in ("", str(os.getpid()))
        #: How long systemd waits for a sign of life, in seconds; None: it does not.
        self.watchdog_s = int(usec) / 1e6 if ours else None

    def tell(self, *assignments: str) -> None:
        """Send assignments such as ``READY=1``. Who does not listen is no fault of ours."""
        if not self._address:
            return
        # A name in the abstract namespace is written with an at sign.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as told:
                told.sendto("\n".join(assignments).encode(), address)
        except OSError:
            pass

    def ending(self, *, for_good: bool) -> None:
        """Say that all ends: for good, or to be built anew at once and then be ready again."""
        if for_good:
            self.tell("STOPPING=1")
        else:
            self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
