"""A TCP line that can be cut, and that can be slow: it stands between a client and a server."""

import asyncio
from contextlib import suppress
from typing import Final

from callpoint_gateway.host.unexpected import cancel_all
from callpoint_rig.ports import free_port

_PIECE: Final = 16 * 1024


class BadLine:
    """Carries connections to a port of this machine, as well as it is told to."""

    def __init__(self, port: int) -> None:
        """``port``: where the server listens."""
        self.port = free_port()
        self.delay_s = 0.0  # of each piece of up to 16 KiB, in each direction
        self.cut = False
        self._there = port
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """End everything."""
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # what was just accepted begins, and is then ended as well
        await self.break_off()

    async def break_off(self) -> None:
        """End all present connections; new ones are made unless the line is ``cut``."""
        await cancel_all(list(self._carrying))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            if self.cut:
                return
            there = await asyncio.open_connection("127.0.0.1", self._there)
            both = [
                asyncio.ensure_future(self._carry(reader, there[1])),
                asyncio.ensure_future(self._carry(there[0], writer)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel_all(both)
                await _hung_up(there[1])
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            await _hung_up(writer)
            self._carrying.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()


async def _hung_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
