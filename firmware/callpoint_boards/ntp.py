"""SNTP (RFC 4330) without blocking, and without believing everybody.

A reply counts if it comes from the server that was asked, carries our own random timestamp as the
originate one, is from a server (mode 4) of stratum 1 to 15 whose clock is set, and says a time
between the making of the identity and 2100. A server that says *kiss of death* is left alone for
an hour. Once the clock is set, a jump of over a minute is believed when the next answer agrees.
Until the first answer the device has no wall time. The system clock is then at least at the time
when the identity was made, so that certificates made before can be verified: see README.
"""

import asyncio
import os
import socket
import struct
import sys
import time

from micropython import const

from callpoint_firmware.addresses import is_numeric

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.clock import Clock

PORT = const(123)
_POLL_MS = const(20)
_PATIENCE_MS = const(2_000)
_AGAIN_MS = const(15_000)
_HOUR_MS = const(3_600_000)
_UNIX_1900 = 2_208_988_800
_ERA = 1 << 32
_LEAST_UNIX_S = 1_577_836_800  # 2020: an earlier clock was never set
_MOST_UNIX_S = 4_102_444_800  # 2100
_DAY_S = const(86_400)  # the clock of the PC that made the identity may have been wrong
_JUMP_MS = const(60_000)
_AGREE_MS = const(3_000)
_TOLD_MS = const(1_000)
_OFFLINE_MS = const(2_000)
_MOST_DOUBLINGS = const(8)
KISS = const(-1)


def request(nonce: bytes) -> bytes:
    """Return a question: version 4, client, our 8 random bytes as transmit timestamp."""
    return b"\x23" + bytes(39) + nonce


def unix_ms(body: bytes, nonce: bytes) -> int | None:
    """Return the server's time in Unix ms, None if the reply is not to be believed, or KISS."""
    if len(body) < 48 or body[24:32] != nonce or body[0] & 7 != 4:
        return None
    if not body[1]:
        return KISS
    seconds, fraction = struct.unpack_from(">II", body, 40)
    if body[0] >> 6 == 3 or body[1] > 15 or not (seconds or fraction):
        return None
    unix = seconds - _UNIX_1900
    if unix < _LEAST_UNIX_S:
        unix += _ERA  # era 1 begins in February 2036
    if unix > _MOST_UNIX_S:
        return None
    return unix * 1000 + (fraction >> 12) * 1000 // (1 << 20)


class Time:
    """Sets the clock from a server, every hour, and again soon when that fails."""

    def __init__(
        self,
        server: Callable[[], str | None],
        clock: Clock,
        set_system: Callable[[int], None],
        made: int = 0,
        dns: Callable[[], tuple[str, int] | None] | None = None,
        port: int = PORT,
    ) -> None:
        """``server()``: an address, a name, or None while there is no network.

        ``set_system(unix seconds)``; ``made``: Unix seconds that have certainly passed; ``dns()``:
        (address, port) of who knows names, or None.
        """
        self._server = server
        self._clock = clock
        self._set_system = set_system
        self._made = made or 0
        self._dns = dns
        self._port = port
        self._named: tuple[str, str] | None = None  # the server's name and its address
        self._doubted: int | None = None  # what an answer made of the clock that was not believed
        self._failures = 0

    async def _address(self, server: str) -> str:
        """Return the server's address; OSError if its name is not known now."""
        if is_numeric(server):
            return server
        if not self._named or self._named[0] != server:
            from callpoint_firmware.dns import address_of

            resolver = self._dns and self._dns()
            if not resolver:
                raise OSError("DNS: no server")
            self._named = server, await address_of(server, *resolver)
        return self._named[1]

    def _set_clock(self, found: int) -> bool:
        """Set the clock, if that is to be believed; return whether it was."""
        if found // 1000 < self._made - _DAY_S:
            self._log("server is before the identity")
            return False
        before = self._clock.wall_ms()
        offset = found - self._clock.monotonic_ms()
        step = 0 if before is None else found - before
        if abs(step) > _JUMP_MS and (
            self._doubted is None or abs(offset - self._doubted) > _AGREE_MS
        ):
            self._doubted = offset
            self._log("off by %d s, asking again" % (step // 1000))
            return False
        self._doubted = None
        if abs(step) > _TOLD_MS:
            self._log("moved by %d ms" % step)
        self._clock.set_wall(found)
        self._set_system(found // 1000)
        return True

    @staticmethod
    def _log(what: str) -> None:
        sys.stderr.write("time: %s\n" % what)

    async def once(self) -> bool | None:
        """Ask once; return whether the clock was set, None if there is nobody to ask."""
        server = self._server()
        if not server:
            return None
        found = None
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            address = await self._address(server)
            sock.setblocking(False)
            # Connected, it takes datagrams from this server only.
            sock.connect(socket.getaddrinfo(address, self._port)[0][-1])
            found = await self._ask(sock)
        except OSError:
            pass
        finally:
            sock.close()
        if found is None:
            self._failures += 1
            self._named = None  # it may have moved
        elif found == KISS:
            self._failures = _MOST_DOUBLINGS + 1
        elif self._set_clock(found):
            self._failures = 0
            return True
        else:
            self._failures = 1
        return False

    async def _ask(self, sock: socket.socket) -> int | None:
        """Return what ``unix_ms`` makes of the first answer that counts, None if none comes."""
        nonce = os.urandom(8)
        sock.send(request(nonce))
        began = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), began) < _PATIENCE_MS:
            try:
                body = sock.recv(64)
            except OSError:
                body = None
            found = unix_ms(body, nonce) if body else None
            if found is not None:
                # Half of the way there and back has passed since the server wrote it.
                way = time.ticks_diff(time.ticks_ms(), began) // 2
                return found if found == KISS else found + way
            await asyncio.sleep_ms(_POLL_MS)
        return None

    def pause(self, done: bool | None) -> int:
        """Return ms until the next question: an hour, or 15 s and longer after each failure."""
        if done is None:
            return _OFFLINE_MS
        if done or self._failures > _MOST_DOUBLINGS:
            wait = _HOUR_MS
        else:
            wait = min(_HOUR_MS, _AGAIN_MS << (self._failures - 1))
        # Up to a quarter earlier: devices that started together must not ask together.
        return wait - wait // 4 * os.urandom(1)[0] // 255

    async def run(self) -> None:
        while True:
            await asyncio.sleep_ms(self.pause(await self.once()))
