"""How much each consumer of a journal has still to do.

Only what a consumer has something to do with is work: a delivery that a centre's own answer
became, a snapshot or a cursor is none, so an idle gateway has nothing waiting.
"""

from bisect import bisect_right
from collections.abc import Collection
from typing import Final

import msgspec

from callpoint_gateway.alarms.store import Store
from callpoint_gateway.journal.backlog import NORMAL, URGENT
from callpoint_gateway.journal.backlog import TYPES as TOLD
from callpoint_gateway.journal.entries import Cursor

BLOCK: Final = 20_000
_SINKS: Final = ("timeseries", "webhook")


class Waiting(msgspec.Struct, frozen=True):
    """``count`` entries of ``journal`` wait for ``consumer`` (the name of its cursor)."""

    consumer: str
    journal: str
    count: int


def centre_of(cursor: str) -> tuple[str, str] | None:
    """Return the centre and the part of its work that a cursor is of; None: it is of none."""
    what, _, name = cursor.partition("/")
    name, _, part = name.rpartition("/")
    return (name, part) if what == "centre" and part in (URGENT, NORMAL) else None


class Backlogs:
    """Counts what waits in one journal. ``look`` as often as you like; it reads what is new."""

    def __init__(self, store: Store, journal: str, known: Collection[str] | None = None) -> None:
        """``known``: centres and sinks that there are; None: whoever has a cursor."""
        self._store = store
        self._journal = journal
        self._known = known
        self._told: list[int] = []
        self._read = 0
        self.cursors: dict[str, Cursor] = {}

    def _counts(self, name: str) -> bool:
        centre = centre_of(name)
        known = self._known
        if centre is not None:
            return known is None or f"centre/{centre[0]}" in known
        return name.partition("/")[0] in _SINKS and (known is None or name in known)

    def look(self) -> list[Waiting]:
        """Return what waits now for each consumer, in order of its name."""
        # Cursors first: what a consumer has finished is never behind what is read after them.
        found = self._store.cursors()
        self.cursors = {name: found[name] for name in sorted(found) if self._counts(name)}
        head = self._store.head()
        centres = [one.position for name, one in self.cursors.items() if centre_of(name)]
        if centres:
            self._follow(min(centres), head)
        return [
            Waiting(name, self._journal, self._count(name, one.position, head))
            for name, one in self.cursors.items()
        ]

    def _count(self, name: str, position: int, head: int) -> int:
        if not centre_of(name):
            return max(0, head - position)
        known = len(self._told) - bisect_right(self._told, position)
        return known + max(0, head - max(self._read, position))

    def _follow(self, finished: int, head: int) -> None:
        """Keep where the entries for centres are that not all centres have finished.

        Of very many only a block is looked at each time; until then the rest counts as work.
        """
        after = max(self._read, finished)
        found = self._store.positions(after, TOLD, BLOCK)
        self._told = [one for one in self._told if one > finished] + found
        self._read = found[-1] if len(found) == BLOCK else max(after, head)

    def awaited(self, urgent: bool, position: int) -> list[str]:
        """Return the centres that have not come to an entry yet."""
        part = URGENT if urgent else NORMAL
        return [
            centre[0]
            for name, one in self.cursors.items()
            if (centre := centre_of(name)) and centre[1] == part and one.position < position
        ]
