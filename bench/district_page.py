"""A page of a district's console that stays open: it notes when each alarm's row comes."""

import asyncio
import json
from contextlib import suppress
from typing import Any, Final

from console import session_of
from district_gateways import now_ms

from callpoint_rig.console_part import DistrictConsolePart
from callpoint_rig.district_rig import DistrictRig

_READY_S: Final = 60.0
_LINE: Final = 1 << 26


class OpenPage:
    """The operator's page over all sites. ``seen_ms``: Unix ms by ``<gateway>.<position>``."""

    def __init__(self, rig: DistrictRig) -> None:
        """Of whose console's accounts one more is made."""
        self._port = rig.console_port
        self.console = DistrictConsolePart(rig.configuration, self._port)
        self._state_dir = rig.state_dir
        self.seen_ms: dict[str, float] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "OpenPage":
        """Start the console, sign in, and wait for the first rows."""
        await self.console.start()
        cookie, ready = session_of(self._state_dir), asyncio.Event()
        self._reading = asyncio.create_task(self._read(cookie, ready))
        async with asyncio.timeout(_READY_S):
            await ready.wait()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the page and end the console."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await self.console.stop()

    async def _read(self, cookie: str, ready: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=_LINE)
        writer.write(
            f"GET /live/operator HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Cookie: callpoint-session={cookie}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        try:
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    self._note(json.loads(line.removeprefix(b"data: ")))
                    ready.set()
            raise RuntimeError("the console has closed the page")
        finally:
            writer.close()

    def _note(self, message: Any) -> None:
        at_ms = now_ms()
        for row in message.get("rows", ()):
            self.seen_ms.setdefault(row["id"].removeprefix("alarm-"), at_ms)
