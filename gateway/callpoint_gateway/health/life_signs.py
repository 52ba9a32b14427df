"""Feeds systemd's watchdog while the parts that handle alarms work.

- The event loop, in which the senders run, works if this coroutine runs.
- The writer of the alarms journal must have answered since the last sign of life. A writer that
  retries on a disk that refuses counts as alive: a restart would not help.
- Every thread must run.
"""

import asyncio
import logging
import threading

from callpoint_gateway.health.parts import GatewayParts
from callpoint_gateway.host.notify import Notify

READY_S = 0.1
# Seconds between two looks when systemd has no watchdog.
IDLE_S = 5.0

log = logging.getLogger(__name__)


class LifeSigns:
    """``run`` until cancelled."""

    def __init__(self, parts: GatewayParts, notify: Notify) -> None:
        """``notify`` gets READY=1 once events can arrive and be stored."""
        self._parts = parts
        self._notify = notify
        self._answered = threading.Event()
        self._answered.set()

    async def run(self) -> None:
        """Tell systemd when the gateway is ready, then that it is alive."""
        last = ""
        while waiting := self._parts.waits_for():
            status = f"STATUS=waiting for {', '.join(waiting)}"
            if status != last:
                self._notify.tell(status)
                last = status
            self._beat()
            await asyncio.sleep(READY_S)
        self._notify.tell("READY=1", f"STATUS=site {self._parts.site.id}")
        log.info("ready")
        pause_s = self._notify.watchdog_s / 3 if self._notify.watchdog_s else IDLE_S
        while True:
            self._beat()
            await asyncio.sleep(pause_s)

    def _beat(self) -> None:
        if self._notify.watchdog_s is None or not self.alive():
            return
        self._notify.tell("WATCHDOG=1")
        self._answered.clear()
        self._parts.alarms.submit([], lambda _: self._answered.set())

    def alive(self) -> bool:
        """Say whether the parts that handle alarms work."""
        writes = self._answered.is_set() or self._parts.alarms.fault is not None
        return writes and not self._parts.dead()
