"""Bounds what a library sends and receives, however slowly the other side drips.

A timeout of a socket bounds one read, so that a service that sends one byte a second would hold a
thread for ever. Here the connections that a thread makes within an exchange are shut down when its
time is over. A copy of each socket is kept for that: TLS takes the socket itself away.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

_present = threading.local()


class Exchange:
    """The connections of one exchange. ``over``: its time has passed."""

    def __init__(self) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._copies: list[socket.socket] = []

    def hold(self, connection: socket.socket) -> None:
        """Remember a connection. TimeoutError: the time is over, and it is closed."""
        with self._lock:
            if not self.over:
                self._copies.append(connection.dup())
                return
        connection.close()
        raise TimeoutError("timed out")

    def end(self) -> None:
        """Shut every connection down: whoever reads there gets the end."""
        with self._lock:
            self.over = True
            for copy in self._copies:
                with suppress(OSError):  # the other side was sooner
                    copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Forget the connections."""
        with self._lock:
            for copy in self._copies:
                copy.close()
            self._copies.clear()


@contextmanager
def within(seconds: float) -> Iterator[Exchange]:
    """Have the connections that this thread makes meanwhile end after so many seconds."""
    _watch_connections()
    exchange = _present.exchange = Exchange()
    timer = threading.Timer(seconds, exchange.end)
    timer.daemon = True
    timer.start()
    try:
        yield exchange
    finally:
        timer.cancel()
        _present.exchange = None
        exchange.close()


@cache
def _watch_connections() -> None:
    """See each connection that is made by requests (urllib3), by smtplib and their like."""
    import urllib3.util.connection

    for module in (socket, urllib3.util.connection):
        _watch(module)


def _watch(module: Any) -> None:
    connect = module.create_connection

    def watched(*given: Any, **more: Any) -> socket.socket:
        connection: socket.socket = connect(*given, **more)
        exchange: Exchange | None = getattr(_present, "exchange", None)
        if exchange is not None:
            exchange.hold(connection)
        return connection

    module.create_connection = watched
