"""Clients that are slow, silent or many keep nobody else from the pages; over real sockets."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from callpoint_console.connections import (
    HEAD_BYTES,
    MOST_OF_ADDRESS,
    BoundedConnection,
    open_files,
)

SOON_S = 60.0
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def page(request: Request) -> Response:
    return PlainTextResponse("the page")


async def large(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)  # a client that has gone is noticed between two parts

    return StreamingResponse(parts())


@asynccontextmanager
async def serving(
    protocol: type[BoundedConnection], proxies: list[str] | None = None
) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """Serve two endpoints and yield the port."""
    open_files()
    app = Starlette(routes=[Route("/", page), Route("/large", large)])
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        h11_max_incomplete_event_size=HEAD_BYTES,
        forwarded_allow_ips=proxies or [],
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    task = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - without its signals
    try:
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        await task
        listening.close()


async def connect(
    port: int, own: str = "127.0.0.1"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(SOON_S):
        return await asyncio.open_connection("127.0.0.1", port, local_addr=(own, 0))


async def asked(port: int, own: str = "127.0.0.1") -> bytes:
    """Return the answer to a request on a connection of its own."""
    reader, writer = await connect(port, own)
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(SOON_S):
        answer = await reader.read()
    writer.close()
    return answer


async def closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the server has closed a connection."""
    async with asyncio.timeout(SOON_S):
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
    return True


class Quick(BoundedConnection):
    """The same with less patience, so that a test need not wait."""

    head_s = 0.3
    read_s = 0.3


class Patient(BoundedConnection):
    """The same with patience for a whole test."""

    head_s = 600.0


@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X-A: " + b"a" * 1000])
def test_whoever_does_not_finish_the_head_of_a_request_loses_the_connection(said: bytes) -> None:
    async def play() -> None:
        async with serving(Quick) as (port, _):
            reader, writer = await connect(port)
            writer.write(said)
            assert await closed(reader)
            assert (await asked(port)).endswith(b"the page")
            writer.close()

    asyncio.run(play())


def test_a_head_that_comes_byte_by_byte_is_no_way_around() -> None:
    async def play() -> None:
        async with serving(Quick) as (port, _):
            reader, writer = await connect(port)

            async def trickle() -> None:
                try:
                    for byte in HEAD * 1000:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(0.01)
                except ConnectionError:
                    pass

            trickling = asyncio.create_task(trickle())
            assert await closed(reader)
            trickling.cancel()
            await asyncio.wait({trickling})
            writer.close()

    asyncio.run(play())


def test_the_second_request_of_a_connection_has_the_same_bound() -> None:
    async def play() -> None:
        async with serving(Quick) as (port, _):
            reader, writer = await connect(port)
            writer.write(HEAD + b"\r\n")
            async with asyncio.timeout(SOON_S):
                await reader.readuntil(b"the page")
            writer.write(HEAD)
            assert await closed(reader)
            writer.close()

    asyncio.run(play())


def test_whoever_does_not_read_the_answer_loses_the_connection() -> None:
    async def play() -> None:
        async with serving(Quick) as (port, server):
            reader, writer = await connect(port)
            writer.write(HEAD.replace(b"GET /", b"GET /large") + b"\r\n")
            async with asyncio.timeout(SOON_S):
                await reader.readexactly(100)
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                while server.server_state.connections:  # noqa: ASYNC110 - it sends no news
                    await asyncio.sleep(0.05)
            writer.transport.abort()

    asyncio.run(play())


def test_a_head_that_is_too_large_is_refused() -> None:
    async def play() -> None:
        async with serving(BoundedConnection) as (port, _):
            reader, writer = await connect(port)
            writer.write(HEAD + b"X-A: " + b"a" * (2 * HEAD_BYTES))
            async with asyncio.timeout(SOON_S):
                assert (await reader.read(12)).startswith(b"HTTP/1.1 400")
            writer.close()

    asyncio.run(play())


def test_a_thousand_silent_connections_keep_nobody_from_the_page() -> None:
    open_files()
    most = min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 200)

    async def play() -> None:
        async with serving(Patient) as (port, server):
            held = []
            for number in range(most):
                held.append(await connect(port, f"127.0.1.{1 + number // MOST_OF_ADDRESS}"))
            assert len(server.server_state.connections) > most // 2
            assert (await asked(port)).endswith(b"the page")
            for _, writer in held:
                writer.transport.abort()

    asyncio.run(play())


def test_one_address_holds_only_so_many() -> None:
    async def play() -> None:
        async with serving(Patient) as (port, _):
            held = [await connect(port, "127.0.1.1") for _ in range(MOST_OF_ADDRESS)]
            for _ in range(5):
                reader, writer = await connect(port, "127.0.1.1")
                assert await closed(reader)
                writer.close()
            assert (await asked(port)).endswith(b"the page")
            held[0][1].transport.abort()
            async with asyncio.timeout(SOON_S):
                while not await _answered(port, "127.0.1.1"):
                    pass
            for _, writer in held:
                writer.transport.abort()

    asyncio.run(play())


async def _answered(port: int, own: str) -> bool:
    try:
        return (await asked(port, own)).endswith(b"the page")
    except ConnectionError:
        return False


def test_a_proxy_holds_as_many_as_it_has_clients() -> None:
    async def play() -> None:
        async with serving(Patient, ["127.0.1.0/24"]) as (port, _):
            held = [await connect(port, "127.0.1.1") for _ in range(MOST_OF_ADDRESS + 20)]
            assert (await asked(port, "127.0.1.1")).endswith(b"the page")
            for _, writer in held:
                writer.transport.abort()

    asyncio.run(play())
