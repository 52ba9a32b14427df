"""Supervises the gateway's own parts: links, sinks, the clock. Each has its own delay.

- A part reports ``up`` or ``down`` at any rate and from any thread.
- A part that is down for its whole delay is a fault: one entry. A shorter drop-out is nothing.
- The end of a fault is one entry, at once.
- A restarted gateway reads the open faults from the journal: it does not report them again, and
  it reports their end.
"""

import asyncio
import logging
import threading
from enum import StrEnum

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.entries import (
    Entry,
    FaultBody,
    Type,
    Write,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import NOTHING, Said, said, stored

LOOK_S = 0.5
# The kinds of parts that the configuration names, so that a reload can remove them.
_CONFIGURED = (
    "broker",
    "serial",
    "timeseries",
    "webhook",
    "upstream",
    "centre",
    "keypad",
    "code",
    "certificate",
    "certificates",
)

log = logging.getLogger(__name__)


class SupervisedState(StrEnum):
    """The state of a supervised part or device."""

    UNKNOWN = "unknown"  # it has not reported yet
    OK = "ok"
    DUE = "due"  # down, but its delay has not passed
    FAULT = "fault"
    WORKED_ON = "worked on"  # in maintenance: its silence is no fault


class Supervised(msgspec.Struct, frozen=True):
    """One supervised part or device.

    ``after_s``: the delay after which it is at fault. ``since_ms``: since when it is in this
    state (monotonic); 0: since before the machine started, or not known. ``remedy``: what a
    person can do about it; empty where there is nothing to do.
    """

    source: str
    after_s: float
    state: SupervisedState
    since_ms: int
    reason: Said
    remedy: Said = NOTHING


class _SupervisedPart:
    def __init__(self, after_s: float, now: int, reported: bool) -> None:
        self.after_s = after_s
        self.up: bool | None = None
        self.since_ms = now
        self.reason = self.remedy = NOTHING
        self.reported = reported


class _Reports:
    """The ``PartReport`` of one part."""

    def __init__(self, faults: "Faults", source: str, part: _SupervisedPart) -> None:
        self._faults, self._source, self._part = faults, source, part

    def up(self, reason: Said) -> None:
        self._faults.changed(self._source, self._part, True, reason, NOTHING)

    def down(self, reason: Said, remedy: Said) -> None:
        self._faults.changed(self._source, self._part, False, reason, remedy)


def open_faults(alarms: Journal) -> dict[str, Entry]:
    """Return the entry of each fault that has not ended, by its source."""
    standing: dict[str, Entry] = {}
    with alarms.reader() as reader:
        for entry in reader.all_of(Type.FAULT):
            if isinstance(entry.body, FaultBody):
                if entry.body.active:
                    standing[entry.body.source] = entry
                else:
                    standing.pop(entry.body.source, None)
    return standing


class Faults:
    """The faults of all parts. ``run`` until cancelled."""

    def __init__(self, alarms: Journal, clock: Clock) -> None:
        """Read the faults that earlier runs reported and that have not ended."""
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()
        self._parts: dict[str, _SupervisedPart] = {}
        self._declared: dict[str, float] = {}
        self._before = open_faults(alarms)

    def supervise(self, source: str, after_s: float) -> PartReport:
        """Supervise ``source``, a fault after ``after_s`` down; return the report of its part."""
        now = self._clock.monotonic_ms()
        self._parts[source] = part = _SupervisedPart(after_s, now, source in self._before)
        return _Reports(self, source, part)

    def changed(
        self, source: str, part: _SupervisedPart, up: bool, reason: Said, remedy: Said
    ) -> None:
        """Take the report of a part; store an entry if a fault begins or ends by it."""
        if up != part.up:
            what, _, which = source.partition("/")
            shown = f"{what} ({which})" if which else what
            if up:
                log.info("%s: %s", shown, reason)
            else:
                log.warning("%s: %s -> %s", shown, reason, remedy)
        with self._lock:
            if up != part.up:
                part.up, part.since_ms = up, self._clock.monotonic_ms()
            part.reason, part.remedy = reason, remedy
            writes = self._due(source, part)
        if writes:
            self._alarms.submit(writes)

    def declare(self, source: str, after_s: float) -> None:
        """Name a source whose fault entries another part writes, with its delay."""
        self._declared[source] = after_s

    def end_removed(self) -> None:
        """End the faults of parts that the configuration does not have any more.

        Call it when all parts are named. Without it, such a fault would never end.
        """
        removed = [
            source
            for source in self._before
            if source not in self._parts
            and not any(
                source == declared or source.startswith(f"{declared}/")
                for declared in self._declared
            )
            and source.partition("/")[0] in _CONFIGURED
        ]
        if removed:
            self._alarms.submit([fault_ends(source, said("part.removed")) for source in removed])

    def _due(self, source: str, part: _SupervisedPart) -> list[Write]:
        """Return the entry if a fault of a part begins or ends now, else nothing."""
        if part.up is None or part.up != part.reported:
            return []
        away_ms = self._clock.monotonic_ms() - part.since_ms
        if not part.up and away_ms < part.after_s * 1000:
            return []
        part.reported = not part.up
        if part.up:
            return [fault_ends(source, part.reason)]
        return [fault_begins(source, part.reason, part.remedy)]

    def look(self) -> None:
        """Report the parts that have been down for their whole delay."""
        with self._lock:
            writes = [
                write for name, part in self._parts.items() for write in self._due(name, part)
            ]
        if writes:
            self._alarms.submit(writes)

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def states(self) -> list[Supervised]:
        """Return every supervised part, and the sources of all other faults in the journal."""
        with self._lock:
            states = [
                Supervised(
                    name,
                    part.after_s,
                    self._state(part),
                    part.since_ms,
                    part.reason,
                    part.remedy,
                )
                for name, part in self._parts.items()
            ]
        standing = open_faults(self._alarms)
        for source in {**self._declared, **standing}:
            if source not in self._parts:
                states.append(self._by_entry(source, standing.get(source)))
        return states

    def _by_entry(self, source: str, fault: Entry | None) -> Supervised:
        after_s = self._declared.get(source, 0.0)
        if fault is None or not isinstance(fault.body, FaultBody):
            return Supervised(source, after_s, SupervisedState.OK, 0, NOTHING)
        since_ms = fault.mono_ms if fault.boot_id == self._clock.boot_id() else 0
        body = fault.body
        return Supervised(
            source,
            after_s,
            SupervisedState.FAULT,
            since_ms,
            stored(body.why, body.reason),
            stored(body.to_do, body.remedy),
        )

    @staticmethod
    def _state(part: _SupervisedPart) -> SupervisedState:
        if part.reported:
            return SupervisedState.FAULT
        if part.up is None:
            return SupervisedState.UNKNOWN
        return SupervisedState.OK if part.up else SupervisedState.DUE
