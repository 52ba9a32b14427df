"""Renders each change once per page, language and scope, and tells all clients of it.

A client that reads slowly misses intermediate states, never the last one, and costs no memory:
what waits for it are the names of sections, and it is sent what they are when it reads.

A page is made of sections. A list that may have thousands of rows has each row as a section of its
own: a change of one alarm then costs that row only, at the server, on the line and in the browser.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from callpoint_console.visitor import Scope

BEAT_S: Final = 5.0

SnapshotT = TypeVar("SnapshotT")


class View(NamedTuple):
    """What a page is rendered for."""

    page: str
    language: str
    scope: Scope


class Row(NamedTuple):
    """A row of a list: one element, whose id is the section's name.

    ``within``: the id of the list. Its rows stand by ``order``, as texts are compared.
    """

    html: str
    within: str
    order: str


#: Returns the HTML of each section of a page by its id; None: nothing has been read yet.
Render = Callable[[SnapshotT | None, View], Mapping[str, str | Row]]


class Section(NamedTuple):
    """One section of a page: its HTML, its version, and what brings it to a page.

    ``row``: where it stands, if it is a row of a list; its message is then a part of one.
    """

    html: str
    version: str
    message: bytes
    row: Row | None = None


class _Client:
    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.news = asyncio.Event()


class _Channel:
    """The sections of one view, as they were rendered last, and the clients that look at it."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}
        self.clients: set[_Client] = set()

    def take(self, rendered: Mapping[str, str | Row]) -> None:
        changed = self.sections.keys() - rendered.keys()
        for name in changed:
            del self.sections[name]
        for name, each in rendered.items():
            before = self.sections.get(name)
            if before is None or (before.row or before.html) != each:
                self.sections[name] = _section(name, each)
                changed.add(name)
        if changed:
            for client in self.clients:
                client.waiting |= changed
                client.news.set()

    def message(self, names: Iterable[str], *, whole: bool) -> bytes:
        """Return what brings these sections to a page; ``whole``: there are no other rows."""
        parts: list[bytes] = []
        rows: list[bytes] = []
        gone: list[str] = []
        for name in sorted(names):
            section = self.sections.get(name)
            if section is None:
                gone.append(name)
            else:
                (parts if section.row is None else rows).append(section.message)
        if rows or gone or whole:
            around = json.dumps({"whole": whole, "gone": gone}, ensure_ascii=False).encode()
            listed = b",".join(rows)
            parts.append(b'event: rows\ndata: {"rows": [%b], %b\n\n' % (listed, around[1:]))
        return b"".join(parts)


def _section(name: str, each: str | Row) -> Section:
    row = each if isinstance(each, Row) else None
    html = each.html if isinstance(each, Row) else each
    version = f"{zlib.crc32(html.encode()):08x}"
    told = {"id": name, "v": version, "html": html}
    if row is None:
        return Section(html, version, f"data: {json.dumps(told, ensure_ascii=False)}\n\n".encode())
    told |= {"in": row.within, "order": row.order}
    return Section(html, version, json.dumps(told, ensure_ascii=False).encode(), row)


class Broadcaster(Generic[SnapshotT]):
    """Everything that clients see of the site. Use it in one event loop."""

    def __init__(self, pages: Mapping[str, Render[SnapshotT]], zone: ZoneInfo) -> None:
        """``pages``: how to render each page; ``zone``: the site's."""
        self.pages = pages
        self._zone = zone
        self._channels: dict[View, _Channel] = {}
        self._over = False
        self.snapshot: SnapshotT | None = None
        self._first = asyncio.Event()

    def publish(self, snapshot: SnapshotT) -> None:
        """Take a new snapshot, and tell every client of what has changed for it."""
        self.snapshot = snapshot
        self._first.set()
        for view, channel in list(self._channels.items()):
            if channel.clients:
                channel.take(self.pages[view.page](snapshot, view))
            else:
                del self._channels[view]

    async def first(self, within_s: float) -> None:
        """Wait until something has been read, or for so long."""
        await _news(self._first, within_s)

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
        whole = True  # a page that comes again has rows that are gone
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
                    yield channel.message(names, whole=whole)
                    whole = False
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
