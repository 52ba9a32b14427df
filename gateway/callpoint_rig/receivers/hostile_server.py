"""A web server that does everything but answer: what a sink may meet, one manner after the other.

Each connection is treated in the next of ``MANNERS``. It never takes anything.
"""

import asyncio
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Final

from callpoint_rig.receivers.listener import Listener

Manner = Callable[[asyncio.StreamWriter], Awaitable[None]]

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SLOW_S: Final = 0.2
_PORTION: Final = 65_536


async def _say(writer: asyncio.StreamWriter, words: bytes) -> None:
    writer.write(words)
    await writer.drain()
    await asyncio.sleep(0)  # while the client reads all of it, drain lets nobody else run


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    """Send headers until the client hangs up."""
    await _say(writer, _OK)
    while True:
        await _say(writer, b"A: b\r\n" * 1000)


async def endless_body(writer: asyncio.StreamWriter) -> None:
    """Refuse with a reason that never ends."""
    await _say(writer, b"HTTP/1.1 400 Bad Request\r\n\r\n")
    while True:
        await _say(writer, b"x" * _PORTION)


async def huge_retry_after(writer: asyncio.StreamWriter) -> None:
    """Ask for a pause whose number of seconds is no number of any machine."""
    head = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: " + b"9" * 5000
    await _say(writer, head + b"\r\n\r\n")


async def negative_chunk(writer: asyncio.StreamWriter) -> None:
    """Announce a chunk of fewer than no bytes."""
    await _say(writer, _CHUNKED + b"-12\r\nabc\r\n")


async def reset(writer: asyncio.StreamWriter) -> None:
    """Reset the connection (SO_LINGER with no time)."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def slow_bytes(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, for ever."""
    for byte in itertools.cycle(b"HTTP/1.1 200 OK A: "):
        await _say(writer, bytes([byte]))
        await asyncio.sleep(_SLOW_S)


async def silence(writer: asyncio.StreamWriter) -> None:
    """Say nothing, and keep the connection."""
    await asyncio.get_running_loop().create_future()


async def garbage(writer: asyncio.StreamWriter) -> None:
    """Send what is no HTTP."""
    await _say(writer, b"\x16\x03\x01\xff\x00\r\n\r\n" * 100)


MANNERS: Final[tuple[Manner, ...]] = (
    endless_headers,
    huge_retry_after,
    negative_chunk,
    reset,
    slow_bytes,
    garbage,
    endless_body,
    silence,
)


class HostileServer(Listener):
    """Treats each connection in the next of its manners."""

    def __init__(self, port: int, manners: tuple[Manner, ...] = MANNERS) -> None:
        super().__init__(port)
        self.met: dict[str, int] = {manner.__name__: 0 for manner in manners}
        self._manners = itertools.cycle(manners)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wait for the head of a request, and misbehave."""
        manner = next(self._manners)
        await reader.readuntil(b"\r\n\r\n")
        self.met[manner.__name__] += 1
        await manner(writer)
