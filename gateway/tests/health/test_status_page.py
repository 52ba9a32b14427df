"""The status page over real sockets: it answers what it has, and nobody can hold it up."""

import asyncio

import pytest

from callpoint_gateway.health import status_page
from callpoint_gateway.health.status_page import MAX_OPEN, MAX_REQUEST, HttpReply, StatusPage

SOON_S = 60.0


def page() -> StatusPage:
    def health() -> HttpReply:
        return 200, "application/json", b'{"status":"ok"}'

    def broken() -> HttpReply:
        raise RuntimeError("made to fail by a test")

    return StatusPage({"/health": health, "/broken": broken})


async def said(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(SOON_S):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def served(request: bytes) -> bytes:
    async def go() -> bytes:
        served = page()
        port = await served.start("127.0.0.1", 0)
        try:
            return await said(port, request)
        finally:
            await served.close()

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("request_", "status", "content"),
    [
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 200, b'{"status":"ok"}'),
        (b"GET /health?a=b HTTP/1.0\r\n\r\n", 200, b'{"status":"ok"}'),
        (b"GET /other HTTP/1.1\r\n\r\n", 404, b"there are: /broken, /health\n"),
        (b"POST /health HTTP/1.1\r\n\r\n", 405, b"only GET\n"),
        (b"\x16\x03\x01 hello\r\n\r\n", 400, b"no HTTP request\n"),
        (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", 404, b"there are: /broken, /health\n"),
    ],
)
def test_what_is_answered(request_: bytes, status: int, content: bytes) -> None:
    answer = served(request_)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.endswith(b"\r\n\r\n" + content)


def test_a_page_that_fails_is_answered_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = served(b"GET /broken HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"made to fail" not in answer
    (record,) = [one for one in caplog.records if "/broken failed" in one.getMessage()]
    assert record.exc_info is not None


def test_a_request_without_end_is_dropped() -> None:
    assert served(b"GET /health HTTP/1.1\r\nX: " + b"x" * 4 * MAX_REQUEST) == b""


def test_many_that_say_nothing_hold_up_nobody() -> None:
    """Each of these could stay for a second; who asks meanwhile is answered, every time."""

    async def go() -> list[bytes]:
        served = page()
        port = await served.start("127.0.0.1", 0)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * MAX_OPEN)]
        try:
            return [await said(port, b"GET /health HTTP/1.1\r\n\r\n") for _ in range(8)]
        finally:
            for _, writer in silent:
                writer.close()
            await served.close()

    answers = asyncio.run(go())
    assert [answer.endswith(b'{"status":"ok"}') for answer in answers] == [True] * 8


def test_who_says_nothing_is_hung_up_on_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_page, "HEAD_S", 0.05)
    monkeypatch.setattr(status_page, "REQUEST_S", 10 * SOON_S)
    assert served(b"GET /health HTTP/1.1\r\n") == b""
