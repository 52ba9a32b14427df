"""The report of one month: alarms, response, causes, uptime, tests and drills, by place.

Months begin and end by the site's clock. Only what a person may see is in it: the caller names the
places.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from callpoint_console.drills import Due, due_drills
from callpoint_console.reports.equipment import Equipment, Run
from callpoint_console.reports.grouping import PlaceNames
from callpoint_console.reports.orders import OrderFigures
from callpoint_console.site_map import SiteMap, natural
from callpoint_gateway.alarms.report_summary import (
    Course,
    Entries,
    Summary,
    courses,
    real,
    summary_of,
)
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Device, Register
from callpoint_gateway.journal.entries import Cause, Mark

#: Each zone is to be tested, and each place drilled, at least once in so many days.
TEST_EVERY_DAYS: Final = 365
_MONTH: Final = re.compile("(19[7-9]|2[01][0-9])[0-9]-(0[1-9]|1[0-2])")
_DAY_MS: Final = 86_400_000
_FALSE: Final = (Cause.FALSE, Cause.FAULT, Cause.MAINTENANCE, Cause.TEST)


class Group(msgspec.Struct, frozen=True):
    """The alarms of a building or a place."""

    name: str
    summary: Summary


class FalseAlarms(msgspec.Struct, frozen=True):
    """How many alarms of a kind at a place had a cause that was no emergency."""

    place: str
    kind: str
    cause: str
    count: int


class Uptime(msgspec.Struct, frozen=True):
    """The share of the month (0 to 1) in which a device was heard in its set time."""

    device: str
    place: str
    share: float
    silent_ms: int


class DueTest(msgspec.Struct, frozen=True):
    """A zone whose test is due; ``last_ms`` (Unix ms) is None if it was never tested."""

    device: str
    zone: int
    place: str
    last_ms: int | None


class MonthReport(msgspec.Struct, frozen=True):
    """All figures of one month. ``until_ms``: its end, or the moment of the report."""

    month: str
    from_ms: int
    until_ms: int
    total: Summary
    exercises: Summary
    buildings: tuple[Group, ...]
    places: tuple[Group, ...]
    kinds: tuple[Group, ...]
    false_alarms: tuple[FalseAlarms, ...]  # the most frequent first
    uptime: tuple[Uptime, ...]  # the worst first
    tested: int
    due: tuple[DueTest, ...]  # by place
    runs: tuple[Run, ...]
    drills: tuple[Due, ...]
    work_orders: OrderFigures = OrderFigures()


def month_bounds(month: str, zone: ZoneInfo) -> tuple[int, int]:
    """Return begin and end (Unix ms) of a month such as 2026-11. ValueError: it is none."""
    if not _MONTH.fullmatch(month):
        raise ValueError(f"{month} is no month")
    begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)


class Month(NamedTuple):
    """A month of which there is a report; ``earlier`` and ``later``: those beside it, if any."""

    name: str
    from_ms: int
    until_ms: int
    earlier: str | None
    later: str | None


def month_since(month: str, zone: ZoneInfo, first_ms: int, now_ms: int) -> Month:
    """Return a month such as 2026-11. ``first_ms``: since when there are records; Unix ms.

    ValueError: it is none, it has not begun, or it was over before there were records.
    """
    from_ms, until_ms = month_bounds(month, zone)
    if from_ms > now_ms:
        raise ValueError(f"{month} has not begun")
    if until_ms <= min(first_ms, now_ms):
        raise ValueError(f"nothing was kept in {month}")
    begin = datetime.fromtimestamp(from_ms / 1000, zone)
    end = datetime.fromtimestamp(until_ms / 1000, zone)
    return Month(
        month,
        from_ms,
        until_ms,
        f"{begin - timedelta(days=1):%Y-%m}" if first_ms < from_ms else None,
        f"{end:%Y-%m}" if until_ms <= now_ms else None,
    )


def first_record_ms(entries: Entries, now_ms: int) -> int:
    """Return the moment (Unix ms) of the first that is on record; now, if nothing is."""
    first = entries.read(0, 1)
    return first[0].recorded_ms if first else now_ms


def month_report(
    entries: Entries,
    register: Register,
    settings: AlarmSettings,
    zone: ZoneInfo,
    month: str,
    now_ms: int,
    shows: Callable[[str], bool],
) -> MonthReport:
    """Return the report. ``shows(place)``: the person may see that place.

    ValueError: as by ``month_since``.
    """
    chosen = month_since(month, zone, first_record_ms(entries, now_ms), now_ms)
    from_ms, until_ms = chosen.from_ms, min(chosen.until_ms, now_ms)
    found = [
        course
        for course in courses(entries, settings, zone, from_ms, until_ms)
        if shows(place_of(course, register))
    ]
    names = PlaceNames(register)
    alarms = real(found)
    equipment = Equipment(from_ms, until_ms)
    equipment.read(entries)
    devices = [
        device
        for name in register.device_ids()
        if (device := register.device(name)) is not None and shows(device.place)
    ]
    by_place = {course.alarm: place_of(course, register) for course in alarms}
    return MonthReport(
        month=month,
        from_ms=from_ms,
        until_ms=until_ms,
        total=summary_of(alarms),
        exercises=summary_of(real(found, exercises=True)),
        buildings=_groups(alarms, lambda course: names.building(by_place[course.alarm])),
        places=_groups(alarms, lambda course: names.place(by_place[course.alarm])),
        kinds=_groups(alarms, lambda course: course.kind),
        false_alarms=_false_alarms(alarms, lambda course: names.place(by_place[course.alarm])),
        uptime=_uptime(devices, equipment, names, until_ms - from_ms),
        tested=_tested(devices, equipment, from_ms),
        due=_due(devices, equipment, names, register, until_ms),
        runs=tuple(
            replace(run, points=seen)
            for run in equipment.runs
            if (seen := _seen(run.points, register, shows)) or not run.points
        ),
        drills=tuple(
            due
            for due in due_drills(SiteMap(register, ""), equipment.drills)
            if any(map(shows, due.places))
        ),
    )


def _seen(
    points: Iterable[str], register: Register, shows: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return those of some places and devices that the person may see."""
    devices = ((point, register.device(point)) for point in points)
    return tuple(point for point, device in devices if shows(device.place if device else point))


