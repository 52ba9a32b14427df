"""Tells systemd that the service is ready, alive, reloading or stopping (sd_notify(3))."""

import os
import socket
import time
from collections.abc import Mapping


class Notify:
    """The socket of systemd that the environment names; without one, nothing is sent."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        pid = environment.get("WATCHDOG_PID", "")
        usec = environment.get("WATCHDOG_USEC", "")
        ours = self._address and usec.isdigit() and pid in ("", str(os.getpid()))
        #: How long systemd waits for a sign of life, in seconds; None: it expects none.
        self.watchdog_s = int(usec) / 1e6 if ours else None

    def tell(self, *assignments: str) -> None:
        """Send assignments such as ``READY=1``. Nothing happens if systemd does not listen."""
        if not self._address:
            return
        # A name in the abstract namespace is written with an at sign.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            with socket.socket(socket.AF_UNIX, kind) as systemd:
                systemd.sendto("\n".join(assignments).encode(), address)
        except OSError:
            pass

    def ending(self, *, for_good: bool) -> None:
        """Say that the service stops, or (not ``for_good``) that it reloads its configuration."""
        if for_good:
            self.tell("STOPPING=1")
        else:
            self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
