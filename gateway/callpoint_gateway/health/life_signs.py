"""Feeds systemd's watchdog, as long as what handles alarms really turns.

- The event loop turns, or this would not run: it has the centre senders in it.
- The writer of the alarms journal has answered since the last time, or it is known to be trying
  again on a disk that refuses; a restart would not make room.
- Every thread lives.
"""

import asyncio
import logging
import threading

from callpoint_gateway.health.parts import GatewayParts
from callpoint_gateway.host.notify import Notify

READY_S = 0.1
# Between two signs when there is no watchdog: only ``STATUS`` changes.
IDLE_S = 5.0

log = logging.getLogger(__name__)


class LifeSigns:
    """``run`` until cancelled."""

    def __init__(self, parts: GatewayParts, notify: Notify) -> None:
        """``notify`` is told READY=1 once events can arrive and be kept."""
        self._parts = parts
        self._notify = notify
        self._answered = threading.Event()
        self._answered.set()

    async def run(self) -> None:
        """Say that the gateway is ready, then that it lives."""
        told = ""
        while waiting := self._parts.waits_for():
            status = f"STATUS=waiting for {', '.join(waiting)}"
            if status != told:
                self._notify.tell(status)
                told = status
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
        """Say whether all that handles alarms turns."""
        writes = self._answered.is_set() or self._parts.alarms.fault is not None
        return writes and not self._parts.dead()
