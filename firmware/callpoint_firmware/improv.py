"""Improv over a serial line (improv-wifi.com/serial): Wi-Fi for a board that is at hand.

Whoever holds the cable may set the network; nobody learns one: a password is read, tried and
stored, and never written back. A network is stored only when the board has been online in it;
until then, and when the attempt fails, the stored one is the one to return to.

``port``   ``read()`` -> bytes or None and ``write(bytes)``, neither of which waits
``wifi``   ``connect(ssid, password)`` starts to join, in bytes; ``rejoin()`` gives that up for the
           stored network; ``status()`` of the attempt: 0 idle, 1 joining, 2 online, 3 failed for
           good; ``scan()`` -> (ssid, dBm, secured) of each network, or a coroutine that returns
           them; ``address()``
``store_wifi(ssid, password)`` keeps them
``device`` (firmware, version, chip, name, URL or "", where {} stands for the address)
"""

import asyncio
import time

from micropython import const

from callpoint_firmware.store import WIFI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from callpoint_firmware.board import Board, Line, Wifi
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.store import Store

_HEAD = b"IMPROV\x01"
_SILENCE_MS = const(100)  # after which the rest of a packet does not come
_JOIN_MS = const(30_000)
_POLL_MS = const(20)  # 115,200 baud fill a buffer of 256 bytes in 22 ms
_LEAST = const(12)  # bytes of the shortest command, so a piece of that size holds one at most
_NETWORKS = const(20)

_STATE = const(1)
_ERROR = const(2)
_COMMAND = const(3)
_RESULT = const(4)

_READY = const(2)
_JOINING = const(3)
_PROVISIONED = const(4)

_INVALID = const(1)
_UNKNOWN_COMMAND = const(2)
_UNABLE = const(3)
_NOT_AUTHORISED = const(4)
_BAD_HOST = const(5)
_OTHER = const(255)

_ONLINE = const(2)
_FAILED = const(3)


