"""Posts over HTTP with urllib3: no redirect, no retry, and each exchange bounded in time and size.

urllib3's own timeouts bound a single read, so a server that sends one byte a second could hold a
request for ever. Here every read and write gets the time that is left of the whole exchange. A
redirect is never followed: it may turn the POST into a GET, whose answer 200 means no delivery.
"""

import re
import socket
import ssl
import time
from functools import partial
from http.client import HTTPException
from typing import Any, Final

import msgspec
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from callpoint_gateway.configuration.http_server import http_server, trust
from callpoint_gateway.transport import addresses
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_gateway.words.said import NOTHING, Said, said, said_by, verbatim

# How many bytes of an answer's body are kept, and how many a server may send altogether.
_KEPT: Final = 65_536
_LONGEST_ANSWER: Final = 1_048_576
#: The longest pause that a server may ask for, in seconds.
LONGEST_RETRY_AFTER_S: Final = 3600.0
# The exceptions that a server's answer can cause in urllib3; ValueError comes from http.client
# when the size of a chunk is no number.
_FAILURES: Final = (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer. ``text``: the beginning of its body, as UTF-8.

    ``retry_after_s``: the pause that the server asks for in seconds, 0 if it names none.
    """

    status: int
    text: str
    retry_after_s: float


class _Limits:
    """The time and the bytes that are left for the present exchange."""

    def __init__(self) -> None:
        self._until = 0.0
        self._bytes = 0

    def begin(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._bytes = _LONGEST_ANSWER

    def left_s(self) -> float:
        """Return the seconds left. TimeoutError when there are none."""
        if (left := self._until - time.monotonic()) > 0:
            return left
        raise TimeoutError("timed out")

    def received(self, size: int) -> int:
        """Count received bytes; return ``size``. OSError when an answer is too long."""
        self._bytes -= size
        if self._bytes < 0:
            raise _TooLong(said("server.too_long", bytes=_LONGEST_ANSWER))
        return size


class _TooLong(OSError):
    """The server sends more than an answer may have."""


class _Tcp(socket.socket):
    """A socket on which every call gets the time that is left of the exchange."""

    limits: _Limits

    def recv_into(self, *to: Any) -> int:
        self.settimeout(self.limits.left_s())
        return self.limits.received(super().recv_into(*to))

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.limits.left_s())
        super().sendall(data, flags)


class _Tls(ssl.SSLSocket):
    """The same over TLS. The handshake is one call, bounded by the socket's own timeout."""

    limits: _Limits

    def recv_into(self, *to: Any) -> int:
        self.settimeout(self.limits.left_s())
        return self.limits.received(super().recv_into(*to))

    def send(self, data: Any, flags: int = 0) -> int:
        # ``ssl.SSLSocket.sendall`` calls this for each TLS record.
        self.settimeout(self.limits.left_s())
        return super().send(data, flags)


def _connected(host: str, port: int, limits: _Limits) -> socket.socket:
    plain = addresses.connect(host, port, limits.left_s())
    bounded = _Tcp(plain.family, plain.type, plain.proto, fileno=plain.detach())
    bounded.limits = limits
    try:
        bounded.settimeout(limits.left_s())
    except TimeoutError:
        bounded.close()
        raise
    return bounded


class _PlainConnection(HTTPConnection):
    def __init__(self, *given: Any, limits: _Limits, **more: Any) -> None:
        super().__init__(*given, **more)
        self._limits = limits

    def _new_conn(self) -> socket.socket:
        return _connected(self._dns_host, self.port, self._limits)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *given: Any, limits: _Limits, **more: Any) -> None:
        super().__init__(*given, **more)
        self._limits = limits

    def _new_conn(self) -> socket.socket:
        return _connected(self._dns_host, self.port, self._limits)

    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, _Tls)
        self.sock.limits = self._limits

    @property
    def is_connected(self) -> bool:
        # Bytes that TLS has decrypted already do not show on the socket. Before a request no
        # byte may wait: such a connection is not used again.
        pending = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        return super().is_connected and not pending


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Post:
    """Sends requests to one server; one at a time."""

    def __init__(self, url: str, timeout_s: float, ca_file: str | None = None) -> None:
        """Take the server's address out of ``url``. ValueError: the URL cannot be used.

        ``timeout_s`` bounds a whole request, from connecting to the answer's last byte.
        ``ca_file`` replaces the system's certificate authorities.
        """
        self.server = http_server(url)
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._limits = _Limits()
        self._pool: urllib3.PoolManager | None = None

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Post to ``url``, which is on this server, and return the answer.

        Unreachable: no answer came in time, or it was no HTTP. Unauthorised: ``ca_file`` cannot
        be used.
        """
        return self._request("POST", url, body, headers)

    def get(self, url: str, headers: dict[str, str]) -> Answer:
        """Get ``url``, which is on this server, and return the answer. Errors as ``post``."""
        return self._request("GET", url, None, headers)

    def _request(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if self._pool is None:
            self._pool = self._new_pool()
        self._limits.begin(self._timeout_s)
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=None,
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,
            )
            return _answer(response)
        except _FAILURES as error:
            self.close()
            why = said("server.at", url=self.server.base, why=_reason(error))
            raise Unreachable(why, remedy=_remedy(error)) from error

    def _new_pool(self) -> urllib3.PoolManager:
        more: dict[str, Any] = {}
        if self.server.secure:
            try:
                more["ssl_context"] = trust(self._ca_file)
            except ValueError as error:
                file = said("server.ca_file", why=said_by(error))
                why = said("server.at", url=self.server.base, why=file)
                raise Unauthorised(why, remedy=said("server.ca_file.do")) from error
            more["ssl_context"].sslsocket_class = _Tls
        pool = urllib3.PoolManager(num_pools=1, maxsize=1, **more)
        classes: dict[str, Any] = {
            "http": partial(_PlainPool, limits=self._limits),
            "https": partial(_SecurePool, limits=self._limits),
        }
        pool.pool_classes_by_scheme = classes
        return pool

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._pool is not None:
            self._pool.clear()


def _answer(response: urllib3.BaseHTTPResponse) -> Answer:
    text = response.read(_KEPT).decode(errors="replace")
    if response.read(1):
        response.close()  # longer than what is kept: the rest is not worth reading
    else:
        response.release_conn()
    return Answer(response.status, text, retry_after_s(response.headers.get("Retry-After", "")))


def retry_after_s(asked: str) -> float:
    """Return the seconds that a ``Retry-After`` asks for (RFC 9110, 10.2.3), at most one hour.

    A date and any other text without a number of seconds count as 0.
    """
    if not re.fullmatch("[0-9]+", asked):
        return 0.0
    digits = asked.lstrip("0")[:6] or "0"
    return min(LONGEST_RETRY_AFTER_S, float(digits))


def _root(error: BaseException) -> BaseException:
    """Return the innermost exception that urllib3 has wrapped."""
    while True:
        inside = [argument for argument in error.args if isinstance(argument, Exception)]
        cause = inside[0] if inside else error.__cause__
        if cause is None:
            return error
        error = cause


def _reason(error: Exception) -> Said:
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        return said("server.untrusted", why=root.verify_message)
    if isinstance(root, TimeoutError):
        return said("server.late")
    if isinstance(root, _TooLong):
        return said_by(root)
    return verbatim(str(getattr(root, "strerror", None) or type(root).__name__))


def _remedy(error: Exception) -> Said:
    if isinstance(_root(error), ssl.SSLCertVerificationError):
        return said("server.untrusted.do")
    return NOTHING
