"""Requests that no browser writes, over raw sockets: refused or bounded, the console stays up.

RFC 9112: 3.2 (Host, absolute form), 5 (field lines), 6.1 and 6.3 (a body of two lengths), 7.1.
"""

import contextlib
import itertools
import socket
from collections.abc import Iterable, Iterator

import pytest

from .test_console_process import running, site_of_console

pytestmark = pytest.mark.timeout(300)

SOON_S = 60.0
EVIL = b"evil.example"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Return host and port of a console that all these requests share."""
    with running(site_of_console(tmp_path_factory.mktemp("raw"))) as found:
        host, _, port = found.removeprefix("http://").partition(":")
        yield host, int(port)


def exchanged(address: tuple[str, int], parts: Iterable[bytes]) -> bytes:
    """Send parts of a request until the console closes; return what it answered."""
    answer = b""
    with socket.create_connection(address, SOON_S) as client:
        with contextlib.suppress(ConnectionError):  # it has closed, before it read everything
            for part in parts:
                client.sendall(part)
        with contextlib.suppress(ConnectionError):
            while got := client.recv(65_536):
                answer += got
    return answer


def status_of(answer: bytes) -> int:
    """Return the status; a connection that was closed without any is refused, too."""
    if not answer:
        return 400
    return int(answer.split(b" ", 2)[1])


def head_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[0].lower()


def asked(address: tuple[str, int], target: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    host = b"Host: 127.0.0.1:%d" % address[1]
    head = b"\r\n".join((target + b" HTTP/1.1", host, b"Connection: close", *lines))
    return exchanged(address, [head + b"\r\n\r\n" + body])


def is_up(address: tuple[str, int]) -> bool:
    return status_of(asked(address, b"GET /login")) == 200


@pytest.mark.parametrize(
    ("target", "lines", "statuses"),
    [
        # Two addresses: it is not the reader who chooses one.
        (b"GET /", (b"Host: evil.example",), (400, 421)),
        (b"GET /", (b"host: 127.0.0.1",), (400,)),
        (b"GET /", (b" Host: evil.example",), (303, 400)),
        (b"GET /", (b"Host : evil.example",), (400,)),
        (b"GET http://evil.example/", (), (400, 404, 421)),
        (b"GET //evil.example/", (), (303, 404)),
        (b"CONNECT evil.example:443", (), (400, 403, 405)),
        (b"POST /login", (b"Content-Length: 4", b"Transfer-Encoding: chunked"), (400, 403)),
        (b"POST /login", (b"Content-Length: 4", b"Content-Length: 5"), (400,)),
        (b"POST /login", (b"Content-Length: -4",), (400,)),
        (b"POST /login", (b"Transfer-Encoding: gzip, chunked",), (400, 501)),
        # What comes in one piece may be twice as long as what comes in several.
        (b"GET /", (b"X-A: " + b"a" * 65_536,), (303, 400)),
        (b"GET /" + b"a" * 65_536, (), (400, 404)),
        (b"GET /", (b"X-A: " + b"a" * 1_048_576,), (400,)),
        (b"GET /", (b"X-A: a\x00b",), (400,)),
        (b"GET /", (b"X-A: a\nX-B: b\r",), (303, 400)),
    ],
)
def test_what_no_browser_sends(
    address: tuple[str, int], target: bytes, lines: tuple[bytes, ...], statuses: tuple[int, ...]
) -> None:
    answer = asked(address, target, *lines)
    assert status_of(answer) in statuses, answer[:300]
    assert EVIL not in head_of(answer).replace(b"next=//evil.example", b"")
    assert answer.count(b"HTTP/1.1 ") <= 1, "a rest of a request was taken for another one"
    assert is_up(address)


@pytest.mark.parametrize("field", [b"next", b"back", b"to", b"q"])
@pytest.mark.parametrize("path", [b"/login", b"/", b"/second-factor", b"/wall", b"/search"])
def test_a_line_end_in_a_query_makes_no_header(
    address: tuple[str, int], path: bytes, field: bytes
) -> None:
    target = b"GET " + path + b"?" + field + b"=/%0d%0aSet-Cookie:%20stolen=1%0d%0a%0d%0a<b>"
    head = head_of(asked(address, target))
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:]]
    assert b"stolen" not in b"".join(
        line for line in head.split(b"\r\n") if line.startswith(b"set-cookie")
    )
    assert names.count(b"content-type") <= 1
    assert is_up(address)


def test_the_rest_of_a_request_with_two_lengths_is_no_other_request(
    address: tuple[str, int],
) -> None:
    hidden = b"0\r\n\r\nGET /static/console.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    lines = b"Content-Length: %d" % len(hidden), b"Transfer-Encoding: chunked"
    answer = asked(address, b"POST /login", *lines, body=hidden)
    assert answer.count(b"HTTP/1.1 ") == 1, answer


def test_a_body_of_chunks_that_never_ends_is_bounded(address: tuple[str, int]) -> None:
    origin = b"Origin: http://127.0.0.1:%d" % address[1]
    head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % address[1] + origin
    head += b"\r\nContent-Type: application/x-www-form-urlencoded"
    head += b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    # Without a bound this never returns.
    answer = exchanged(address, itertools.chain([head], itertools.repeat(chunk)))
    assert status_of(answer) in (400, 413)
    assert is_up(address)
