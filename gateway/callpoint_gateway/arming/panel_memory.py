"""What was left retained at the broker for panels, so that it can be withdrawn.

A cursor of the alarms journal holds a key ``<site>/<partition>`` for each panel that was shown,
and whether it was announced as well; ``<site>/`` stands for the site's availability.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from callpoint_gateway.arming.panel_topics import announcements, availability, shown_topics
from callpoint_gateway.journal.entries import STATE, Cursor
from callpoint_gateway.journal.writer import Journal

_CURSOR: Final = f"{STATE}panels"
_SHOWN: Final = 1
_ANNOUNCED: Final = 2


class PanelMemory:
    """What the broker holds."""

    def __init__(self, alarms: Journal) -> None:
        """Read what an earlier run left."""
        self._alarms = alarms
        with alarms.reader() as reader:
            kept = reader.cursors().get(_CURSOR)
        self._left = dict(kept.state) if kept else {}

    @property
    def empty(self) -> bool:
        """Nothing is left there."""
        return not self._left

    async def wants(self, site: str, names: Iterable[str], *, announced: bool) -> list[str]:
        """Note what will be there; return the topics that are to be emptied."""
        wanted = _wanted(site, names, announced)
        both = {key: self._left.get(key, 0) | wanted.get(key, 0) for key in (*self._left, *wanted)}
        await self._store(both)
        return [
            topic
            for key, flags in both.items()
            for topic in _topics(key, flags & ~wanted.get(key, 0))
        ]

    async def keep(self, site: str, names: Iterable[str], *, announced: bool) -> None:
        """Note that only this is there now."""
        await self._store(_wanted(site, names, announced))

    async def _store(self, left: dict[str, int]) -> None:
        if left != self._left:
            self._left = left
            await self._alarms.store([Cursor(_CURSOR, 0, left)])


def _wanted(site: str, names: Iterable[str], announced: bool) -> dict[str, int]:
    flags = _SHOWN | (_ANNOUNCED if announced else 0)
    found = {f"{site}/{name}": flags for name in names}
    return found | ({f"{site}/": _SHOWN} if found else {})


def _topics(key: str, flags: int) -> Iterator[str]:
    site, _, name = key.partition("/")
    if not name:
        if flags:
            yield availability(site)
        return
    if flags & _ANNOUNCED:
        yield from announcements(site, name)
    if flags & _SHOWN:
        yield from shown_topics(site, name)
