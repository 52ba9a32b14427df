"""The connection to an alarm receiver, over TCP or UDP: it takes whole frames and returns bytes.

A centre's path needs only ``Link`` and a function that opens one. Over TCP a frame leaves in one
write with Nagle's algorithm off, because some receivers take each read for one frame. TLS is 1.2
at least, and the receiver's certificate must be valid for the host.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

from callpoint_gateway.configuration.http_server import trust
from callpoint_gateway.transport.addresses import NEXT_AFTER_S, is_literal
from callpoint_gateway.words.said import NOTHING, Said, said, said_by

# A peer that sends so many bytes without being asked is no alarm receiver.
_MOST_UNREAD: Final = 65_536


def no_connection(host: str, port: int, error: OSError | None = None) -> tuple[Said, Said]:
    """Return reason and remedy of an ``error`` that prevented a connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = said("server.untrusted", why=error.verify_message)
        return why, said("centre.untrusted.do", host=host)
    why = NOTHING if error is None else said_by(error)
    return why, said("centre.no_connection.do", host=host, port=port)


class Link(Protocol):
    """One open connection to a receiver."""

    @property
    def ended(self) -> bool:
        """Whether the connection has ended; nothing more will come."""

    def send(self, frame: bytes) -> None:
        """Hand one whole frame to the network."""

    def take(self) -> bytes:
        """Return the bytes that have arrived since the last call, without waiting."""

    async def arrival(self) -> None:
        """Wait until there is something to take or the link has ended."""

    def close(self) -> None:
        """Close the connection."""


OpenLink = Callable[[str, int], Awaitable[Link]]


class _Arrivals:
    """The bytes that a receiver has sent and nobody has taken yet."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._news = asyncio.Event()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the receiver closed, the connection broke, or no receiver listens there."""
        return self._ended

    def _end(self) -> None:
        self._ended = True
        self._news.set()

    def take(self) -> bytes:
        """Return and forget the bytes received so far."""
        taken = bytes(self._unread)
        self._unread.clear()
        if not self._ended:
            self._news.clear()
        return taken

    async def arrival(self) -> None:
        """Wait for bytes or the end."""
        await self._news.wait()


class TcpLink(_Arrivals, asyncio.Protocol):
    """A TCP connection as a ``Link``."""

    def __init__(self) -> None:
        super().__init__()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Switch Nagle's algorithm off."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Keep the bytes until they are taken; end a connection that sends too many."""
        self._unread += data
        if len(self._unread) > _MOST_UNREAD:
            self.close()
        self._news.set()

    def eof_received(self) -> None:
        """End the link: the receiver sends nothing more, and asyncio closes the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the link, whichever side closed the connection."""
        self._end()

    def send(self, frame: bytes) -> None:
        """Write one frame at once; a receiver that reads nothing is hung up on."""
        if self._transport is None or self._ended:
            return
        self._transport.write(frame)
        if self._transport.get_write_buffer_size() > _MOST_UNREAD:
            self.close()

    def close(self) -> None:
        """Abort the connection; bytes that have not left yet are dropped."""
        self._end()
        if self._transport is not None:
            self._transport.abort()


class UdpLink(_Arrivals, asyncio.DatagramProtocol):
    """A connected UDP socket as a ``Link``: one frame is one datagram, in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        # Not an isinstance: before Python 3.12 asyncio's own transport is no DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep the bytes until they are taken; drop them when too many wait."""
        if len(self._unread) + len(data) <= _MOST_UNREAD:
            self._unread += data
        self._news.set()

    def error_received(self, exc: Exception) -> None:
        """End the link: the network reports that no receiver listens. The path opens another."""
        self.close()

    def send(self, frame: bytes) -> None:
        """Send one frame as one datagram."""
        if self._transport is not None:
            self._transport.sendto(frame)

    def close(self) -> None:
        """Close the socket."""
        self._end()
        if self._transport is not None:
            self._transport.abort()


async def open_udp(host: str, port: int) -> Link:
    """Return a UDP link to the receiver. OSError if its name cannot be resolved."""
    _, link = await asyncio.get_running_loop().create_datagram_endpoint(
        UdpLink, remote_addr=(host, port)
    )
    return link


async def open_tcp(host: str, port: int, context: ssl.SSLContext | None = None) -> Link:
    """Return a new connection, with a ``context`` over TLS; OSError if there is none to be had."""
    # Of a name, a first address that swallows packets must not use up the time for the others.
    next_after_s = None if is_literal(host) else NEXT_AFTER_S
    _, link = await asyncio.get_running_loop().create_connection(
        TcpLink, host, port, ssl=context, happy_eyeballs_delay=next_after_s
    )
    return link


def tls_opener(ca_file: str | None) -> OpenLink:
    """Return what opens connections over TLS to who has a certificate of ``ca_file``.

    ``ca_file`` None: the system's authorities. It is read each time, so that it can be replaced.
    """

    async def open_tls(host: str, port: int) -> Link:
        try:
            context = await asyncio.to_thread(trust, ca_file)
        except ValueError as error:
            raise OSError(said_by(error)) from error
        return await open_tcp(host, port, context)

    return open_tls
