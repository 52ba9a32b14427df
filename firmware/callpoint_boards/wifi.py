"""Wi-Fi that is tried for ever and never waited for.

The driver reports a wrong password for other failures too, and for a moment when an access point
restarts, so nothing is ever forgotten for it. The driver's own endless retries are switched off:
it would refuse a new ``connect`` while it retries. It tells late that a link was left: in the same
turn a new attempt would be taken for failed, so there is a turn between leaving and trying. What
the device was given over Improv (in the store) goes before what its identity says.
"""

import asyncio
import os

import network
from micropython import const

from callpoint_firmware.addresses import is_numeric
from callpoint_firmware.store import WIFI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.clock import Clock
    from callpoint_firmware.store import Store

IDLE = const(0)
CONNECTING = const(1)
ONLINE = const(2)
FAILED = const(3)
_LEAVING = const(4)
_LONGEST_NAME = const(32)
_VAIN = const(3)  # the first attempt often fails for no reason
_TURN_MS = const(500)
_PATIENCE_MS = const(20_000)  # for one attempt
_FIRST_PAUSE_MS = const(1_000)
_LAST_PAUSE_MS = const(60_000)


class Wifi:
    """One station. ``options``: ssid, password, static (address, mask, gateway, DNS), hostname."""

    def __init__(self, options: dict[str, Any], clock: Clock) -> None:
        static, name = options.get("static"), options.get("hostname", "callpoint")
        if static and not (len(static) == 4 and all(is_numeric(part) for part in static)):
            raise ValueError("static: IPv4 addresses: own, mask, gateway, DNS")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise ValueError("hostname: 1 to %d letters" % _LONGEST_NAME)
        self._options = options
        self._clock = clock
        self._store: Store | None = None
        self._wlan: network.WLAN | None = None
        self._network = self._own()
        self._trying_until = 0
        self._pause_until = 0
        self._failures = 0
        self._state = IDLE

    def _own(self) -> tuple[Any, Any]:
        """Return the network that was stored last, else that of the device's settings."""
        found = self._store and self._store.get(WIFI)
        if found:
            end = 1 + found[0]
            return found[1:end], found[end:]
        return self._options.get("ssid"), self._options.get("password")

    def use_store(self, store: Store) -> None:
        """Look into the store from now on."""
        self._store = store
        self._network = self._own()

    def rejoin(self) -> None:
        """Go back to the device's own network, after another was tried in vain."""
        self.connect(*self._own())

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
        self._state = IDLE

    def _leave(self) -> bool:
        """Let go of what the driver has or tries; return whether there was anything."""
        held = self._wlan.status() in (network.STAT_CONNECTING, network.STAT_GOT_IP)
        if held:
            self._wlan.disconnect()
        return held

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
            wlan.connect(ssid, password)
        except OSError:
            self._fail()  # the driver is still busy with the last attempt, or out of memory
            return
        self._state = CONNECTING
        self._trying_until = self._clock.monotonic_ms() + _PATIENCE_MS

    def _fail(self) -> None:
        self._state = FAILED
        self._failures += 1
        wait = min(_LAST_PAUSE_MS, _FIRST_PAUSE_MS << min(self._failures - 1, 6))
        # Half fixed, half random: a building full of devices must not return at once.
        wait = wait // 2 + wait * os.urandom(1)[0] // 510
        self._pause_until = self._clock.monotonic_ms() + wait

    def step(self) -> None:
        """Look at the driver once."""
        now = self._clock.monotonic_ms()
        if self._state in (IDLE, _LEAVING):
            self._try()
        elif self._wlan is not None and self._wlan.isconnected():
            self._state = ONLINE  # be it late, in the pause after an attempt
            self._failures = 0
        elif self._state == FAILED:
            if now >= self._pause_until:
                self._try()
        elif self._state == ONLINE:
            self._fail()  # lost; codes and CONNECTING follow in any order, so start over
        elif now >= self._trying_until or self._is_error(self._wlan.status()):
            self._fail()

    @staticmethod
    def _is_error(code: int) -> bool:
        """A code of an error, or the raw reason of a disconnection."""
        return code not in (
            network.STAT_IDLE,
            network.STAT_CONNECTING,
            network.STAT_GOT_IP,
        )

    async def run(self) -> None:
        while True:
            self.step()
            await asyncio.sleep_ms(_TURN_MS)
