"""What one centre has still to be told, urgent before the rest, and under which number.

A number follows from the journal: entries for this centre are counted in journal order, whatever
the order in which they are sent. So a repeat after a crash has the number of the first
transmission, and no commit is needed before a frame may leave. Each cursor carries the number
that the count had reached at its position.

``rule`` stands for everything that decides what is for this centre (routes, register). When it
has changed, what is still to be told is counted anew, behind every number that was used: a
receiver that has had a number before may take another event under it for a repeat.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from callpoint_gateway.journal.entries import Cursor, Entry, Type, Write
from callpoint_gateway.journal.reader import Reader

URGENT: Final = "urgent"
NORMAL: Final = "normal"
LAST_NUMBER: Final = 9999
READ_AHEAD: Final = 256
#: More than can have left under a number that no cursor on disk has counted: what waits for its
#: answer, and answers that wait for the disk.
UNCOUNTED: Final = 128
TYPES: Final = (Type.EVENT, Type.REPORT)


def after(number: int, count: int = 1) -> int:
    """Return the number ``count`` after ``number``: 1 to 9999, then 1 again."""
    return (number + count - 1) % LAST_NUMBER + 1 if count else number


class _Part:
    def __init__(self, name: str, position: int, number: int) -> None:
        self.name = name
        self.stored = position  # what the cursor says
        self.read = position
        self.number = number  # of the last entry for this centre at or before ``read``
        self.waiting: deque[tuple[Entry, int]] = deque()


class Backlog:
    """The two cursors of a centre and what waits behind them."""

    def __init__(
        self,
        centre: str,
        reader: Reader,
        part_of: Callable[[Entry], str | None],
        rule: int,
    ) -> None:
        """``part_of``: URGENT, NORMAL, or None for an entry that is not for this centre."""
        self._centre = centre
        self._reader = reader
        self._part_of = part_of
        self._rule = rule
        self._parts: dict[str, _Part] = {}

    def prepare(self) -> list[Write]:
        """Take up the cursors; return what is to be stored before anything is sent.

        A centre that has never been served starts at the present: nobody wants last year's
        alarms.
        """
        cursors, head = self._reader.cursors(), self._reader.head()
        fresh = Cursor("", head, {"number": 0, "rule": self._rule})
        found = {
            part: cursors.get(f"centre/{self._centre}/{part}", fresh) for part in (URGENT, NORMAL)
        }
        if any(one.state.get("rule") != self._rule for one in found.values()):
            found = self._counted_anew(cursors, found)
        self._parts = {
            part: _Part(f"centre/{self._centre}/{part}", one.position, one.state["number"])
            for part, one in found.items()
        }
        return [self._cursor(part, part.stored, part.number) for part in self._parts.values()]

    def _counted_anew(
        self, cursors: Mapping[str, Cursor], found: Mapping[str, Cursor]
    ) -> dict[str, Cursor]:
        # Earlier the last number stood in a cursor of its own.
        before = cursors.get(f"centre/{self._centre}/number", Cursor("", 0)).state.get("last", 0)
        low, high = sorted(found.values(), key=lambda one: one.position)
        used = after(high.state.get("number", before), UNCOUNTED)
        between = sum(
            1
            for entry in self._entries(low.position, high.position)
            if self._part_of(entry) is not None
        )
        numbers = {low.position: used, high.position: after(used, between)}
        return {
            part: Cursor("", one.position, {"number": numbers[one.position]})
            for part, one in found.items()
        }

    def _entries(self, position: int, last: int) -> list[Entry]:
        found: list[Entry] = []
        while entries := self._reader.read(position, READ_AHEAD, TYPES):
            found += [entry for entry in entries if entry.position <= last]
            position = entries[-1].position
            if position >= last:
                break
        return found

    def _cursor(self, part: _Part, position: int, number: int) -> Cursor:
        part.stored = position
        return Cursor(part.name, position, {"number": number, "rule": self._rule})

    def next(self) -> tuple[str, Entry, int] | None:
        """Return what is to be told next: its part, the entry and its number."""
        for name, part in self._parts.items():
            self._fill(part)
            if part.waiting:
                return name, *part.waiting[0]
        return None

    def _fill(self, part: _Part) -> None:
        while not part.waiting:
            entries = self._reader.read(part.read, READ_AHEAD, TYPES)
            if not entries:
                return
            # Mostly both parts stand at the same place, and nothing is read and decoded twice.
            together = [
                beside
                for beside in self._parts.items()
                if beside[1].read == part.read and not beside[1].waiting
            ]
            for entry in entries:
                wanted = self._part_of(entry)
                if wanted is None:
                    continue
                for name, beside in together:
                    beside.number = after(beside.number)
                    if wanted == name:
                        beside.waiting.append((entry, beside.number))
            for _, beside in together:
                beside.read = entries[-1].position

    def finished(self, name: str) -> list[Write]:
        """The first of a part has been answered: return the cursors that move with it."""
        part = self._parts[name]
        entry, number = part.waiting.popleft()
        return [self._cursor(part, entry.position, number), *self.passed(but=name)]

    def passed(self, but: str | None = None) -> list[Write]:
        """Return the cursors that can move past entries that are not for this centre."""
        return [
            self._cursor(part, part.read, part.number)
            for name, part in self._parts.items()
            if name != but and not part.waiting and part.read > part.stored
        ]

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest of what has been read and not told was recorded; None: all is told."""
        return min(
            (part.waiting[0][0].recorded_ms for part in self._parts.values() if part.waiting),
            default=None,
        )

    @property
    def idle_moves(self) -> bool:
        """Whether ``passed`` would return anything."""
        return any(not part.waiting and part.read > part.stored for part in self._parts.values())
