"""What a journal says of the equipment in a period: silences, tests and drills."""

from typing import Final

import msgspec

from callpoint_console.drills import Drill, DrillLog
from callpoint_gateway.alarms.report_summary import Entries
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    ExerciseBody,
    FaultBody,
    Mark,
    Stage,
    Type,
)
from callpoint_gateway.supervision.devices import TOGETHER
from callpoint_protocol import names

TYPES: Final = (Type.EVENT, Type.FAULT, Type.EXERCISE)
BLOCK: Final = 5000


class Run(msgspec.Struct, frozen=True):
    """A drill or a walk test; it ended at ``until_ms``, or is to end then."""

    mark: Mark
    from_ms: int
    until_ms: int
    who: str
    points: tuple[str, ...]


class Equipment:
    """The silences, tests and exercises from ``from_ms`` to ``until_ms`` (Unix ms)."""

    def __init__(self, from_ms: int, until_ms: int) -> None:
        """Begin without an entry; ``read`` gives them."""
        self._from_ms, self._until_ms = from_ms, until_ms
        self._since: dict[str, int] = {}  # by device: since when it is silent
        self._together: set[str] = set()
        self._silent_ms: dict[str, int] = {}
        self._running: dict[int, tuple[ExerciseBody, int]] = {}  # by position, with its start
        self.runs: list[Run] = []
        self._drills = DrillLog()
        #: The last test of each zone before the end of the period, Unix ms.
        self.tested_ms: dict[tuple[str, int], int] = {}

    def read(self, entries: Entries) -> None:
        """Read all entries up to the end of the period."""
        after = 0
        while found := entries.read(after, BLOCK, TYPES):
            after = found[-1].position
            for entry in found:
                if entry.recorded_ms < self._until_ms:
                    self._take(entry)
        for device in list(self._since):
            self._heard(device, self._until_ms)
        for position, (body, since_ms) in list(self._running.items()):
            self._ended(position, since_ms + body.seconds * 1000)

    @property
    def drills(self) -> tuple[Drill, ...]:
        """Every drill that ended before the end of the period."""
        return self._drills.drills

    def silent_ms(self, device: str) -> int:
        """Return for how long a device was silent in the period."""
        return self._silent_ms.get(device, 0)

    def _take(self, entry: Entry) -> None:
        self._drills.take(entry)
        match entry.body:
            case EventBody() as body if entry.device is not None:
                if body.kind == names.SUPERVISION and body.state == names.TROUBLE:
                    self._since.setdefault(entry.device, entry.recorded_ms)
                elif body.kind == names.SUPERVISION:
                    self._heard(entry.device, entry.recorded_ms)
                if body.mark is Mark.TEST or body.kind == names.TEST:
                    self.tested_ms[entry.device, body.zone] = entry.recorded_ms
            case FaultBody(source=source, active=True) as body if source == TOGETHER:
                for device in body.reason.split():
                    self._together.add(device)
                    self._since.setdefault(device, entry.recorded_ms)
            case FaultBody(source=source) if source == TOGETHER:
                for device in self._together:
                    self._heard(device, entry.recorded_ms)
                self._together.clear()
            case ExerciseBody(stage=Stage.START) as body:
                self._running[entry.position] = body, entry.recorded_ms
            case ExerciseBody(stage=Stage.END) if entry.about in self._running:
                self._ended(entry.about, entry.recorded_ms)

    def _heard(self, device: str, at_ms: int) -> None:
        since_ms = self._since.pop(device, None)
        if since_ms is not None:
            within_ms = max(0, min(at_ms, self._until_ms) - max(since_ms, self._from_ms))
            self._silent_ms[device] = self._silent_ms.get(device, 0) + within_ms

    def _ended(self, position: int, at_ms: int) -> None:
        body, since_ms = self._running.pop(position)
        if at_ms > self._from_ms:
            self.runs.append(Run(body.mark, since_ms, at_ms, body.who, tuple(body.points)))
