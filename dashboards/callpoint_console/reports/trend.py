"""The situation: when and where alarms happen, and what rose against the weeks before.

The last ``RECENT_DAYS`` are compared with up to ``BEFORE_DAYS`` before them, as far as there are
records. ``chance`` says what is named, and why.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
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
QUARTER_MS: Final = 900_000
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


class Counts(NamedTuple):
    """The alarms of the recent days (``here``) and of those before: by place and kind, and when.

    ``moments`` counts them by kind and by the begin (Unix ms) of the quarter of an hour: at no
    other moment do the hours of a time zone begin.
    """

    here: Counter[tuple[str, str]]
    there: Counter[tuple[str, str]]
    moments_here: Counter[tuple[str, int]]
    moments_there: Counter[tuple[str, int]]


class Period(NamedTuple):
    """What is looked at: from ``from_ms``; the recent days are from ``recent_ms`` to now."""

    from_ms: int
    recent_ms: int
    until_ms: int


def period(now_ms: int, first_ms: int) -> Period:
    """Return what is looked at at ``now_ms``. ``first_ms``: since when there are records."""
    recent_ms = now_ms - RECENT_DAYS * DAY_MS
    from_ms = min(recent_ms, max(first_ms, recent_ms - BEFORE_DAYS * DAY_MS))
    return Period(from_ms, recent_ms, now_ms)


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
    looked = period(now_ms, first_ms)
    counts = Counts(Counter(), Counter(), Counter(), Counter())
    for course in alarms:
        if looked.from_ms <= course.opened_ms < now_ms:
            recent = course.opened_ms >= looked.recent_ms
            places, moments = (
                (counts.here, counts.moments_here)
                if recent
                else (counts.there, counts.moments_there)
            )
            places[name_of(course), course.kind] += 1
            moments[course.kind, course.opened_ms // QUARTER_MS * QUARTER_MS] += 1
    return trend_of(counts, zone, looked)


def trend_of(counts: Counts, zone: ZoneInfo, looked: Period) -> Trend:
    """Return the situation of a period in which so many alarms were."""
    here, there = counts.here, counts.there
    before_days = (looked.recent_ms - looked.from_ms) / DAY_MS
    compared = before_days >= LEAST_BEFORE_DAYS
    week_here, week_there = _hours(counts.moments_here, zone), _hours(counts.moments_there, zone)
    by_place = sorted(
        {*here, *there}, key=lambda key: (-here[key], -there[key], natural(key[0]), key)
    )
    rises: list[Rise] = []
    if compared:
        for place_key, found in _rises(here, there, before_days).items():
            rises.append(Rise(place_key[0], place_key[1], None, *found))
        bands = _rises(_bands(week_here), _bands(week_there), before_days)
        for band_key, found in bands.items():
            rises.append(Rise("", band_key[0], band_key[1], *found))
    return Trend(
        from_ms=looked.from_ms,
        recent_ms=looked.recent_ms,
        until_ms=looked.until_ms,
        before_days=before_days,
        now=here.total(),
        before=there.total(),
        week=_week(week_here + week_there),
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


def _hours(
    moments: Mapping[tuple[str, int], int], zone: ZoneInfo
) -> Counter[tuple[str, int, int]]:
    """Return the counts by kind, day of the week (0: Monday) and hour."""
    found: Counter[tuple[str, int, int]] = Counter()
    for (kind, at_ms), count in moments.items():
        local = datetime.fromtimestamp(at_ms / 1000, zone)
        found[kind, local.weekday(), local.hour] += count
    return found


def _bands(hours: Mapping[tuple[str, int, int], int]) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for (kind, _, hour), count in hours.items():
        found[kind, hour // HOURS_OF_A_BAND * HOURS_OF_A_BAND] += count
    return found


def _week(hours: Mapping[tuple[str, int, int], int]) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for (_, day, hour), count in hours.items():
        counts[day][hour] += count
    return tuple(tuple(day) for day in counts)
