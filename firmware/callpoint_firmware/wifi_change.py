"""Another Wi-Fi network, told over the air: tried, and the old one kept to fall back on.

The other network stands in the store beside the one in use. It waits there until it is tried (at
once, or when the own one is lost, which ``wifi`` does); when the broker was reached over it, the
two change places, and the old one stays for a day. One that was tried in vain is forgotten.
Nothing of it is ever printed or sent.
"""

from micropython import const

from callpoint_firmware.store import OTHER_WIFI, WIFI
from callpoint_protocol.messages import network_in
from callpoint_protocol.names import WIFI_USED, WIFI_VAIN, WIFI_WAITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Wifi
    from callpoint_firmware.clock import Clock
    from callpoint_firmware.link import Link
    from callpoint_firmware.store import Store

HEAD = const(5)  # state and end in front of the network
_KEPT_S = const(86_400)
_QUIET_MS = const(5_000)  # to tell that the order was obeyed, before the link goes
_ONLINE = const(2)


class WifiChange:
    """Keeps the other network. ``step`` about once a second."""

    def __init__(self, store: Store, wifi: Wifi, link: Link, clock: Clock) -> None:
        self._store = store
        self._wifi = wifi
        self._link = link
        self._clock = clock
        self._begin_at = 0  # of the trial, ms
        self._until = 0
        self._trial_ms = 0
        self._doubted = False  # online over the other network: now the link must prove itself

    @property
    def state(self) -> int:
        """What became of the last network that was told, 0 if none was."""
        kept = self._store.get(OTHER_WIFI)
        return kept[0] if kept else 0

    @property
    def busy(self) -> bool:
        return bool(self._trial_ms)

    def take(self, body: bytes, seconds: int) -> None:
        """Keep a network, and with ``seconds`` try it that long; pass over a malformed one."""
        try:
            network = network_in(body)
        except ValueError:
            return
        if network == self._store.get(WIFI):
            self._keep(WIFI_USED, b"")
            return
        self._keep(WIFI_WAITS, network)
        if seconds:
            self._trial_ms = seconds * 1000
            self._begin_at = self._clock.monotonic_ms() + _QUIET_MS

    def step(self) -> None:
        """Go on with a trial; notice that the other network has come into use by itself."""
        kept = self._store.get(OTHER_WIFI)
        if not kept:
            return
        now = self._clock.monotonic_ms()
        network = kept[HEAD:]
        if kept[0] == WIFI_WAITS and network:
            if self._trial_ms and not self._until:
                if self._link.idle or now >= self._begin_at:
                    self._until = now + self._trial_ms
                    self._wifi.connect(*_parts(network))
            elif self._uses(network):
                self._promote(network)
            elif self._until and now >= self._until:
                self._end()
                self._keep(WIFI_VAIN, b"")
                self._wifi.rejoin()
                self._link.report()
        elif len(network) and self._is_over(kept):
            self._keep(kept[0], b"")

    def _uses(self, network: bytes) -> bool:
        """Say whether the broker was reached over this network."""
        if self._wifi.status() != _ONLINE or self._wifi.current() != _parts(network):
            self._doubted = False
            return False
        if not self._doubted:
            self._doubted = True
            self._link.doubt()
            return False
        return self._link.proven

    def _promote(self, network: bytes) -> None:
        """Have the two networks change places: the new one first, and it is never lost."""
        old = self._store.get(WIFI) or b""
        self._store.put(WIFI, network)
        self._keep(WIFI_USED, old)
        self._end()
        self._link.report()

    def _end(self) -> None:
        self._trial_ms = self._until = 0
        self._doubted = False

    def _is_over(self, kept: bytes) -> bool:
        end = int.from_bytes(kept[1:HEAD], "little")
        wall_ms = self._clock.wall_ms()
        return bool(end and wall_ms and wall_ms // 1000 > end)

    def _keep(self, state: int, network: bytes) -> None:
        wall_ms = self._clock.wall_ms()
        end = wall_ms // 1000 + _KEPT_S if wall_ms and state == WIFI_USED else 0
        self._store.put(OTHER_WIFI, bytes((state,)) + end.to_bytes(4, "little") + network)


def _parts(network: bytes) -> tuple[bytes, bytes]:
    end = 1 + network[0]
    return network[1:end], network[end:]
