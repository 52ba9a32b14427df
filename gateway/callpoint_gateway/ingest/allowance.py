"""How much a device may have stored: what one board sends must not delay another's alarm.

Over MQTT nothing but this bounds a board that is stolen, or whose program runs wild.

1. A device may have ``BURST`` messages stored at once, more than a board's memory holds after an
   outage, and ``PER_S`` each second after that. So the disk of a year is bounded by device.
2. What is beyond it is passed over: not stored, and not answered. A device keeps what has no
   answer and sends it again (``protocol/README.md``): nothing is lost, only slowed.
3. The alarm of a zone that has been quiet for ``QUIET_S`` always passes, and so does the opening
   of a door that is reported to a centre or guarded by a partition: each zone has an allowance of
   its own for it. A register's zones are few, so this is bounded as well. A device whose zones the
   register does not list could name 256 of them: all its zones share the allowance of each kind.
4. What cannot be used goes to quarantine, ``KEPT`` messages at once of each device and
   ``KEPT_PER_S`` after that; strangers, whom the register does not know, share one such allowance.
   What is beyond it is counted, and its device is not answered.

Whoever is beyond its allowance is named by a fault (``supervision/misconduct``).
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_protocol import names

BURST: Final = 3_000
PER_S: Final = 1.0
QUIET_S: Final = 10.0
KEPT: Final = 200
KEPT_PER_S: Final = 0.2


class Allowance:
    """One for all devices; any thread may ask. ``now`` gives seconds that never step."""

    def __init__(
        self,
        lists_zones: Callable[[str], bool] = lambda device: True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let everybody begin with a full allowance.

        ``lists_zones(device)``: whether the register names the zones of a device.
        """
        self._lists_zones = lists_zones
        self._now = now
        self._lock = threading.Lock()
        # Bounded by the register: its devices, and the zones that it names.
        self._events: dict[str, TokenBucket] = {}
        self._readings: dict[str, TokenBucket] = {}
        self._alarms: dict[tuple[str, int, int], TokenBucket] = {}
        self._kept: dict[str, TokenBucket] = {}

    def store(self, device: str, channel: str) -> bool:
        """Say whether one more message of a device may be stored; readings count apart."""
        buckets = self._readings if channel == names.TELEMETRY else self._events
        with self._lock:
            bucket = buckets.get(device)
            if bucket is None:
                bucket = buckets[device] = TokenBucket(BURST, PER_S, self._now)
            return bucket.take()

    def store_event(self, device: str, zone: int, kind: int, *, alarm: bool) -> bool:
        """Say whether an event that the register allows may be stored.

        ``alarm``: it may be one, be it by its state or because somebody watches the door.
        """
        if self.store(device, names.EVENT):
            return True
        if not alarm:
            return False
        with self._lock:
            sensor = device, zone if self._lists_zones(device) else -1, kind
            bucket = self._alarms.get(sensor)
            if bucket is None:
                bucket = self._alarms[sensor] = TokenBucket(1, 1 / QUIET_S, self._now)
            return bucket.take()

    def keep(self, device: str) -> bool:
        """Say whether what cannot be used may go to quarantine; ``device`` empty: a stranger's."""
        with self._lock:
            bucket = self._kept.get(device)
            if bucket is None:
                bucket = self._kept[device] = TokenBucket(KEPT, KEPT_PER_S, self._now)
            return bucket.take()
