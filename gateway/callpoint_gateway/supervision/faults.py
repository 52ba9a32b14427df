"""What the gateway supervises of itself: links, sinks, the clock. Each with its own delay.

- Whoever runs a part reports ``up`` or ``down`` as often as it likes, from any thread.
- A part that is down for its whole delay is a fault: one entry. A shorter drop-out is nothing.
- Its return is one entry as well, at once, and never more than that.
- What was reported before a restart is read from the journal: not reported again, and its end
  is reported also by the next run.
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

LOOK_S = 0.5
# The first part of a source that the configuration names.
_OURS = ("broker", "serial", "timeseries", "webhook", "centre", "keypad", "code")

log = logging.getLogger(__name__)


class State(StrEnum):
    """How a supervised thing is."""

    UNKNOWN = "unknown"  # nothing was said of it yet
    OK = "ok"
    DUE = "due"  # away, and its set time has not passed
    FAULT = "fault"
    WORKED_ON = "worked on"  # nobody waits for it during a maintenance window


class Supervised(msgspec.Struct, frozen=True):
    """One thing that is supervised: its set time, and how it is since ``since_ms``.

    That is monotonic; 0: since before the machine started, or not known. ``remedy``: what a
    person can do about it; empty where there is nothing to do.
    """

    source: str
    after_s: float
    state: State
    since_ms: int
    reason: str
    remedy: str = ""


class _Part:
    def __init__(self, after_s: float, now: int, reported: bool) -> None:
        self.after_s = after_s
        self.up: bool | None = None
        self.since_ms = now
        self.reason = self.remedy = ""
        self.reported = reported


class _Reports:
    """What one part reports to: a ``PartReport``."""

    def __init__(self, faults: "Faults", source: str, part: _Part) -> None:
        self._faults, self._source, self._part = faults, source, part

    def up(self, reason: str) -> None:
        self._faults.changed(self._source, self._part, True, reason, "")

    def down(self, reason: str, remedy: str) -> None:
        self._faults.changed(self._source, self._part, False, reason, remedy)


def open_faults(alarms: Journal) -> dict[str, Entry]:
    """Return the entry of each fault that began and has not ended."""
    found: dict[str, Entry] = {}
    with alarms.reader() as reader:
        for entry in reader.all_of(Type.FAULT):
            if isinstance(entry.body, FaultBody):
                if entry.body.active:
                    found[entry.body.source] = entry
                else:
                    found.pop(entry.body.source, None)
    return found


class Faults:
    """All of them. ``run`` until cancelled."""

    def __init__(self, alarms: Journal, clock: Clock) -> None:
        """Read what an earlier run reported and did not see end."""
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()
        self._parts: dict[str, _Part] = {}
        self._declared: dict[str, float] = {}
        self._before = open_faults(alarms)

    def supervise(self, source: str, after_s: float) -> PartReport:
        """Supervise ``source``; return what its part reports to."""
        now = self._clock.monotonic_ms()
        self._parts[source] = part = _Part(after_s, now, source in self._before)
        return _Reports(self, source, part)

    def changed(self, source: str, part: _Part, up: bool, reason: str, remedy: str) -> None:
        """Take what a part reports, and report what is due by that."""
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
        """Name what is supervised by somebody who writes its entries, with its set time."""
        self._declared[source] = after_s

    def end_removed(self) -> None:
        """End what was reported of parts that this gateway does not have any more.

        Call it when all its parts are named; otherwise such a fault would stand for ever.
        """
        removed = [
            source
            for source in self._before
            if source not in self._parts
            and not any(source == one or source.startswith(f"{one}/") for one in self._declared)
            and source.partition("/")[0] in _OURS
        ]
        if removed:
            self._alarms.submit([fault_ends(source, "removed") for source in removed])

    def _due(self, source: str, part: _Part) -> list[Write]:
        """Return the entry that is due now for a part, if any."""
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
        """Report what has been away for its whole set time."""
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
        """Return everything that is supervised, and whatever else the journal has a fault of."""
        with self._lock:
            found = [
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
                found.append(self._told_by_others(source, standing.get(source)))
        return found

    def _told_by_others(self, source: str, fault: Entry | None) -> Supervised:
        after_s = self._declared.get(source, 0.0)
        if fault is None or not isinstance(fault.body, FaultBody):
            return Supervised(source, after_s, State.OK, 0, "")
        since_ms = fault.mono_ms if fault.boot_id == self._clock.boot_id() else 0
        body = fault.body
        return Supervised(source, after_s, State.FAULT, since_ms, body.reason, body.remedy)

    @staticmethod
    def _state(part: _Part) -> State:
        if part.reported:
            return State.FAULT
        if part.up is None:
            return State.UNKNOWN
        return State.OK if part.up else State.DUE
