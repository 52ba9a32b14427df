"""Stands before a broker and ends the connection whenever a message has passed to the client."""

import asyncio
from contextlib import suppress

from callpoint_gateway.transport.mqtt_packets import Published, Stream

_PORTION = 65_536


class CuttingBroker:
    """Listens on ``port`` and passes on to the broker at ``behind``; cuts while ``cutting``."""

    def __init__(self, port: int, behind: int) -> None:
        self.port = port
        self._behind = behind
        self.cutting = False
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """End every connection."""
        if self._server is None:
            return
        self._server.close()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        try:
            # A task of a stream that ends as cancelled is logged as a mistake (CPython 3.11).
            with suppress(OSError, asyncio.CancelledError):
                from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._behind)
                up = asyncio.create_task(_pass_on(reader, to_broker))
                try:
                    await self._pass_down(from_broker, writer)
                finally:
                    up.cancel()
                    to_broker.close()
        finally:
            self._calls.discard(call)
            writer.close()

    async def _pass_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream()
        while portion := await reader.read(_PORTION):
            writer.write(portion)
            await writer.drain()
            message = any(isinstance(packet, Published) for packet in stream.feed(portion))
            if message and self.cutting:
                self.cuts += 1
                return


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while portion := await reader.read(_PORTION):
            writer.write(portion)
            await writer.drain()
    writer.close()
