"""The situation: when and where alarms happen, and what rose against the weeks before.

The last ``RECENT_DAYS`` are compared with up to ``BEFORE_DAYS`` before them, as far as there are
records. ``chance`` says what is named, and why.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.reports.chance import SIGNIFICANCE, corrected, upper_tail
from callpoint_console.site_map import natural
from callpoint_gateway.alarms.report_summary import Course

RECENT_DAYS: Final = 7
BEFORE_DAYS: Final = 56
#: With fewer days before, nothing is compared.
LEAST_BEFORE_DAYS: Final = 14
DAY_MS: Final = 86_400_000
HOURS_OF_A_BAND: Final = 4

Key = TypeVar("Key", bound=Hashable)


class Rise(msgspec.Struct, frozen=True):
    """A count that rose beyond chance.

    ``expected``: what the days before let expect; ``p_value``: Holm's corrected p-value. Of a rise
    by the time of day ``place`` is empty and ``band`` the first hour of four; else it is None.
    """

    place: str
    kind: str
    band: int | None
    now: int
    before: int
    expected: float
    p_value: float


class Trend(msgspec.Struct, frozen=True):
    """The situation. ``week[day][hour]``: alarms since ``from_ms``, Monday first."""

    from_ms: int
    recent_ms: int  # where the recent days begin
    until_ms: int
    before_days: float
    now: int
    before: int
    week: tuple[tuple[int, ...], ...]
    places: tuple[tuple[str, str, int, int], ...]  # place, kind, now, before; the most first
    rises: tuple[Rise, ...]  # the least probable first
    compared: bool


def trend(
    alarms: Iterable[Course],
    zone: ZoneInfo,
    now_ms: int,
    first_ms: int,
    name_of: Callable[[Course], str],
) -> Trend:
    """Return the situation at ``now_ms``. ``first_ms``: since when there are records.

    ``name_of``: the place by which an alarm is counted.
    """
    recent_ms = now_ms - RECENT_DAYS * DAY_MS
    from_ms = min(recent_ms, max(first_ms, recent_ms - BEFORE_DAYS * DAY_MS))
    chosen = [course for course in alarms if from_ms <= course.opened_ms < now_ms]
    recent = [course for course in chosen if course.opened_ms >= recent_ms]
    before = [course for course in chosen if course.opened_ms < recent_ms]
    before_days = (recent_ms - from_ms) / DAY_MS
    compared = before_days >= LEAST_BEFORE_DAYS

    def where(course: Course) -> tuple[str, str]:
        return name_of(course), course.kind

    def when(course: Course) -> tuple[str, int]:
        return course.kind, _local(course, zone).hour // HOURS_OF_A_BAND * HOURS_OF_A_BAND

    here, there = Counter(map(where, recent)), Counter(map(where, before))
    by_place = sorted(
        {*here, *there}, key=lambda key: (-here[key], -there[key], natural(key[0]), key)
    )
    rises: list[Rise] = []
    if compared:
        for place_key, found in _rises(here, there, before_days).items():
            rises.append(Rise(place_key[0], place_key[1], None, *found))
        bands = _rises(Counter(map(when, recent)), Counter(map(when, before)), before_days)
        for band_key, found in bands.items():
            rises.append(Rise("", band_key[0], band_key[1], *found))
    return Trend(
        from_ms=from_ms,
        recent_ms=recent_ms,
        until_ms=now_ms,
        before_days=before_days,
        now=len(recent),
        before=len(before),
        week=_week(chosen, zone),
        places=tuple((*key, here[key], there[key]) for key in by_place),
        rises=tuple(
            sorted(rises, key=lambda rise: (rise.p_value, natural(rise.place), rise.kind))
        ),
        compared=compared,
    )


def _rises(
    now: Mapping[Key, int], before: Mapping[Key, int], before_days: float
) -> dict[Key, tuple[int, int, float, float]]:
    """Return now, before, expected and p-value of each count that rose beyond chance."""
    share = RECENT_DAYS / (RECENT_DAYS + before_days)
    tails = {
        key: upper_tail(now.get(key, 0), now.get(key, 0) + before.get(key, 0), share)
        for key in {*now, *before}
    }
    return {
        key: (
            now.get(key, 0),
            before.get(key, 0),
            before.get(key, 0) * RECENT_DAYS / before_days,
            p_value,
        )
        for key, p_value in corrected(tails).items()
        if p_value < SIGNIFICANCE
    }


def _local(course: Course, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(course.opened_ms / 1000, zone)


def _week(alarms: Iterable[Course], zone: ZoneInfo) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for course in alarms:
        moment = _local(course, zone)
        counts[moment.weekday()][moment.hour] += 1
    return tuple(tuple(day) for day in counts)
