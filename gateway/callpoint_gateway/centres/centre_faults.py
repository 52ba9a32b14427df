"""What the gateway says of a centre: that it is away, that it refuses, which of its paths is lost.

Each is a fault of the gateway, and a path's loss is told to the centre over another path as well.
Entries are returned, and stored by the caller together with what they belong to.
"""

import logging

from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.centres.supervised_path import SupervisedPath
from callpoint_gateway.configuration.centres import PATHS, Centre
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import (
    NewEntry,
    ReportBody,
    Type,
    Write,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import PATH_1, PATH_2, PATH_OTHER
from callpoint_gateway.supervision.faults import open_faults
from callpoint_gateway.words.said import Said, said
from callpoint_protocol import names

log = logging.getLogger(__name__)


class CentreFaults:
    """The faults of one centre, as they stand in the journal."""

    def __init__(self, site: str, centre: Centre, alarms: Journal, clock: Clock) -> None:
        """``prepare`` it before anything is said."""
        self._site = site
        self._centre = centre
        self._alarms = alarms
        self._clock = clock
        self._away = f"centre/{centre.name}"
        self._refusing = f"{self._away}/refused"
        self._standing: set[str] = set()
        self._away_ms: int | None = None  # since when no path is up

    def _of_path(self, number: int) -> str:
        return f"{self._away}/path/{number}"

    def prepare(self) -> list[Write]:
        """Learn which faults stand; return what ends those of paths that are no more."""
        every = range(1, PATHS + 1)
        mine = {self._away, self._refusing, *map(self._of_path, every)}
        self._standing = mine & open_faults(self._alarms).keys()
        count = len(self._centre.ways)
        ended: list[Write] = []
        for number in every:
            if number > count or count == 1:
                ended += self._ends(self._of_path(number), said("centre.no_path"))
        return ended

    @property
    def lost_paths(self) -> frozenset[int]:
        """The numbers of the paths that an earlier run has said to be lost."""
        numbers = range(1, len(self._centre.ways) + 1)
        return frozenset(n for n in numbers if self._of_path(n) in self._standing)

    @property
    def any(self) -> bool:
        """Something is wrong, here or anywhere in the gateway."""
        return bool(self._standing) or bool(open_faults(self._alarms))

    def report(
        self, kind: int, state: int, detail: int, zone: int = 0, centre: str = ""
    ) -> NewEntry:
        """Return what the gateway tells this centre, or another one, of itself."""
        told = centre or self._centre.name
        wall_ms = self._clock.wall_ms()
        return NewEntry(
            Type.REPORT, ReportBody(self._site, told, kind, state, detail, zone, wall_ms)
        )

    def refusals(self, count: int, reason: Said, remedy: Said) -> list[Write]:
        """``count`` events are not taken now, the last of them for ``reason``."""
        if not count:
            return self._ends(self._refusing, said("centre.takes_all"))
        why = said("centre.does_not_take", count=count, why=reason)
        return self._begins(self._refusing, why, remedy)

    def path_judged(
        self, path: SupervisedPath, reason: Said, remedy: Said, *, none_up: bool
    ) -> list[Write]:
        """A path has answered, or has not; ``none_up``: nor has any other."""
        writes: list[Write] = []
        lost, up = path.health is Health.LOST, path.health is Health.UP
        if len(self._centre.ways) > 1 and (lost or up):
            source = self._of_path(path.number)
            fault = self._begins(source, reason, remedy) if lost else self._ends(source, reason)
            if fault:
                state = names.TROUBLE if lost else names.TROUBLE_RESTORE
                detail = {1: PATH_1, 2: PATH_2}.get(path.number, PATH_OTHER)
                writes += [*fault, self.report(names.SUPERVISION, state, detail, path.number)]
        if up:
            self._away_ms = None
            writes += self._ends(self._away, reason)
        elif none_up:
            writes += self._away_entries(reason, remedy)
        return writes

    def _away_entries(self, reason: Said, remedy: Said) -> list[Write]:
        now_ms = self._clock.monotonic_ms()
        if self._away_ms is None:
            self._away_ms = now_ms
        if now_ms - self._away_ms < self._centre.away_after_s * 1000:
            return []
        return self._begins(self._away, reason, remedy)

    def _begins(self, source: str, reason: Said, remedy: Said) -> list[Write]:
        if source in self._standing:
            return []
        self._standing.add(source)
        log.warning("%s: %s -> %s", source, reason, remedy)
        return [fault_begins(source, reason, remedy)]

    def _ends(self, source: str, reason: Said) -> list[Write]:
        if source not in self._standing:
            return []
        self._standing.discard(source)
        log.info("%s: %s", source, reason)
        return [fault_ends(source, reason)]
