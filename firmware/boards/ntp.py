"""SNTP (RFC 4330) without blocking, and without believing everybody.

A reply counts if it comes from the server that was asked, carries our own random timestamp as the
originate one, is from a server (mode 4) of stratum 1 to 15 whose clock is set, and no kiss of
death. Until the first one the device has no wall time. The system clock is then at least at the
time when the identity was made, so that certificates made before can be verified: see README.
"""

import asyncio
import os
import socket
import struct
import time

from micropython import const

PORT = const(123)
_POLL_MS = const(20)
_PATIENCE_MS = const(2_000)
_AGAIN_MS = const(15_000)
_HOUR_MS = const(3_600_000)
_UNIX_1900 = 2_208_988_800
_ERA = 1 << 32
_LEAST_UNIX_S = 1_577_836_800  # 2020: an earlier clock was never set


def request(nonce):
    """Return a question: version 4, client, our 8 random bytes as transmit timestamp."""
    return b"\x23" + bytes(39) + nonce


def unix_ms(body, nonce):
    """Return the server's time in Unix ms, or None if the reply is not to be believed."""
    if len(body) < 48 or body[24:32] != nonce:
        return None
    if body[0] & 7 != 4 or body[0] >> 6 == 3 or not 0 < body[1] < 16:
        return None
    seconds, fraction = struct.unpack_from(">II", body, 40)
    unix = seconds - _UNIX_1900
    if unix < _LEAST_UNIX_S:
        unix += _ERA  # era 1 begins in February 2036
    return unix * 1000 + (fraction >> 12) * 1000 // (1 << 20)


class Time:
    """Sets the clock from a server, every hour, and again soon when that fails."""

    def __init__(self, server, clock, set_system, port=PORT):
        """``server()`` returns a numeric address or None; ``set_system(unix seconds)``."""
        self._server = server
        self._clock = clock
        self._set_system = set_system
        self._port = port

    async def once(self):
        """Ask once; return whether the clock was set."""
        server = self._server()
        if not server:
            return False
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.connect(socket.getaddrinfo(server, self._port)[0][-1])
            nonce = os.urandom(8)
            sock.send(request(nonce))
            began = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), began) < _PATIENCE_MS:
                try:
                    body = sock.recv(64)
                except OSError:
                    body = None
                found = unix_ms(body, nonce) if body else None
                if found:
                    # Half of the way there and back has passed since the server wrote it.
                    found += time.ticks_diff(time.ticks_ms(), began) // 2
                    self._clock.set_wall(found)
                    self._set_system(found // 1000)
                    return True
                await asyncio.sleep_ms(_POLL_MS)
        except OSError:
            return False
        finally:
            sock.close()
        return False

    async def run(self):
        while True:
            done = await self.once()
            await asyncio.sleep_ms(_HOUR_MS if done else _AGAIN_MS)
