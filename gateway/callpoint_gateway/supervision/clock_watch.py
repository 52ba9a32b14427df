"""Supervises the wall clock, and corrects recorded times once the clock is synchronised.

A Raspberry Pi has no battery-backed clock: it starts at 1970 or at its last shutdown, and entries
carry that time until a time service sets it. The monotonic clock runs all the while, so the
distance between the two clocks (the skew) shows how wrong the wall clock was.

- A change of the skew is a step. A step of a synchronised clock is a fault of its own.
- While the clock is not synchronised, each skew and its interval are stored with a cursor, so that
  a restart does not lose them.
- When the clock is synchronised, each interval with another skew becomes an entry of type
  ``time`` in both journals. No entry is rewritten: readers add the correction.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.entries import STATE, Cursor, NewEntry, TimeBody, Type, Write
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import said

LOOK_S = 1.0
STEP_MS = 500
STEADY_MS = 600_000
MAX_INTERVALS = 100
NAME = STATE + "clock"
SYNCHRONISE = said("clock.unsynchronised.do")
FIND_OTHER = said("clock.stepped.do")

log = logging.getLogger(__name__)


class _Interval(msgspec.Struct):
    """An interval with one skew and no synchronisation, in monotonic ms. ``to_ms`` -1: now."""

    from_ms: int
    to_ms: int
    skew_ms: int


class ClockWatch:
    """Watches the wall clock of this machine. ``run`` until cancelled."""

    def __init__(
        self,
        alarms: Journal,
        telemetry: Journal,
        clock: Clock,
        synchronised: Callable[[], bool],
        right: PartReport,
        steady: PartReport,
    ) -> None:
        """``right`` gets whether the clock is synchronised, ``steady`` whether it steps."""
        self._alarms = alarms
        self._telemetry = telemetry
        self._clock = clock
        self._synchronised = synchronised
        self._right = right
        self._steady = steady
        self._boot = zlib.crc32(clock.boot_id().encode())
        self._intervals = self._stored_intervals()
        self._looked_ms, self._skew_ms = self._read()
        self._step_ms: int | None = None
        self._was_right = False
        if self._intervals and abs(self._intervals[-1].skew_ms - self._skew_ms) >= STEP_MS:
            self._close(self._looked_ms)
        if not self._intervals and not synchronised():
            # From the machine's start: entries of that time with another skew are not corrected.
            self._begin(0)

    def _read(self) -> tuple[int, int]:
        before = self._clock.monotonic_ms()
        wall = self._clock.wall_ms()
        now = self._clock.monotonic_ms()
        return now, wall - (before + now) // 2

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Compare the two clocks: report a step; correct times once the clock is synchronised."""
        before = self._looked_ms
        self._looked_ms, skew_ms = self._read()
        by_ms = skew_ms - self._skew_ms
        if abs(by_ms) >= STEP_MS:
            self._skew_ms = skew_ms
            self._note_step(before, by_ms)
        right = self._synchronised()
        if right:
            self._right.up(said("clock.synchronised"))
            self._repair()
        else:
            self._right.down(said("clock.unsynchronised"), SYNCHRONISE)
        if not right and (not self._intervals or self._intervals[-1].to_ms >= 0):
            self._begin(before)
        self._was_right = right
        if self._step_ms is not None and self._looked_ms - self._step_ms >= STEADY_MS:
            self._step_ms = None
        if self._step_ms is None:
            self._steady.up(said("clock.steady"))

    def _note_step(self, before: int, by_ms: int) -> None:
        log.warning("the wall clock has stepped by %d ms", by_ms)
        if self._intervals and self._intervals[-1].to_ms < 0:
            self._close(self._looked_ms)
            self._begin(before)
        if self._was_right:
            self._step_ms = self._looked_ms
            self._steady.down(said("clock.stepped", ms=by_ms), FIND_OTHER)

    def _begin(self, from_ms: int) -> None:
        self._intervals.append(_Interval(from_ms, -1, self._skew_ms))
        del self._intervals[:-MAX_INTERVALS]
        self._alarms.submit([self._cursor()])

    def _close(self, to_ms: int) -> None:
        if self._intervals and self._intervals[-1].to_ms < 0:
            self._intervals[-1].to_ms = to_ms

    def _repair(self) -> None:
        if not self._intervals:
            return
        self._close(self._looked_ms)
        boot, skew_ms = self._clock.boot_id(), self._skew_ms
        entries: list[Write] = []
        for wrong in self._intervals:
            off_ms = skew_ms - wrong.skew_ms
            if abs(off_ms) < STEP_MS:
                continue
            body = TimeBody(boot, wrong.from_ms, wrong.to_ms, wrong.skew_ms, off_ms)
            entries.append(NewEntry(Type.TIME, body))
            log.warning("the wall clock was %d ms behind; recorded times are corrected", off_ms)
        self._intervals = []
        if entries:
            self._telemetry.submit(entries)
        self._alarms.submit([*entries, self._cursor()])

    def _cursor(self) -> Cursor:
        state = {"boot": self._boot}
        for number, interval in enumerate(self._intervals):
            fields = msgspec.structs.asdict(interval)
            state |= {f"{number}/{key}": value for key, value in fields.items()}
        with self._alarms.reader() as reader:
            return Cursor(NAME, reader.head(), state)

    def _stored_intervals(self) -> list[_Interval]:
        with self._alarms.reader() as reader:
            state = reader.cursors().get(NAME, Cursor(NAME, 0)).state
        if state.get("boot") != self._boot:
            return []  # the skew of an earlier boot cannot be known any more
        count = (len(state) - 1) // 3
        fields = _Interval.__struct_fields__
        return [
            _Interval(*(state[f"{number}/{key}"] for key in fields)) for number in range(count)
        ]
