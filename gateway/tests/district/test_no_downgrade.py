"""A line that was given TLS says nothing in clear, even to a server that asks for no TLS."""

import asyncio
import json

import pytest
from nats.errors import Error as NatsError

from callpoint_gateway.configuration.http_server import trust
from callpoint_gateway.upstream.connection import connected


def test_nobody_between_talks_a_gateway_out_of_tls() -> None:
    heard = bytearray()

    async def clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "x", "version": "2.10.27", "max_payload": 1_048_576, "proto": 1}
        writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
        heard.extend(await reader.read(4096))
        writer.write(b"PONG\r\n")
        writer.close()

    async def play() -> None:
        server = await asyncio.start_server(clear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises((NatsError, OSError, TimeoutError)):
                await connected([f"tls://127.0.0.1:{port}"], trust(None), name="g1")

    asyncio.run(play())
    assert heard, "nobody spoke to the server"
    assert b"CONNECT" not in heard
