"""Counts the entries that each consumer of a journal has not finished.

For a centre only entries of the types that centres receive count. Deliveries, snapshots and
cursors do not count, so an idle gateway has nothing waiting.
"""

from bisect import bisect_right
from collections.abc import Collection
from typing import Final

import msgspec

from callpoint_gateway.alarms.store import Store
from callpoint_gateway.journal.backlog import NORMAL, URGENT
from callpoint_gateway.journal.backlog import TYPES as CENTRE_TYPES
from callpoint_gateway.journal.entries import Cursor

BLOCK: Final = 20_000
_SINKS: Final = ("timeseries", "webhook")


class ConsumerBacklog(msgspec.Struct, frozen=True):
    """``count`` entries of ``journal`` wait for ``consumer``, the name of a cursor."""

    consumer: str
    journal: str
    count: int


def centre_of(cursor: str) -> tuple[str, str] | None:
    """Return centre and part (urgent or normal) of a cursor's name; None: it is no centre's."""
    what, _, name = cursor.partition("/")
    name, _, part = name.rpartition("/")
    return (name, part) if what == "centre" and part in (URGENT, NORMAL) else None


class Backlogs:
    """Counts the waiting entries of one journal. Each ``look`` reads only new entries."""

    def __init__(self, store: Store, journal: str, known: Collection[str] | None = None) -> None:
        """``known``: the names of the configured centres and sinks; None: all with a cursor."""
        self._store = store
        self._journal = journal
        self._known = known
        self._for_centres: list[int] = []  # positions of entries that some centre has not finished
        self._read = 0
        self.cursors: dict[str, Cursor] = {}

    def _counts(self, name: str) -> bool:
        centre = centre_of(name)
        known = self._known
        if centre is not None:
            return known is None or f"centre/{centre[0]}" in known
        return name.partition("/")[0] in _SINKS and (known is None or name in known)

    def look(self) -> list[ConsumerBacklog]:
        """Return how many entries wait for each consumer, in order of its name."""
        # Cursors are read before the head, so that no cursor can be behind the head.
        cursors = self._store.cursors()
        self.cursors = {name: cursors[name] for name in sorted(cursors) if self._counts(name)}
        head = self._store.head()
        centres = [cursor.position for name, cursor in self.cursors.items() if centre_of(name)]
        if centres:
            self._follow(min(centres), head)
        return [
            ConsumerBacklog(name, self._journal, self._count(name, cursor.position, head))
            for name, cursor in self.cursors.items()
        ]

    def _count(self, name: str, position: int, head: int) -> int:
        if not centre_of(name):
            return max(0, head - position)
        known = len(self._for_centres) - bisect_right(self._for_centres, position)
        return known + max(0, head - max(self._read, position))

    def _follow(self, finished: int, head: int) -> None:
        """Update the positions of entries that not all centres have finished.

        Each call reads at most a block; every entry behind that block counts as waiting.
        """
        after = max(self._read, finished)
        fresh = self._store.positions(after, CENTRE_TYPES, BLOCK)
        kept = [position for position in self._for_centres if position > finished]
        self._for_centres = kept + fresh
        self._read = fresh[-1] if len(fresh) == BLOCK else max(after, head)

    def awaited(self, urgent: bool, position: int) -> list[str]:
        """Return the centres whose cursor has not reached an entry yet."""
        part = URGENT if urgent else NORMAL
        return [
            centre[0]
            for name, cursor in self.cursors.items()
            if (centre := centre_of(name)) and centre[1] == part and cursor.position < position
        ]
