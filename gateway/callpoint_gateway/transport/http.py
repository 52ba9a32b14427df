"""One HTTP connection for posting: kept open, TLS verified, no redirect, bounded in time and size.

Not through a client library: they follow redirects, and some turn a POST that was redirected
into a GET, whose 200 would be taken for a delivery. And the request is parted from its answer,
so that the next one can be made ready while the server works.
"""

import http.client
import io
import socket
import ssl
import time
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from callpoint_gateway.transport.unreachable import Unreachable

_MOST_READ = 65_536


class Answer(msgspec.Struct, frozen=True):
    """``text`` is the beginning of the body; ``retry_after_s`` 0 when not said in seconds."""

    status: int
    text: str
    retry_after_s: float


class _Until(io.RawIOBase):
    """Reads from a socket until a moment: a server that trickles is no server."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *, until: float, **more: Any) -> None:
        super().__init__(sock, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Until(sock, until))


class Post:
    """One server; one request at a time."""

    def __init__(self, url: str, timeout_s: float, ca_file: str | None = None) -> None:
        """``timeout_s`` bounds a whole request, from its first byte to the answer's last.

        ``ca_file``: whom to trust instead of the system's authorities.
        """
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.path = parts.path
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._timeout_s = timeout_s
        self._until = 0.0
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                self.host,
                parts.port,
                timeout=timeout_s,
                context=ssl.create_default_context(cafile=ca_file),
            )
        else:
            self._connection = http.client.HTTPConnection(self.host, parts.port, timeout=timeout_s)

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Send one request. Unreachable when it cannot be sent within the time."""
        self._until = time.monotonic() + self._timeout_s
        if self._connection.sock is not None:
            if _stale(self._connection.sock):
                self.close()
            else:
                self._connection.sock.settimeout(self._timeout_s)
        try:
            self._connection.request("POST", path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{self.url}: {_said(error)}", remedy=_remedy(error)) from error

    def answer(self) -> Answer:
        """Return the answer to what was sent. Unreachable when it does not come in time."""
        try:
            self._connection.response_class = partial(  # type: ignore[assignment]
                _Response, until=self._until
            )
            response = self._connection.getresponse()
            text = response.read(_MOST_READ).decode(errors="replace")
            asked = response.headers.get("Retry-After", "")
            status = response.status
            if not response.isclosed() and response.read(1):
                self.close()  # more than anybody needs to say
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{self.url}: {_said(error)}", remedy=_remedy(error)) from error
        return Answer(status, text, float(asked) if asked.isdecimal() else 0.0)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


def _stale(connection: socket.socket) -> bool:
    """Say whether a kept connection was closed by the server, or holds what nobody asked for."""
    connection.settimeout(0)
    try:
        connection.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    return True


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _remedy(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "correct ca_file, or the server's certificate"
    return ""
