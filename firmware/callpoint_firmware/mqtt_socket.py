"""A TCP or TLS socket that connects without holding up the loop, and its errors in words.

Promises: ``open_socket`` waits for the peer only between turns of the loop, and closes its socket
when it fails or is cancelled. The TLS handshake is left to the first write, where the arithmetic
takes its time but waiting for the peer does not. ``resolve`` may block; see there.
"""

import asyncio
import errno
import select
import socket
import time

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

_POLL_MS = const(5)
# The ESP32 build does not export the names of these two numbers.
_TCP = const(6)
_NODELAY = const(1)

_EXPLANATIONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ETIMEDOUT: "timed out",
    errno.ENOMEM: "out of memory",
    errno.ENOTCONN: "not connected",
}


def explained(fault: BaseException) -> str:
    """Say for humans what an exception of a socket means."""
    if isinstance(fault, MemoryError):
        return "out of memory"
    if isinstance(fault, OSError) and fault.args:
        known = _EXPLANATIONS.get(fault.args[0])
        if known:
            return known
        if not isinstance(fault.args[0], int):
            return str(fault.args[0])
        return "error " + " ".join(str(part) for part in fault.args)
    return str(fault) or type(fault).__name__


def resolve(host: str, port: int) -> Any:
    """Return a host's address; a name blocks until DNS answers, a numeric address does not."""
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]


async def open_socket(
    address: Any, ssl: Any, server_hostname: str | None, patience_ms: int
) -> tuple[Any, Any]:
    """Return a connected non-blocking socket, wrapped if ``ssl`` is a tls.SSLContext, and the
    bare one beneath it."""
    raw = socket.socket(address[0], address[1], address[2])
    ready = False
    try:
        raw.setblocking(False)
        raw.setsockopt(_TCP, _NODELAY, 1)
        await _connected(raw, address[-1], patience_ms)
        sock = raw
        if ssl:
            sock = ssl.wrap_socket(
                raw, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            sock.setblocking(False)
        ready = True
        return sock, raw
    finally:
        if not ready:
            raw.close()


async def readable(raw: Any) -> None:
    """Wait until a bare socket has something to read.

    Not for the TLS object: the Unix port cannot wait for that and for sockets at once, and
    looks every millisecond instead. So read first, and wait when there is nothing.
    """
    await _Readable(raw)


class _Readable:
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __iter__(self) -> Generator[Any, Any, None]:
        # The stubs leave asyncio's core out.
        yield asyncio.core._io_queue.queue_read(self._raw)  # type: ignore[attr-defined]

    __await__ = __iter__


async def _connected(raw: Any, address: Any, patience_ms: int) -> None:
    try:
        raw.connect(address)
    except OSError as fault:
        if fault.errno != errno.EINPROGRESS:
            raise
    poll = select.poll()
    poll.register(raw, select.POLLOUT)
    began = time.ticks_ms()
    while True:
        for _, event in poll.poll(0):
            if event & (select.POLLERR | select.POLLHUP):
                # Reading fetches the reason; without one it was a refusal.
                raw.recv(1)
                raise OSError(errno.ECONNREFUSED)
            return
        if time.ticks_diff(time.ticks_ms(), began) > patience_ms:
            raise OSError(errno.ETIMEDOUT)
        await asyncio.sleep_ms(_POLL_MS)