def place_of(course: Course, register: Register) -> str:
    """Return the id of an alarm's place; where the entry has none, that of its device."""
    device = register.device(course.place)
    return device.place if device is not None else course.place


def _groups(alarms: Iterable[Course], name_of: Callable[[Course], str]) -> tuple[Group, ...]:
    groups: dict[str, list[Course]] = {}
    for course in alarms:
        groups.setdefault(name_of(course), []).append(course)
    found = [Group(name, summary_of(chosen)) for name, chosen in groups.items()]
    return tuple(sorted(found, key=lambda group: (-group.summary.alarms, natural(group.name))))


def _false_alarms(
    alarms: Iterable[Course], name_of: Callable[[Course], str]
) -> tuple[FalseAlarms, ...]:
    counts = Counter(
        (name_of(course), course.kind, course.cause)
        for course in alarms
        if course.cause in tuple(cause.value for cause in _FALSE)
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], natural(item[0][0]), item[0]))
    return tuple(
        FalseAlarms(place, kind, cause or "", count) for (place, kind, cause), count in ordered
    )


def _uptime(
    devices: Iterable[Device], equipment: Equipment, names: PlaceNames, length_ms: int
) -> tuple[Uptime, ...]:
    found = [
        Uptime(
            device.id,
            names.place(device.place),
            1 - equipment.silent_ms(device.id) / length_ms if length_ms else 1.0,
            equipment.silent_ms(device.id),
        )
        for device in devices
    ]
    return tuple(sorted(found, key=lambda row: (row.share, natural(row.device))))


def _tested(devices: Iterable[Device], equipment: Equipment, from_ms: int) -> int:
    return sum(
        equipment.tested_ms.get((device.id, zone.zone), 0) >= from_ms
        for device in devices
        for zone in device.zone
    )


def _due(
    devices: Iterable[Device],
    equipment: Equipment,
    names: PlaceNames,
    register: Register,
    until_ms: int,
) -> tuple[DueTest, ...]:
    oldest_ms = until_ms - TEST_EVERY_DAYS * _DAY_MS
    found = []
    for device in devices:
        for zone in device.zone:
            last_ms = equipment.tested_ms.get((device.id, zone.zone))
            if last_ms is None or last_ms < oldest_ms:
                place = register.place_of(device.id, zone.zone)
                found.append(
                    DueTest(device.id, zone.zone, names.place(place.id if place else ""), last_ms)
                )
    return tuple(sorted(found, key=_by_place))


def _by_place(test: DueTest) -> tuple[list[tuple[int, str]], list[tuple[int, str]], int]:
    """Return a key by which somebody walks from place to place."""
    return natural(test.place), natural(test.device), test.zone


class DueDevice(msgspec.Struct, frozen=True):
    """The zones of a device whose test is due, of those that were last tested at one moment."""

    place: str
    device: str
    zones: tuple[int, ...]
    last_ms: int | None


def due_devices(report: MonthReport) -> list[DueDevice]:
    """Return the tests that are due, zones of the same device and moment together."""
    found: dict[tuple[str, str, int | None], list[int]] = {}
    for test in report.due:
        found.setdefault((test.place, test.device, test.last_ms), []).append(test.zone)
    return [
        DueDevice(place, device, tuple(zones), last_ms)
        for (place, device, last_ms), zones in found.items()
    ]


def drills(report: MonthReport) -> list[Run]:
    """Return the drills of the month."""
    return [run for run in report.runs if run.mark is Mark.DRILL]
