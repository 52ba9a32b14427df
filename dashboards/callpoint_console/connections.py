"""Bounds what one client may hold: how many connections, and how long it may be slow.

uvicorn waits for ever for the rest of a request's head, and for a client that does not read. Here
a client that is late loses its connection, and nobody else waits for it: a browser opens another.
"""

import asyncio
import ipaddress
import resource
from functools import cache
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from callpoint_console.accounts.limits import network_of

#: Seconds from a connection, or the first byte of a request, to the end of the request's head.
HEAD_S: Final = 10.0
#: Seconds in which a client must read something of an answer that it has asked for.
READ_S: Final = 30.0
#: Connections of one address (of IPv6: one /64), except of a proxy.
MOST_OF_ADDRESS: Final = 128
MOST: Final = 2_000
#: Largest head of a request in bytes.
HEAD_BYTES: Final = 32 * 1024
_FILES: Final = 4_096


class BoundedConnection(H11Protocol):
    """One connection of a client, over HTTP/1.1."""

    head_s = HEAD_S
    read_s = READ_S
    network = ""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it: there are too many of its address."""
        super().connection_made(transport)
        self.network = network_of(self.client[0]) if self.client else ""
        if len(self.connections) > MOST or self._too_many():
            self.connections.discard(self)
            transport.abort()
            return
        self._within(self.head_s)

    def _too_many(self) -> bool:
        address = self.client[0] if self.client else ""
        allowed = self.config.forwarded_allow_ips
        if isinstance(allowed, list) and _among(address, tuple(allowed)):
            return False
        same = [each for each in self.connections if getattr(each, "network", "") == self.network]
        return len(same) > MOST_OF_ADDRESS

    def data_received(self, data: bytes) -> None:
        """Read on; the head of a request must be complete in time."""
        super().data_received(data)
        if self._answering():
            self._in_time()
        elif self._timer is None:
            self._within(self.head_s)

    def on_response_complete(self) -> None:
        """Wait for another request, for as long as uvicorn keeps a connection."""
        self._in_time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        super().pause_writing()
        self._in_time()
        self._within(self.read_s)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._in_time()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._in_time()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _within(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _in_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@cache
def _among(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(proxy) for proxy in proxies)


def open_files() -> None:
    """Let this process hold a file for each connection, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
