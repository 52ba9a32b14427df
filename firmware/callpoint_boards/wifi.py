"""Wi-Fi that is tried for ever and never waited for.

The driver reports a wrong password for other failures too, and for a moment when an access point
restarts, so nothing is ever forgotten for it. The driver's own endless retries are switched off:
it would refuse a new ``connect`` while it retries. It tells late that a link was left: in the same
turn a new attempt would be taken for failed, so there is a turn between leaving and trying. Its
last reason stays until there is an address, even while it joins: only another reason than before
the attempt tells that the attempt failed at once.

What the device was given over Improv (in the store) goes before what its identity says; after
every three attempts in vain the next is tried: the stored one, one that was told over the air
(``wifi_change``), the identity's. Of several access points with the
name the strongest is asked by its address, every second time, so that one that refuses is not
the only one. A driver that says that it is online while the broker is out of reach is started
anew after five minutes, then more rarely.
"""

import asyncio
import os

import network
from micropython import const

from callpoint_firmware.addresses import is_numeric
from callpoint_firmware.store import OTHER_WIFI, WIFI
from callpoint_protocol.board_settings import network_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.clock import Clock
    from callpoint_firmware.store import Store

IDLE = const(0)
CONNECTING = const(1)
ONLINE = const(2)
FAILED = const(3)
_LEAVING = const(4)
_VAIN = const(3)  # the first attempt often fails for no reason
_TURN_MS = const(500)
_PATIENCE_MS = const(20_000)  # for one attempt
_DOUBT_MS = const(8_000)  # for one that may have failed for the same reason as the last
_ALONE_MS = const(300_000)  # online without the broker
_LONGEST_ALONE_MS = const(3_600_000)
_FIRST_PAUSE_MS = const(1_000)
_LAST_PAUSE_MS = const(60_000)
_HEAD = const(5)  # of the other network in the store; see ``wifi_change``


def _parts(found: bytes) -> tuple[bytes, bytes]:
    """Return the name and the password of a network in the store."""
    end = 1 + found[0]
    return found[1:end], found[end:]


