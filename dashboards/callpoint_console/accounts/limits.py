"""Limits how often somebody may guess: waits that grow with each failure, up to a bound.

They lock nobody out for good. From a browser from which an account has signed in before, failures
of others do not count (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

import ipaddress
from collections import OrderedDict
from typing import Final, NamedTuple

from callpoint_gateway.host.clock import Clock

_MOST_KEPT: Final = 10_000  # keys; beyond it the one that failed longest ago is forgotten
_FORGOTTEN_MS: Final = 3_600_000  # after the last failure


class _Failures(NamedTuple):
    times: int
    last_ms: int


class GrowingWait:
    """Counts failures by key: after ``free`` of them each doubles the wait, from 1 s to ``most_s``
    seconds.

    For one thread.
    """

    def __init__(self, free: int, most_s: int, clock: Clock) -> None:
        """Begin without a failure."""
        self._free, self._most_s, self._clock = free, most_s, clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self._failures)

    def wait_s(self, key: str) -> int:
        """Return the seconds until the key may be tried again; 0: now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0
        gone_ms = self._clock.monotonic_ms() - failures.last_ms
        if gone_ms > _FORGOTTEN_MS:
            del self._failures[key]
            return 0
        beyond = failures.times - self._free
        if beyond < 0:
            return 0
        wait_ms = 1000 * min(self._most_s, 1 << min(beyond, 20))
        return max(0, -(-(wait_ms - gone_ms) // 1000))

    def tried(self, key: str) -> None:
        """Count a try as failed; ``succeeded`` takes it back. Tries at once so count as well."""
        times = self._failures.pop(key, _Failures(0, 0)).times
        self._failures[key] = _Failures(times + 1, self._clock.monotonic_ms())
        if len(self._failures) > _MOST_KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def take_back(self, key: str) -> None:
        """Count one failure less: that try was right, and says nothing of the others."""
        failures = self._failures.get(key)
        if failures is not None:
            self._failures[key] = failures._replace(times=failures.times - 1)


def network_of(address: str) -> str:
    """Return what one person has of addresses: an IPv4 address, or a /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
