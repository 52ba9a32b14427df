"""A server of the rig that treats each connection in a task of its own, and leaves none behind."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress


class Listener(ABC):
    """Listens on ``port`` of 127.0.0.1 between ``start`` and ``stop``, time and again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: asyncio.Server | None = None
        self._calls: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Treat one connection. It ends with this; OSError and a cut request end it as well."""

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        # What was accepted a moment ago has no transport yet that could be closed.
        for _ in range(3):
            await asyncio.sleep(0)
        calls = list(self._calls.values())
        self.hang_up()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in list(self._calls):
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls[writer] = call
        try:
            # A task of a stream that ends as cancelled is logged as a mistake (CPython 3.11).
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._calls.pop(writer, None)
            writer.close()
