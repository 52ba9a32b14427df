"""Faults of devices that send what they should not: at most one of each sort for a device, and
for a zone that chatters.

A fault begins with the first message of its sort and ends once there was none for ``QUIET_MS``.
However much a device sends, it is two entries. What an earlier run began is ended by the next.
"""

import asyncio
import threading
from enum import StrEnum
from typing import Final

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import fault_begins, fault_ends
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import open_faults

LOOK_S: Final = 1.0
QUIET_MS: Final = 600_000
DEVICE: Final = "device/"


class Sort(StrEnum):
    """What a device does, in the fault's source: ``device/<id>/<sort>``, or with ``/<zone>``."""

    FLOOD = "flood"
    UNREGISTERED = "unregistered"
    CHATTER = "chatter"


REMEDIES: Final = {
    Sort.FLOOD: "see what it does; if its input chatters, mend it; if it is lost or stolen,"
    " revoke its certificate",
    Sort.UNREGISTERED: "correct the register, or take the device away;"
    " `callpoint events --quarantine` shows what it sent",
    Sort.CHATTER: "mend its input; until then `callpoint inhibit {device} --zone {zone} --for 2h"
    " --reason TEXT` holds it back, with --life also an alarm for life",
}


class Misconduct:
    """What devices are blamed for. ``run`` until cancelled."""

    def __init__(self, alarms: Journal, clock: Clock) -> None:
        """Read what an earlier run began and did not see end."""
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()
        now = clock.monotonic_ms()
        self._last_ms = {
            source: now
            for source in open_faults(alarms)
            if source.startswith(DEVICE) and source.split("/")[2] in list(Sort)
        }

    def seen(self, device: str, sort: str, what: str) -> None:
        """A device of the register did something of this sort. Any thread may say so.

        ``sort``: a ``Sort``, or it and the zone. ``what``: the reason that is shown.
        """
        source = f"{DEVICE}{device}/{sort}"
        now = self._clock.monotonic_ms()
        with self._lock:
            known = source in self._last_ms
            self._last_ms[source] = now
        if not known:
            first, _, zone = sort.partition("/")
            remedy = REMEDIES[Sort(first)].format(device=device, zone=zone)
            self._alarms.submit([fault_begins(source, what, remedy)])

    def look(self) -> None:
        """End the fault of every device that has stopped."""
        since = self._clock.monotonic_ms() - QUIET_MS
        with self._lock:
            over = [source for source, last_ms in self._last_ms.items() if last_ms < since]
            for source in over:
                del self._last_ms[source]
        if over:
            reason = f"nothing of that kind for {QUIET_MS // 60_000} minutes"
            self._alarms.submit([fault_ends(source, reason) for source in over])

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()
