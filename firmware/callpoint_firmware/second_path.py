"""The second way to the gateway: a sealed event over CoAP, where MQTT does not get through.

One event at a time. The answer is an acknowledgement that only the gateway can have sealed, and
which names the event, so that neither a forged nor a repeated one does harm. What fails is said
by returning nothing: the event stays in the spool and is tried again on both ways.
"""

import asyncio
import os
import socket
import time

from micropython import const

from callpoint_firmware import coap
from callpoint_protocol.names import ACK, EVENT, MAX_BODY
from callpoint_protocol.seal import SEAL, Sealer
from callpoint_protocol.topics import topic

_POLL_MS = const(10)
_TRY_MS = const(2_000)  # ACK_TIMEOUT of RFC 7252, section 4.8; doubled at each try
_TRIES = const(3)
_CHANGED = const(0x44)


class SecondPath:
    """``exchange`` from one task only. ``after_ms``: how long MQTT has to get through alone."""

    def __init__(self, settings):
        self.after_ms = settings.second["after_s"] * 1000
        self._host = settings.second["host"]
        self._port = settings.second["port"]
        self._sealer = Sealer(settings.second["key"])
        self._event = topic(settings.site, settings.device, EVENT)
        self._ack = topic(settings.site, settings.device, ACK)
        self._number = int.from_bytes(os.urandom(2), "big")
        self._datagram = bytearray(MAX_BODY + SEAL)

    async def exchange(self, body):
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

    async def _answer(self, sock, message, token):
        wait = _TRY_MS
        for _ in range(_TRIES):
            sock.send(message)
            began = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), began) < wait:
                found, body = self._read(sock, token)
                if found:
                    return body
                if found is None:
                    await asyncio.sleep_ms(_POLL_MS)
            wait *= 2
        return None

    def _read(self, sock, token):
        """Read one datagram: (None, None) if there is none, (True, body) if it is the answer."""
        try:
            count = sock.readinto(self._datagram)
        except OSError:
            count = None  # nobody listens there now; the next try may find somebody
        if count is None:
            return None, None
        parsed = coap.parse(memoryview(self._datagram)[:count])
        if not parsed or parsed[3] != token:
            return False, None
        kind, code, number, _, payload = parsed
        if kind == coap.CON:
            sock.send(coap.empty(coap.ACK, number))
        if code != _CHANGED:
            return True, None
        try:
            return True, self._sealer.open(self._ack, payload)
        except ValueError:
            return False, None
