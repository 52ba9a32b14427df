"""Who is on duty: weekly shifts, shifts of single dates, and holidays, in the site's time.

- A shift belongs to the day on which it begins, also when it ends after midnight.
- Shifts of a date take the place of all weekly shifts that begin on it. Such a shift without a
  person says that nobody is on duty then.
- A special day is like another: ``holiday`` (shifts with the day "holiday"; if there are none,
  those of its weekday) or a weekday (a Sunday on which people work as on a Monday).
- Begin and end are the wall clock's. Where summer time makes an hour twice, the first counts;
  where it leaves an hour out, the time goes on by the old offset: no gap, no overlap.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_people.words import PeopleError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY: Final = "holiday"
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One shift of a role at a cell: weekly on ``days``, or once on ``on_date``.

    ``hours``: "20:00-08:00"; equal times are a whole day. ``person``: an id, empty for nobody.
    """

    role: str
    cell: str
    hours: str
    days: tuple[str, ...] = ()
    on_date: str = ""
    person: str = ""
    number: int = 0


def checked_days(text: str) -> tuple[str, ...]:
    """Return the days of "mon,tue". PeopleError: there is no such day."""
    days = tuple(day.strip() for day in text.lower().split(",") if day.strip())
    if not days or any(day not in (*DAYS, HOLIDAY) for day in days):
        raise PeopleError("rota.days")
    return days


def checked_hours(text: str) -> str:
    """Return the hours as they are stored. PeopleError: they are none."""
    if not _HOURS.fullmatch(text.strip()):
        raise PeopleError("rota.hours")
    return text.strip()


def checked_date(text: str) -> str:
    """Return a date as it is stored. PeopleError: it is none."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise PeopleError("rota.date") from None


def shifts_of(day: date, shifts: Sequence[Shift], special: Mapping[str, str]) -> list[Shift]:
    """Return the shifts that begin on a day."""
    text = day.isoformat()
    if once := [shift for shift in shifts if shift.on_date == text]:
        return once
    weekly = [shift for shift in shifts if not shift.on_date]
    like = special.get(text, DAYS[day.weekday()])
    found = [shift for shift in weekly if like in shift.days]
    if not found and like == HOLIDAY:
        found = [shift for shift in weekly if DAYS[day.weekday()] in shift.days]
    return found


def span(shift: Shift, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the begin and the end (UTC, exclusive) of a shift that begins on a day."""
    match = _HOURS.fullmatch(shift.hours)
    assert match is not None
    first = time(int(match[1]), int(match[2]))
    last = time(int(match[3]), int(match[4]))
    ends_on = day if last > first else day + timedelta(days=1)
    return (
        datetime.combine(day, first, zone).astimezone(UTC),
        datetime.combine(ends_on, last, zone).astimezone(UTC),
    )


def on_duty(
    shifts: Iterable[Shift], special: Mapping[str, str], at: datetime, zone: ZoneInfo
) -> list[str]:
    """Return the ids of those on duty at a moment, in the order of the shifts.

    ``special``: for each special day (ISO 8601) the day that it is like.
    """
    known = list(shifts)
    moment = at.astimezone(UTC)
    today = at.astimezone(zone).date()
    found: list[str] = []
    for day in (today - timedelta(days=1), today):
        for shift in shifts_of(day, known, special):
            begins, ends = span(shift, day, zone)
            if shift.person and begins <= moment < ends and shift.person not in found:
                found.append(shift.person)
    return found
