"""When a centre is next told that all is well, or that it is not: a test on schedule.

Intervals are monotonic. The wall clock only says at which moments of the site's days a test
belongs, whatever summer time does to a day. There are never two tests within half a day.
"""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callpoint_gateway.centres.centre_faults import CentreFaults
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Entry, ReportBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import TEST_WITH_TROUBLE
from callpoint_protocol import names

LEAST_S: Final = 12 * 3600.0
# How long a wait is at most, so that a clock that was set meanwhile is noticed.
LOOK_S: Final = 3600.0
# A test may come so much before its moment, by a clock that was set since.
_EARLY_S: Final = 60.0


def due_in_s(centre: Centre, zone: ZoneInfo, wall_ms: int, since_s: float | None) -> float | None:
    """Return in how many seconds a test is due; None: never.

    ``since_s``: how long ago the last one was, as far as is known.
    """
    if centre.test_every_s:
        return 0.0 if since_s is None else max(0.0, centre.test_every_s - since_s)
    if centre.test_at is None:
        return None
    now_s = wall_ms / 1000
    latest_s, next_s, later_s = _moments(centre.test_at, zone, now_s)
    if since_s is None:
        return next_s - now_s
    if since_s < LEAST_S:
        soon = next_s - now_s < LEAST_S - since_s
        return (later_s if soon else next_s) - now_s
    # The moment has passed since the last test, and nobody was there to see it.
    missed = now_s - since_s < latest_s - _EARLY_S
    return 0.0 if missed else next_s - now_s


def _moments(at: str, zone: ZoneInfo, now_s: float) -> tuple[float, float, float]:
    """Return the last moment of the day ``at`` that has passed, and the two after it (Unix s)."""
    hours, minutes = map(int, at.split(":"))

    def on(day: date) -> float:
        # A time that a day has twice is its first; one that it has not at all is an hour later.
        return datetime.combine(day, time(hours, minutes), zone).timestamp()

    today = datetime.fromtimestamp(now_s, zone).date()
    moments = [on(today + timedelta(days=days)) for days in range(-1, 3)]
    passed = sum(moment <= now_s for moment in moments)
    return moments[passed - 1], moments[passed], moments[passed + 1]


class PeriodicTests:
    """Writes a report for each periodic test of one centre; ``run`` until cancelled."""

    def __init__(
        self, centre: Centre, zone: ZoneInfo, alarms: Journal, clock: Clock, faults: CentreFaults
    ) -> None:
        """``zone``: the site's time zone; ``faults``: what says whether all is well."""
        self._centre = centre
        self._zone = zone
        self._alarms = alarms
        self._clock = clock
        self._faults = faults

    async def run(self, reader: Reader) -> None:
        """Tell the centre at its times; ends at once when it has none."""
        last_s = self._last_s(reader)
        while True:
            since_s = None if last_s is None else self._clock.monotonic_ms() / 1000 - last_s
            due_s = due_in_s(self._centre, self._zone, self._clock.wall_ms(), since_s)
            if due_s is None:
                return
            if due_s > 0:
                await asyncio.sleep(min(due_s, LOOK_S))
                continue
            detail = TEST_WITH_TROUBLE if self._faults.any else names.TEST_PERIODIC
            await self._alarms.store([self._faults.report(names.TEST, names.TESTED, detail)])
            last_s = self._clock.monotonic_ms() / 1000

    def _last_s(self, reader: Reader) -> float | None:
        """Return when the last test was, in seconds of the monotonic clock of this boot."""
        found: Entry | None = None
        for entry in reader.all_of(Type.REPORT):
            body = entry.body
            if isinstance(body, ReportBody) and body.centre == self._centre.name:
                found = entry if body.kind == names.TEST else found
        if found is None:
            return None
        if found.boot_id == self._clock.boot_id():
            return found.mono_ms / 1000
        # The wall clock may be wrong; it can make one test too many, or late by one period.
        age_ms = max(0, self._clock.wall_ms() - found.recorded_ms)
        return (self._clock.monotonic_ms() - age_ms) / 1000
