"""Faults of devices that send what they should not: at most one of each sort for a device, and
for a zone that chatters.

A fault begins with the first message of its sort and ends once there was none for ``QUIET_MS``;
of two boards with one identity for ``APART_MS``, because one of them may send once a day. However
much a device sends, it is two entries. What an earlier run began is ended by the next.
"""

import asyncio
import threading
from enum import StrEnum
from typing import Final

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import fault_begins, fault_ends
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import open_faults
from callpoint_gateway.words.said import Said, said

LOOK_S: Final = 1.0
QUIET_MS: Final = 600_000
APART_MS: Final = 86_400_000
DEVICE: Final = "device/"


class Sort(StrEnum):
    """What a device does, in the fault's source: ``device/<id>/<sort>``, or with ``/<zone>``."""

    FLOOD = "flood"
    UNREGISTERED = "unregistered"
    CHATTER = "chatter"
    IDENTITY = "identity"


def _to_do(device: str, sort: str) -> Said:
    first, _, zone = sort.partition("/")
    match Sort(first):
        case Sort.FLOOD:
            return said("device.flood.do")
        case Sort.UNREGISTERED:
            return said("device.unregistered.do")
        case Sort.CHATTER:
            return said("device.chatter.do", device=device, zone=zone)
        case Sort.IDENTITY:
            return said("device.identity.do", device=device)


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

    @staticmethod
    def _quiet_ms(source: str) -> int:
        return APART_MS if source.split("/")[2] == Sort.IDENTITY else QUIET_MS

    def seen(self, device: str, sort: str, what: Said) -> None:
        """A device of the register did something of this sort. Any thread may say so.

        ``sort``: a ``Sort``, or it and the zone. ``what``: the reason that is shown.
        """
        source = f"{DEVICE}{device}/{sort}"
        now = self._clock.monotonic_ms()
        with self._lock:
            known = source in self._last_ms
            self._last_ms[source] = now
        if not known:
            self._alarms.submit([fault_begins(source, what, _to_do(device, sort))])

    def look(self) -> None:
        """End the fault of every device that has stopped."""
        now = self._clock.monotonic_ms()
        with self._lock:
            over = {
                source: quiet_ms
                for source, last_ms in self._last_ms.items()
                if now - last_ms > (quiet_ms := self._quiet_ms(source))
            }
            for source in over:
                del self._last_ms[source]
        if over:
            self._alarms.submit(
                [
                    fault_ends(source, said("device.quiet_again", minutes=quiet_ms // 60_000))
                    for source, quiet_ms in over.items()
                ]
            )

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()
