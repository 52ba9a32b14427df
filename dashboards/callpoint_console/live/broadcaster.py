"""Renders each change once per page, language and scope, and tells all clients of it.

A client that reads slowly misses intermediate states, never the last one, and costs no memory:
what waits for it are the names of sections, and it is sent what they are when it reads.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callpoint_console.live.snapshot import Snapshot
from callpoint_console.visitor import Scope

BEAT_S: Final = 5.0


class View(NamedTuple):
    """What a page is rendered for."""

    page: str
    language: str
    scope: Scope


#: Returns the HTML of each section of a page by its id; None: nothing has been read yet.
Render = Callable[[Snapshot | None, View], dict[str, str]]


class Section(NamedTuple):
    """One section of a page: its HTML, its version, and the message that brings it to a page."""

    html: str
    version: str
    message: bytes


class _Client:
    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.news = asyncio.Event()


class _Channel:
    """The sections of one view, as they were rendered last, and the clients that look at it."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}
        self.clients: set[_Client] = set()

    def take(self, rendered: dict[str, str]) -> None:
        for name, html in rendered.items():
            before = self.sections.get(name)
            if before is not None and before.html == html:
                continue
            self.sections[name] = _section(name, html)
            for client in self.clients:
                client.waiting.add(name)
                client.news.set()


def _section(name: str, html: str) -> Section:
    version = f"{zlib.crc32(html.encode()):08x}"
    data = json.dumps({"id": name, "v": version, "html": html}, ensure_ascii=False)
    return Section(html, version, f"data: {data}\n\n".encode())


class Broadcaster:
    """Everything that clients see of the site. Use it in one event loop."""

    def __init__(self, pages: Mapping[str, Render], zone: ZoneInfo) -> None:
        """``pages``: how to render each page; ``zone``: the site's."""
        self.pages = pages
        self._zone = zone
        self._channels: dict[View, _Channel] = {}
        self._over = False
        self.snapshot: Snapshot | None = None

    def publish(self, snapshot: Snapshot) -> None:
        """Take a new snapshot, and tell every client of what has changed for it."""
        self.snapshot = snapshot
        for view, channel in list(self._channels.items()):
            if channel.clients:
                channel.take(self.pages[view.page](snapshot, view))
            else:
                del self._channels[view]

    def refresh(self) -> None:
        """Tell every client of what has changed beside the snapshot."""
        if self.snapshot is not None:
            self.publish(self.snapshot)

    def sections(self, view: View) -> Mapping[str, Section]:
        """Return the sections of a view as they are now. KeyError: there is no such page."""
        render = self.pages[view.page]
        channel = self._channels.get(view)
        if channel is None:
            channel = self._channels[view] = _Channel()
            channel.take(render(self.snapshot, view))
        return channel.sections

    def close(self) -> None:
        """End every stream."""
        self._over = True
        for channel in self._channels.values():
            for client in channel.clients:
                client.news.set()

    async def stream(self, view: View) -> AsyncIterator[bytes]:
        """Yield server-sent events: first every section, then each change; a beat every 5 s."""
        client = _Client()
        client.waiting = set(self.sections(view))
        channel = self._channels[view]
        channel.clients.add(client)
        try:
            yield b"retry: 1000\n\n" + self._beat()
            beat = asyncio.get_running_loop().time() + BEAT_S
            while True:
                client.news.clear()
                if self._over:
                    return
                if client.waiting:
                    names, client.waiting = client.waiting, set()
                    yield b"".join(channel.sections[name].message for name in sorted(names))
                left_s = beat - asyncio.get_running_loop().time()
                if left_s <= 0:
                    beat = asyncio.get_running_loop().time() + BEAT_S
                    yield self._beat()
                elif not client.waiting:
                    await _news(client.news, left_s)
        finally:
            channel.clients.discard(client)

    def _beat(self) -> bytes:
        now = datetime.now(self._zone)
        offset = now.utcoffset() or timedelta()
        beat = {
            "now": int(now.timestamp() * 1000),
            "time": now.strftime("%H:%M:%S"),
            "offset": int(offset.total_seconds() * 1000),
        }
        data = json.dumps(beat)
        return f"event: beat\ndata: {data}\n\n".encode()


async def _news(news: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await news.wait()
    except TimeoutError:
        pass
