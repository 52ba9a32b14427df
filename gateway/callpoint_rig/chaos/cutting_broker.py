"""Stands before a broker and ends the connection whenever a message has passed to the client."""

import asyncio
from contextlib import suppress

from callpoint_gateway.transport.mqtt_packets import Published, Stream
from callpoint_rig.receivers.listener import Listener

_PORTION = 65_536


class CuttingBroker(Listener):
    """Listens on ``port`` and passes on to the broker at ``behind``; cuts while ``cutting``."""

    def __init__(self, port: int, behind: int) -> None:
        super().__init__(port)
        self._behind = behind
        self.cutting = False
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on in both directions, until it cuts."""
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._behind)
        up = asyncio.create_task(_pass_on(reader, to_broker))
        try:
            await self._pass_down(from_broker, writer)
        finally:
            up.cancel()
            to_broker.close()

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
