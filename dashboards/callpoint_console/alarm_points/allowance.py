"""How often one address may open public pages: so often in each minute, then not."""

from collections import OrderedDict
from typing import Final

from callpoint_console.accounts.limits import network_of
from callpoint_gateway.host.clock import Clock

WINDOW_MS: Final = 60_000
#: A family, or a technician who walks from point to point, stays far below.
EACH: Final = 60
_MOST_KEPT: Final = 10_000  # addresses; beyond it the one that came longest ago is forgotten


class Allowance:
    """Counts requests by address. For one thread."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any request."""
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Count a request of an address; return the seconds that it must wait, 0: none."""
        network, window = network_of(address), self._clock.monotonic_ms() // WINDOW_MS
        began, count = self._counts.pop(network, (window, 0))
        count = count + 1 if began == window else 1
        self._counts[network] = (window, count)
        if len(self._counts) > _MOST_KEPT:
            self._counts.popitem(last=False)
        if count <= EACH:
            return 0
        return max(1, ((window + 1) * WINDOW_MS - self._clock.monotonic_ms() + 999) // 1000)
