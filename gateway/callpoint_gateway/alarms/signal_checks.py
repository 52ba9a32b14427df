"""Has a device that was tried in a walk test report its signal, several times within a minute.

A device reports by itself once in its heartbeat, which tells nothing about a place. A report is
asked for by one number again and again: a device obeys it once and answers each repeat, which
costs its flash one write. Nobody is worse off if an order or the whole check gets lost.
"""

from typing import Final

from callpoint_gateway.alarms.orders import DeviceCommands, new_number
from callpoint_gateway.host.clock import Clock
from callpoint_protocol import names

TIMES_MS: Final = (0, 10_000, 20_000, 30_000, 40_000, 50_000, 58_000)


class SignalChecks:
    """The checks under way. Call ``ask`` about once a second."""

    def __init__(self, orders: DeviceCommands, clock: Clock) -> None:
        """Begin without any."""
        self._orders, self._clock = orders, clock
        self._due: dict[str, tuple[int, list[int]]] = {}  # by device: number, monotonic ms

    def begin(self, device: str) -> None:
        """Check a device from now on; a check that is under way begins again."""
        now = self._clock.monotonic_ms()
        number, _ = self._due.get(device, (new_number(), []))
        self._due[device] = number, [now + ms for ms in TIMES_MS]

    def ask(self) -> None:
        """Send the requests that are due."""
        now = self._clock.monotonic_ms()
        for device, (number, due) in list(self._due.items()):
            if due[0] > now:
                continue
            self._orders.once(device, names.REPORT, number)
            later = [at for at in due if at > now]
            if later:
                self._due[device] = number, later
            else:
                del self._due[device]
