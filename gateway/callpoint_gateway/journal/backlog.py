"""The entries that one centre has not received yet, their numbers, and the centre's cursors.

A number follows from the journal: entries for this centre are counted in journal order, whatever
the order in which they are sent. So a repeat after a crash has the number of the first
transmission, and no commit is needed before a frame may leave. Each cursor carries the number
that the count had reached at its position.

A cursor stands before the first entry of its part (urgent or normal) that is neither finished nor
set aside. An entry beyond the cursor is finished if a delivery entry names it, and set aside if a
set-aside entry names it, so both survive a crash.

``rule`` is a checksum of all that decides which entries are for this centre (routes, register).
When it has changed, waiting entries get new numbers, behind every number that was used: a
receiver may take another event under a number that it knows for a repeat.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    NewEntry,
    ReportBody,
    SetAsideBody,
    Type,
    Write,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.words.said import Said

URGENT: Final = "urgent"
NORMAL: Final = "normal"
LAST_NUMBER: Final = 9999
READ_AHEAD: Final = 256
#: At most so many entries of a part wait in memory; further ones are read when these are finished.
WINDOW: Final = 50_000
#: So many waiting entries keep their body in memory; later bodies are read again in their turn.
KEPT_WHOLE: Final = READ_AHEAD
TYPES: Final = (Type.EVENT, Type.REPORT)
_ANSWERS: Final = (Type.DELIVERY, Type.SET_ASIDE)


def after(number: int, count: int = 1) -> int:
    """Return the number ``count`` after ``number``: 1 to 9999, then 1 again."""
    return (number + count - 1) % LAST_NUMBER + 1 if count else number


#: Device, zone, and the kind where the zone is 0. Events of one line are sent in their order.
Line = tuple[str, int, int]


class Waiting(msgspec.Struct, eq=False):
    """An entry that a centre has not received yet. It goes out under ``number``, 1 to 9999.

    ``recorded_ms`` is Unix milliseconds. ``entry`` is the entry itself if it is kept in memory.
    ``finished``: the cursor may pass it. ``aside``: a set-aside entry in the journal names it.
    """

    position: int
    number: int
    part: str
    line: Line
    recorded_ms: int
    entry: Entry | None = None
    finished: bool = False
    aside: bool = False

    @property
    def urgent(self) -> bool:
        """Whether it goes before every entry that is not urgent."""
        return self.part == URGENT


class _Part:
    def __init__(self, name: str, position: int, number: int) -> None:
        self.name = name
        self.stored = position  # where the stored cursor stands
        self.at = position, number  # where the cursor may stand
        self.read = position  # up to which the journal was read
        self.number = number  # of the last entry for this centre at or before ``read``
        self.waiting: deque[Waiting] = deque()

    def settle(self) -> bool:
        """Let the cursor pass finished entries; return whether it may move."""
        while self.waiting and self.waiting[0].finished:
            first = self.waiting.popleft()
            self.at = first.position, first.number
        if not self.waiting:
            self.at = self.read, self.number
        return self.at[0] > self.stored


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
        self._answered: set[int] = set()  # beyond a cursor, and finished or set aside already
        self._aside: dict[int, Waiting] = {}
        self._aside_name = f"{STATE}centre/{centre}/aside"

    def prepare(self) -> list[Write]:
        """Load the cursors; return the cursors to store before anything is sent.

        A new centre starts at the end of the journal: nobody wants last year's alarms.
        """
        cursors, head = self._reader.cursors(), self._reader.head()
        fresh = Cursor("", head, {"number": 0, "rule": self._rule})
        own = {
            part: cursors.get(f"centre/{self._centre}/{part}", fresh) for part in (URGENT, NORMAL)
        }
        self._learn_answers(min(cursor.position for cursor in own.values()))
        if any(cursor.state.get("rule") != self._rule for cursor in own.values()):
            own = self._renumbered(cursors, own)
        self._parts = {
            part: _Part(f"centre/{self._centre}/{part}", cursor.position, cursor.state["number"])
            for part, cursor in own.items()
        }
        self._load_set_aside(cursors.get(self._aside_name, Cursor("", 0)).position)
        return [self._cursor(part, part.stored, part.number) for part in self._parts.values()]

    def _learn_answers(self, position: int) -> None:
        for entry in self._all(position, _ANSWERS):
            if entry.about is not None and self._is_mine(entry):
                self._answered.add(entry.about)

    def _is_mine(self, entry: Entry) -> bool:
        body = entry.body
        return isinstance(body, DeliveryBody | SetAsideBody) and body.centre == self._centre

    def _load_set_aside(self, position: int) -> None:
        """Load the entries that were set aside behind ``position`` and are not finished yet."""
        for entry in self._reader.all_of(Type.SET_ASIDE):
            body = entry.body
            if entry.position <= position or entry.about is None or not self._is_mine(entry):
                continue
            assert isinstance(body, SetAsideBody)
            self._aside.pop(entry.about, None)
            answers = self._reader.about(entry.about)
            if any(
                isinstance(answer.body, DeliveryBody) and self._is_mine(answer)
                for answer in answers
            ):
                continue
            event = self._reader.entry(entry.about)
            if event is not None:
                part = URGENT if body.urgent else NORMAL
                waiting = _waiting(event, body.number, part)
                waiting.finished = waiting.aside = True
                self._aside[entry.about] = waiting

    def _renumbered(
        self, cursors: Mapping[str, Cursor], own: Mapping[str, Cursor]
    ) -> dict[str, Cursor]:
        # An earlier version kept the last number in a cursor of its own.
        before = cursors.get(f"centre/{self._centre}/number", Cursor("", 0)).state.get("last", 0)
        low, high = sorted(own.values(), key=lambda cursor: cursor.position)
        # Under any rule, each entry behind a cursor has had at most one number.
        behind = sum(1 for _ in self._all(high.position, TYPES))
        used = after(high.state.get("number", before), behind)
        between = sum(
            1
            for entry in self._all(low.position, TYPES)
            if entry.position <= high.position and self._part_of(entry) is not None
        )
        numbers = {low.position: used, high.position: after(used, between)}
        return {
            part: Cursor("", cursor.position, {"number": numbers[cursor.position]})
            for part, cursor in own.items()
        }

    def _all(self, position: int, types: tuple[Type, ...]) -> Iterator[Entry]:
        while entries := self._reader.read(position, READ_AHEAD, types):
            yield from entries
            position = entries[-1].position

    def _cursor(self, part: _Part, position: int, number: int) -> Cursor:
        part.stored = position
        return Cursor(part.name, position, {"number": number, "rule": self._rule})

    def set_aside_before(self) -> list[Waiting]:
        """Return the entries that an earlier run set aside and did not finish, oldest first."""
        return sorted(self._aside.values(), key=lambda waiting: waiting.position)

    def read_on(self) -> list[Waiting]:
        """Return the next new entries for this centre; empty when all have been read."""
        fresh: list[Waiting] = []
        for part in self._parts.values():
            self._read_part(part, fresh)
        return fresh

    def _read_part(self, part: _Part, fresh: list[Waiting]) -> None:
        while len(part.waiting) < WINDOW:
            entries = self._reader.read(part.read, READ_AHEAD, TYPES)
            if not entries:
                return
            # Both parts usually stand at the same position; then each entry is decoded only once.
            together = [
                (name, beside)
                for name, beside in self._parts.items()
                if beside.read == part.read and len(beside.waiting) < WINDOW
            ]
            before = len(fresh)
            for entry in entries:
                wanted = self._part_of(entry)
                if wanted is not None:
                    for name, beside in together:
                        beside.number = after(beside.number)
                        if wanted == name and entry.position not in self._answered:
                            fresh.append(_added(beside, name, entry))
            for _, beside in together:
                beside.read = entries[-1].position
            if len(fresh) > before:
                return

    def entry_of(self, waiting: Waiting) -> Entry:
        """Return the entry, its times corrected for what is now known of the clock."""
        if waiting.entry is not None:
            return self._reader.repaired(waiting.entry)
        entry = self._reader.entry(waiting.position)
        assert entry is not None, "the alarms journal loses nothing"
        return entry

    def finished(self, waiting: Waiting) -> list[Write]:
        """Mark an entry as accepted or given up; return the cursors that move with it."""
        waiting.finished = True
        writes: list[Write] = []
        if waiting.aside:
            self._aside.pop(waiting.position, None)
            if not self._aside:
                writes.append(Cursor(self._aside_name, self._read_up_to()))
        return writes + self.passed()

    def set_aside(self, waiting: Waiting, answer: str, why: Said, tries: int) -> list[Write]:
        """Set aside an entry that the centre does not take while it takes others.

        Return the set-aside entry and the cursors that move. ``answer``: what the centre said
        last; ``why``: why it is not taken; ``tries``: how often the entry was sent.
        """
        waiting.finished = waiting.aside = True
        waiting.entry = None
        self._aside[waiting.position] = waiting
        body = SetAsideBody(
            self._centre, waiting.number, waiting.urgent, answer, str(why)[:200], tries, why
        )
        device = waiting.line[0] or None
        entry = NewEntry(Type.SET_ASIDE, body, device=device, about=waiting.position)
        return [entry, *self.passed()]

    def _read_up_to(self) -> int:
        # An entry that is set aside later stands behind this position.
        return min(part.read for part in self._parts.values())

    def passed(self) -> list[Write]:
        """Return the cursors that can move past finished entries and entries of other centres."""
        return [self._cursor(part, *part.at) for part in self._parts.values() if part.settle()]

    @property
    def aside(self) -> int:
        """How many entries are set aside."""
        return len(self._aside)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest waiting entry was recorded (Unix ms); None when none waits."""
        oldest = [waiting.recorded_ms for waiting in self._aside.values()]
        for part in self._parts.values():
            unfinished = (waiting for waiting in part.waiting if not waiting.finished)
            oldest += [waiting.recorded_ms for waiting in islice(unfinished, 1)]
        return min(oldest, default=None)

    @property
    def idle_moves(self) -> bool:
        """Whether ``passed`` would return anything."""
        return any(part.settle() for part in self._parts.values())


def _added(part: _Part, name: str, entry: Entry) -> Waiting:
    waiting = _waiting(entry, part.number, name)
    if len(part.waiting) >= KEPT_WHOLE:
        waiting.entry = None
    part.waiting.append(waiting)
    return waiting


def _waiting(entry: Entry, number: int, part: str) -> Waiting:
    body = entry.body
    assert isinstance(body, EventBody | ReportBody)
    line = (entry.device or "", body.zone, 0 if body.zone else body.kind)
    return Waiting(entry.position, number, part, line, entry.recorded_ms, entry)