class Wifi:
    """One station. ``options``: ssid, password, static (address, mask, gateway, DNS), hostname.

    ``scans``: it may look for the strongest access point, which holds up everything for seconds.
    """

    def __init__(self, options: dict[str, Any], clock: Clock, scans: bool = True) -> None:
        fault = network_fault(options, is_numeric)
        if fault:
            raise ValueError(fault)
        self._options = options
        self._clock = clock
        self._store: Store | None = None
        self._wlan: network.WLAN | None = None
        self._network = self._own()
        self._given = False  # it was given just now, and no other is tried
        self._scans = scans
        self._by_address = scans  # whether the next attempt is at the strongest access point
        self._held = False  # the driver has, or tries, what it was asked for
        self._before = network.STAT_IDLE  # the driver's status before the attempt
        self._reached: Callable[[], bool] | None = None
        self._reached_at = 0
        self._alone_ms = _ALONE_MS
        self._doubt_until = 0
        self._trying_until = 0
        self._pause_until = 0
        self._failures = 0
        self._state = IDLE

    def _own(self) -> tuple[Any, Any]:
        """Return the network that was stored last, else that of the device's settings."""
        found = self._store and self._store.get(WIFI)
        if found:
            return _parts(found)
        return self._options.get("ssid"), self._options.get("password")

    def current(self) -> tuple[bytes, bytes]:
        """Return the name and the password of the network that is tried or used, in bytes."""
        ssid, password = (part or b"" for part in self._network)
        return (
            ssid.encode() if isinstance(ssid, str) else ssid,
            password.encode() if isinstance(password, str) else password,
        )

    def use_store(self, store: Store) -> None:
        """Look into the store from now on."""
        self._store = store
        self._network = self._own()

    def watch(self, reached: Callable[[], bool]) -> None:
        """Have ``reached()`` tell from now on whether the broker is reached over this network."""
        self._reached = reached

    def rejoin(self) -> None:
        """Go back to the device's own network, after another was tried in vain."""
        self.connect(*self._own())
        self._given = False

    def _station(self) -> network.WLAN:
        if self._wlan is None:
            if self._options.get("hostname"):
                network.hostname(self._options["hostname"])
            wlan = network.WLAN(network.WLAN.IF_STA)
            wlan.active(True)
            # Power saving delays what comes in, the answer to an alarm as well, by 100 to 300 ms.
            wlan.config(pm=network.WLAN.PM_NONE, reconnects=0)
            if self._options.get("static"):
                wlan.ifconfig(tuple(self._options["static"]))
            self._wlan = wlan
        return self._wlan

    def connect(self, ssid: str | bytes | None, password: str | bytes | None) -> None:
        """Try this network now; returns at once. ``status`` tells what becomes of it."""
        self._network = (ssid, password)
        self._given = True
        self._failures = 0
        self._try()

    def status(self) -> int:
        """Return IDLE, CONNECTING, ONLINE, or FAILED after three attempts in vain."""
        if self._state == _LEAVING or (self._state == FAILED and self._failures < _VAIN):
            return CONNECTING
        return self._state

    def address(self) -> str | None:
        """Return the device's address as text, None while it has none."""
        return self._wlan.ifconfig()[0] if self._state == ONLINE else None

    def dns(self) -> str | None:
        """Return the address of the network's DNS server, None while there is no network."""
        return self._wlan.ifconfig()[3] if self._state == ONLINE else None

    def rssi(self) -> int | None:
        """Return the signal in dBm, None while there is no network."""
        if self._state != ONLINE:
            return None
        try:
            return self._wlan.status("rssi")
        except OSError:
            return None  # lost since the last look

    def scan(self) -> list[tuple[bytes, int, bool]]:
        """Return (ssid, dBm, secured) of what is near; blocks for seconds: provisioning only."""
        found = self._station().scan()
        return [(ssid, rssi, security != 0) for ssid, _, _, rssi, security, _ in found]

    def off(self) -> None:
        """Switch the radio off, as before deep sleep."""
        if self._wlan is not None:
            try:
                self._wlan.active(False)
            except OSError:
                pass  # the sleep that follows takes its power
            self._wlan = None
        self._held = False
        self._state = IDLE

    def _leave(self) -> bool:
        """Let go of what the driver has or tries; return whether there was anything."""
        held = self._held
        if held:
            self._held = False
            self._wlan.disconnect()
        return held

    def _strongest(self, ssid: str | bytes) -> bytes | None:
        """Return the address of the strongest access point of a name; blocks for seconds."""
        name = ssid.encode() if isinstance(ssid, str) else ssid
        best, strength = None, -200
        for found, address, _, rssi, _, _ in self._wlan.scan():
            if found == name and rssi > strength:
                best, strength = address, rssi
        return best

    def _try(self) -> None:
        ssid, password = self._network
        try:
            if not ssid:
                self._state = IDLE
                if self._wlan is not None:
                    self._leave()
                return
            wlan = self._station()
            if self._leave():
                self._state = _LEAVING
                return
            address = self._strongest(ssid) if self._by_address else None
            self._by_address = self._scans and not self._by_address
            self._before = wlan.status()
            self._held = True
            wlan.connect(ssid, password, bssid=address)
        except OSError:
            self._fail()  # the driver is still busy with the last attempt, or out of memory
            return
        self._state = CONNECTING
        now = self._clock.monotonic_ms()
        self._doubt_until = now + _DOUBT_MS
        self._trying_until = now + _PATIENCE_MS

    def _fail(self) -> None:
        self._state = FAILED
        self._failures += 1
        if self._failures % _VAIN == 0 and not self._given:
            self._network = self._other()
        wait = min(_LAST_PAUSE_MS, _FIRST_PAUSE_MS << min(self._failures - 1, 6))
        # Half fixed, half random: a building full of devices must not return at once.
        wait = wait // 2 + wait * os.urandom(1)[0] // 510
        self._pause_until = self._clock.monotonic_ms() + wait

    def _other(self) -> tuple[Any, Any]:
        """Return what is tried next: the stored network, the other one, the identity's."""
        known = [self._own()]
        other = self._store and self._store.get(OTHER_WIFI)
        if other and len(other) > _HEAD:
            known.append(_parts(other[_HEAD:]))
        if self._options.get("ssid"):
            known.append((self._options["ssid"], self._options.get("password")))
        for place in range(len(known) - 1):
            if self._network == known[place] != known[place + 1]:
                return known[place + 1]
        return known[0]

    def _is_alone(self, now: int) -> bool:
        """Say whether the network has brought nothing to the broker for too long."""
        if self._reached is None or self._reached():
            self._reached_at = now
            self._alone_ms = _ALONE_MS
            return False
        if now - self._reached_at < self._alone_ms:
            return False
        self._alone_ms = min(2 * self._alone_ms, _LONGEST_ALONE_MS)
        return True

    def step(self) -> None:
        """Look at the driver once."""
        now = self._clock.monotonic_ms()
        if self._state in (IDLE, _LEAVING):
            self._try()
        elif self._wlan is not None and self._wlan.isconnected():
            if self._state != ONLINE:  # be it late, in the pause after an attempt
                self._state = ONLINE
                self._reached_at = now
            self._failures = 0
            if self._is_alone(now):
                self.off()
        elif self._state == FAILED:
            if now >= self._pause_until:
                self._try()
        elif self._state == ONLINE:
            self._held = self._given = False
            self._fail()  # lost; codes and CONNECTING follow in any order, so start over
        elif now >= self._trying_until or self._has_failed(self._wlan.status(), now):
            self._fail()

    def _has_failed(self, code: int, now: int) -> bool:
        """Judge a code of an error, or the raw reason of a disconnection, during an attempt."""
        if code == self._before and now < self._doubt_until:
            return False
        if code != self._before:
            self._before = network.STAT_IDLE
        return code not in (
            network.STAT_IDLE,
            network.STAT_CONNECTING,
            network.STAT_GOT_IP,
        )

    async def run(self) -> None:
        while True:
            self.step()
            await asyncio.sleep_ms(_TURN_MS)
