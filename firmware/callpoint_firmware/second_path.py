"""The second way to the gateway: a sealed event over CoAP, where MQTT does not get through.

One event at a time. The answer is an acknowledgement that only the gateway can have sealed, and
which names the event, so that neither a forged nor a repeated one does harm. What fails is said
by returning nothing: the event stays in the spool and is tried again on both ways.
"""

import asyncio
import os
import select
import socket
import time

from micropython import const

from callpoint_firmware import coap
from callpoint_protocol.names import ACK, EVENT
from callpoint_protocol.seal import Sealer
from callpoint_protocol.topics import topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.settings import Settings

_TRY_MS = const(2_000)  # ACK_TIMEOUT of RFC 7252, section 4.8
_POLL_MS = const(10)
_TRIES = const(3)
_MOST = const(256)  # an acknowledgement has at most 58 bytes, and its seal 32
_EMPTY = const(0)
_CHANGED = const(0x44)


class SecondPath:
    """``exchange`` from one task only. ``after_ms``: how long MQTT has to get through alone."""

    def __init__(self, settings: Settings, try_ms: int = _TRY_MS) -> None:
        """``try_ms``: patience for the first answer; doubled at each try."""
        self._try_ms = try_ms
        self.after_ms = settings.second["after_s"] * 1000
        self._host = settings.second["host"]
        self._port = settings.second["port"]
        self._sealer = Sealer(settings.second["key"])
        self._event = topic(settings.site, settings.device, EVENT)
        self._ack = topic(settings.site, settings.device, ACK)
        self._number = int.from_bytes(os.urandom(2), "big")

    async def exchange(self, body: bytes) -> bytes | None:
        """Send an event's body; return the acknowledgement's, None if there was none."""
        self._number = (self._number + 1) & 0xFFFF
        token = os.urandom(4)
        sealed = self._sealer.seal(self._event, body)
        message = coap.request(self._number, token, self._event, sealed)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            # A connected socket takes datagrams from the gateway only.
            sock.connect(socket.getaddrinfo(self._host, self._port)[0][-1])
            return await self._answer(sock, message, token)
        except OSError:
            return None
        finally:
            sock.close()

    async def _answer(self, sock: socket.socket, message: bytes, token: bytes) -> bytes | None:
        # Half as long again at most, by chance (section 4.2): a house is not to call at once.
        wait = self._try_ms + self._try_ms * os.urandom(1)[0] // 512
        taken = False
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        for _ in range(_TRIES):
            if not taken:
                sock.send(message)
            began = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), began) < wait:
                heard = self._read(sock, poller)
                # After each datagram too: anybody may send as many as the device can read.
                await asyncio.sleep_ms(_POLL_MS if heard is None else 0)
                if not heard:
                    continue
                kind, code, number, its_token, payload = heard
                if code == _EMPTY:
                    if number == self._number:
                        if kind == coap.RST:
                            return None
                        taken = taken or kind == coap.ACK  # the answer comes by itself
                    continue
                if its_token != token or (kind == coap.ACK and number != self._number):
                    continue
                if kind == coap.CON:
                    sock.send(coap.empty(coap.ACK, number))
                if code != _CHANGED:
                    return None
                try:
                    return self._sealer.open(self._ack, payload)
                except ValueError:
                    pass  # somebody else's
            wait *= 2
        return None

    @staticmethod
    def _read(sock: socket.socket, poller: Any) -> Any:
        """Return the next message, None if nothing has come, False for what is no message."""
        if not poller.poll(0):
            return None
        try:
            # Not ``readinto``: that goes on into the next datagram until its buffer is full.
            return coap.parse(sock.recv(_MOST)) or False
        except OSError:
            return None  # nobody listens there now; the next try may find somebody
