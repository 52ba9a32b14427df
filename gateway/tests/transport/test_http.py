"""Posting over HTTP, against servers that do whatever they like."""

import itertools
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.transport.http import LONGEST_RETRY_AFTER_S, Answer, Post, retry_after_s
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_rig.ports import free_port

from .raw_server import RawServer, raw_server
from .silent_port import TwoAddresses, silent_port

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# More than what is read at once, in one TLS record.
UNASKED = TAKEN + TAKEN * 400
BRIEF_S = 1.0


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as found:
        yield found


@pytest.fixture(scope="module")
def lasting_server() -> Iterator[RawServer]:
    with raw_server() as found:
        yield found


def post(port: int, path: str = "/a?b=1", timeout_s: float = 20.0) -> Answer:
    client = Post(f"http://127.0.0.1:{port}{path}", timeout_s)
    try:
        return client.post(client.server.url, b"body", {"Content-Type": "text/plain"})
    finally:
        client.close()


def slowly(*before: bytes, then: bytes) -> Iterator[bytes]:
    """Say something, and then one byte after the other for ever, none of them late."""
    yield from before
    for byte in itertools.cycle(then):
        time.sleep(0.02)
        yield bytes([byte])


def test_an_answer_is_read_and_the_connection_kept(server: RawServer) -> None:
    server.keeps = True
    server.pieces = lambda: [b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"]
    client = Post(f"http://127.0.0.1:{server.port}/a?b=1", 20.0)
    for _ in range(3):
        assert client.post(client.server.url, b"body", {}) == Answer(503, "busy", 7.0)
    client.close()
    assert server.connections == 1
    assert server.requests[0].startswith(b"POST /a?b=1 HTTP/1.1\r\n")


def test_what_is_beyond_ascii_is_percent_encoded(server: RawServer) -> None:
    server.pieces = lambda: [TAKEN]
    assert post(server.port, "/报警/a b?楼=3").status == 204
    assert server.requests[0].startswith(
        b"POST /%E6%8A%A5%E8%AD%A6/a%20b?%E6%A5%BC=3 HTTP/1.1\r\n"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(server: RawServer, status: int) -> None:
    server.pieces = lambda: [
        b"HTTP/1.1 %d Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status
    ]
    assert post(server.port).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [CHUNKED, b"-12\r\n"],
        [CHUNKED, b"zz\r\n"],
        [CHUNKED, b"a" * 200_000],
        [CHUNKED, b"5\r\nab"],
        [b"garbage\r\n\r\n"],
        [b"HTTP/1.1 99999 No\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 500_000],
        [b"HTTP/1.1 200 OK\r\nA: ", b"b" * 2_000_000],
        [b"HTTP/1.1 100 Continue\r\n\r\n" * 200_000],
        [],
        [b"\x16\x03\x01"],
    ],
)
def test_a_hostile_server_is_unreachable(server: RawServer, pieces: list[bytes]) -> None:
    server.pieces = lambda: pieces
    with pytest.raises(Unreachable):
        post(server.port)


def test_of_an_endless_body_only_the_beginning_is_read(server: RawServer) -> None:
    server.pieces = lambda: itertools.chain(
        [b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b"x" * 65_536)
    )
    assert post(server.port) == Answer(200, "x" * 65_536, 0.0)


def test_a_compressed_answer_is_not_blown_up(server: RawServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"
    server.pieces = lambda: [head, b"abc"]
    assert post(server.port).text == "abc"


@pytest.mark.parametrize(
    "before",
    [[], [b"HTTP/1.1 200 OK\r\nA: "], [b"HTTP/1.1 200 OK\r\n\r\n"], [CHUNKED, b"0\r\n"]],
)
def test_a_server_that_drips_is_given_up(server: RawServer, before: list[bytes]) -> None:
    server.pieces = lambda: slowly(*before, then=b"abc")
    with pytest.raises(Unreachable, match="no answer in time"):
        post(server.port, timeout_s=BRIEF_S)


def test_a_server_that_does_not_read_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Post(f"http://127.0.0.1:{listener.getsockname()[1]}/", BRIEF_S)
        with pytest.raises(Unreachable, match="no answer in time"):
            client.post(client.server.url, bytes(50_000_000), {})


def test_an_answer_that_nobody_asked_for_is_not_taken(server: RawServer) -> None:
    server.keeps = True
    answers = iter([[UNASKED], [b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]])
    server.pieces = lambda: next(answers)
    client = Post(f"http://127.0.0.1:{server.port}/", 20.0)
    assert client.post(client.server.url, b"one", {}).status == 204
    assert client.post(client.server.url, b"two", {}).status == 500
    client.close()


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        post(free_port())


def test_a_silent_first_address_does_not_use_up_the_time(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pieces = lambda: [TAKEN]
    with silent_port() as silent:
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(silent, server.port))
        client = Post("http://two.example/", 5.0)
        assert client.post(client.server.url, b"body", {}).status == 204
        client.close()


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    Authority(folder, SystemClock()).server()
    return folder / "ca.pem"


def server_context(ca_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file.with_name("broker.pem"), ca_file.with_name("broker.key"))
    return context


def secure(server: RawServer, ca_file: Path | None, timeout_s: float = 20.0) -> Answer:
    client = Post(
        f"https://127.0.0.1:{server.port}/", timeout_s, None if ca_file is None else str(ca_file)
    )
    try:
        return client.post(client.server.url, b"body", {})
    finally:
        client.close()


def test_tls_is_verified_and_bounded_as_well(ca_file: Path) -> None:
    with raw_server(server_context(ca_file)) as server:
        server.pieces = lambda: [TAKEN]
        assert secure(server, ca_file).status == 204
        with pytest.raises(Unreachable, match="certificate not trusted"):
            secure(server, None)
        server.pieces = lambda: slowly(b"HTTP/1.1 200 OK\r\nA: ", then=b"abc")
        with pytest.raises(Unreachable, match="no answer in time"):
            secure(server, ca_file, BRIEF_S)


def test_an_unasked_answer_within_tls_is_not_taken(ca_file: Path) -> None:
    with raw_server(server_context(ca_file)) as server:
        server.keeps = True
        answers = iter([[UNASKED], [b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]])
        server.pieces = lambda: next(answers)
        client = Post(f"https://127.0.0.1:{server.port}/", 20.0, str(ca_file))
        assert client.post(client.server.url, b"one", {}).status == 204
        assert client.post(client.server.url, b"two", {}).status == 500
        client.close()


def test_a_handshake_that_never_ends_is_given_up(server: RawServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Post(f"https://127.0.0.1:{listener.getsockname()[1]}/", BRIEF_S)
        with pytest.raises(Unreachable, match="no answer in time"):
            client.post(client.server.url, b"", {})


def test_authorities_that_have_gone_are_said(server: RawServer, tmp_path: Path) -> None:
    with pytest.raises(Unauthorised, match="ca_file"):
        secure(server, tmp_path / "gone.crt")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("0120", 120.0),
        ("3601", LONGEST_RETRY_AFTER_S),
        ("9" * 310, LONGEST_RETRY_AFTER_S),
        ("9" * 5000, LONGEST_RETRY_AFTER_S),
        ("-1", 0.0),
        ("1e3", 0.0),
        ("٣", 0.0),
        ("", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
    ],
)
def test_a_pause_is_bounded(asked: str, seconds: float) -> None:
    assert retry_after_s(asked) == seconds


ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 12\r\n\r\nhello",
    CHUNKED + b"5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 99999999999\r\nContent-Type: text/html\r\n\r\nbusy",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nLocation: http://[::1/\r\nContent-Encoding: gzip\r\n\r\n",
]
FRAGMENTS = [b"\r\n", b":", b" ", b"-12", b"chunked", b"\x00", b"\xff", b"9" * 40, b"HTTP/1.1 "]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return an answer with some places changed, doubled or cut out."""
    answer = draw(st.sampled_from(ANSWERS))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(answer)))
        length = draw(st.integers(0, 12))
        fragment = draw(
            st.sampled_from(FRAGMENTS) | st.binary(max_size=8) | st.just(answer[: at % 40])
        )
        answer = answer[:at] + fragment + answer[at + length :]
    return answer


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answer=mutated() | st.binary(max_size=300), cut=st.integers(0, 300))
def test_whatever_a_server_says_it_answers_or_is_unreachable(
    lasting_server: RawServer, answer: bytes, cut: int
) -> None:
    lasting_server.pieces = lambda: [answer[:cut], answer[cut:]]
    try:
        found = post(lasting_server.port, timeout_s=5.0)
    except Unreachable:
        return
    assert 100 <= found.status <= 999
    assert 0.0 <= found.retry_after_s <= LONGEST_RETRY_AFTER_S