class Improv:
    def __init__(
        self,
        port: Line,
        wifi: Wifi,
        store_wifi: Callable[[bytes, bytes], None],
        device: tuple[str, ...],
    ) -> None:
        self._port = port
        self._wifi = wifi
        self._store_wifi = store_wifi
        self._device = device
        self._packet = bytearray(265)
        self._packet[:7] = _HEAD
        self._count = 0  # bytes of the packet that have come
        self._heard_at = 0
        self._attempted: tuple[bytes, bytes] | None = None  # the network that is being tried
        self._attempt_until = 0
        self._scanning: asyncio.Task[None] | None = None
        self._state = 0  # as last told

    def feed(self, data: bytes) -> None:
        """Take what came over the line, log text and all, and obey what is a command."""
        packet = self._packet
        for byte in data:
            at = self._count
            if at < 7 and byte != _HEAD[at]:
                self._count = 1 if byte == 0x49 else 0  # only the first letter is an I
                continue
            packet[at] = byte
            self._count = at + 1
            if at > 8 and at == packet[8] + 9:
                self._count = 0
                self._take_packet(memoryview(packet)[: at + 1])

    async def run(self) -> None:
        """Serve the line for ever."""
        while True:
            data = self._port.read()
            now = time.ticks_ms()
            if self._count and time.ticks_diff(now, self._heard_at) > _SILENCE_MS:
                self._count = 0
            if data:
                self._heard_at = now
                for at in range(0, len(data), _LEAST):
                    self.feed(data[at : at + _LEAST])
                    await asyncio.sleep_ms(0)
            if self._attempted:
                self._watch_attempt()
            elif self._current_state() != self._state:
                self._send_state()
            await asyncio.sleep_ms(_POLL_MS)

    # Packets.

    def _send(self, kind: int, body: bytes | bytearray) -> None:
        packet = _HEAD + bytes((kind, len(body))) + body
        # Between line feeds: clients look for packets at the beginning of a line.
        self._port.write(b"\n" + packet + bytes((sum(packet) & 0xFF, 10)))

    def _fail(self, error: int) -> None:
        self._send(_ERROR, bytes((error,)))

    def _current_state(self) -> int:
        if self._attempted:
            return _JOINING
        return _PROVISIONED if self._wifi.status() == _ONLINE else _READY

    def _send_state(self) -> None:
        self._state = self._current_state()
        self._send(_STATE, bytes((self._state,)))

    def _send_result(self, command: int, texts: Iterable[str | bytes]) -> None:
        """Send a result; what does not fit into 255 bytes is cut off."""
        body = bytearray((command, 0))
        for text in texts:
            if isinstance(text, str):
                text = text.encode()
            room = 254 - len(body)
            if room < 0:
                break
            text = text[:room]
            body.append(len(text))
            body += text
        body[1] = len(body) - 2
        self._send(_RESULT, body)

    def _urls(self) -> tuple[str, ...]:
        url = self._device[4]
        return (url.replace("{}", self._wifi.address() or ""),) if url else ()

    # Commands.

    def _take_packet(self, packet: memoryview) -> None:
        if packet[7] != _COMMAND:
            return  # an echo of our own
        length = packet[8]
        if length < 2 or packet[10] != length - 2 or sum(packet[:-1]) & 0xFF != packet[-1]:
            self._fail(_INVALID)
        else:
            self._obey(packet[9], bytes(packet[11:-1]))
        for at in range(9, len(packet)):
            packet[at] = 0  # there may have been a password

    def _obey(self, command: int, body: bytes) -> None:
        self._fail(0)
        if command == 1:
            self._join(body)
        elif command == 2:
            self._send_state()
            if self._state == _PROVISIONED:
                self._send_result(2, self._urls())
        elif command == 3:
            self._send_result(3, self._device[:4])
        elif command == 4:
            if not self._scanning:
                self._scanning = asyncio.create_task(self._scan())
        elif command == 5 or command == 6:
            # The name is the device's identity, which is not changed over this line.
            name = self._device[3].encode()
            if body and body != name:
                self._fail(_BAD_HOST if command == 5 else _NOT_AUTHORISED)
            else:
                self._send_result(command, (name,))
        elif command == 7:
            online = self._wifi.status() == _ONLINE
            self._send_result(7, ("3",) + self._urls() if online else ("2",))
        else:
            self._fail(_UNKNOWN_COMMAND)

    def _join(self, body: bytes) -> None:
        end = 1 + body[0] if body else 0
        ssid, password = body[1:end], body[end + 1 :]
        said = body[end] if end < len(body) else -1
        if not 1 < end < 34 or said != len(password) or said > 64:
            self._fail(_INVALID)
            return
        self._attempted = (ssid, password)
        self._attempt_until = time.ticks_add(time.ticks_ms(), _JOIN_MS)
        self._send_state()
        try:
            self._wifi.connect(ssid, password)
        except (OSError, RuntimeError, ValueError):
            self._give_up(_UNABLE)

    def _watch_attempt(self) -> None:
        """Look after the network that is being tried."""
        status = self._wifi.status()
        if status == _ONLINE:
            try:
                self._store_wifi(*self._attempted)
            except (OSError, ValueError):
                self._give_up(_OTHER)
                return
            self._attempted = None
            self._send_state()
            self._send_result(1, self._urls())
        elif status == _FAILED or time.ticks_diff(time.ticks_ms(), self._attempt_until) > 0:
            self._give_up(_UNABLE)

    def _give_up(self, error: int) -> None:
        self._attempted = None
        self._fail(error)
        self._state = _READY
        self._send(_STATE, bytes((_READY,)))
        self._wifi.rejoin()

    async def _scan(self) -> None:
        try:
            found = self._wifi.scan()
            if hasattr(found, "send"):
                found = await found
            best: dict[bytes, tuple[int, bool]] = {}
            for ssid, strength, secured in found:
                if ssid and (ssid not in best or best[ssid][0] < strength):
                    best[ssid] = (strength, secured)
            for ssid in sorted(best, key=lambda ssid: -best[ssid][0])[:_NETWORKS]:
                strength, secured = best[ssid]
                self._send_result(4, (ssid, str(strength), "YES" if secured else "NO"))
                await asyncio.sleep_ms(_POLL_MS)  # the line is slower than the loop
            self._send_result(4, ())
        except (OSError, RuntimeError):
            self._fail(_OTHER)
        finally:
            self._scanning = None


def serve(
    board: Board, settings: Settings, store: Store, firmware: str
) -> Coroutine[Any, Any, None]:
    """Return what serves Improv on a board that has a line for it."""

    def store_wifi(ssid: bytes, password: bytes) -> None:
        store.put(WIFI, bytes((len(ssid),)) + ssid + password)

    port, wifi, chip = board.provisioning
    device = ("callpoint", firmware, chip, settings.device, settings.board.get("url", ""))
    return Improv(port, wifi, store_wifi, device).run()
