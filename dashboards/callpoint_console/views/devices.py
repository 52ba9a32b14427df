"""What a page says of one device: its state, what it has sent, and how it will go on."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from callpoint_console.commissioning.hints import LOW_MV
from callpoint_console.commissioning.signal import strength
from callpoint_console.site_map import Spot
from callpoint_console.views.alarm_rows import AlarmRow, alarm_row
from callpoint_console.views.context import Context
from callpoint_console.views.log_lines import LogLine, log_line
from callpoint_gateway.alarms.site_source import Records
from callpoint_gateway.configuration.register import Device
from callpoint_gateway.journal.entries import Entry, StatusBody, TelemetryBody
from callpoint_protocol import names

EVENTS: Final = 20
READINGS: Final = 500
_DAY_MS: Final = 86_400_000
_ENOUGH: Final = 5  # readings, over at least so many days, before a trend is told
_ENOUGH_DAYS: Final = 2
_LONGEST_DAYS: Final = 3650


class Reading(msgspec.Struct, frozen=True):
    """The signal of a device at a moment (Unix ms), in dBm."""

    time: str
    at_ms: int
    dbm: int


class Row(msgspec.Struct, frozen=True):
    """A device in a list. ``state``: what is the matter, "" if it is as it should be."""

    device: str
    spot: Spot
    where: str
    kinds: str
    state: str
    level: int | None


class DevicePage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one device. ``battery_days``: until it reports a low battery, if known."""

    row: Row
    place: str
    alarms: tuple[AlarmRow, ...]
    heard: str
    heard_ms: int | None
    battery_mv: int | None
    battery_days: int | None
    dbm: int | None
    quality: str
    firmware: str
    cause: str
    started: str
    waiting: int | None
    signal: tuple[Reading, ...]
    line: str
    events: tuple[LogLine, ...]


def device_rows(context: Context, devices: Iterable[str]) -> list[Row]:
    """Return a row for each device of the register that is in scope."""
    situation, words = context.snapshot.situation, context.words
    wrong: dict[str, list[str]] = {}
    levels: dict[str, int] = {}
    for missed in situation.missed:
        wrong.setdefault(missed.device, []).append(words.silence(missed.how.value))
    for trouble in situation.troubles:
        text = words.event(trouble.kind, names.TROUBLE, trouble.detail)
        wrong.setdefault(trouble.device, []).append(text)
    levels |= dict.fromkeys(wrong, 3)
    for alarm in situation.real:
        wrong.setdefault(alarm.device, []).insert(0, words.event(alarm.kind, names.ALARM))
        levels[alarm.device] = min(alarm.priority, levels.get(alarm.device, alarm.priority))
    rows = []
    for name in devices:
        sensed, device = context.site.devices.get(name), context.site.device(name)
        if sensed is None or device is None or not context.sees(name):
            continue
        state = words.listed(dict.fromkeys(wrong.get(name, ())))
        where = context.site.short(sensed.spot)
        rows.append(
            Row(name, sensed.spot, where, _kinds(device, context), state, levels.get(name))
        )
    return rows


def device_page(name: str, records: Records, context: Context) -> DevicePage | None:
    """Return what is known of a device; None: there is none in scope."""
    row = next(iter(device_rows(context, [name])), None)
    if row is None:
        return None
    readings = records.last_readings(name, READINGS)
    events = records.last_events(name, EVENTS)
    status = records.last_status(name)
    heard_ms = max((entry.recorded_ms for entry in _heard(readings, events, status)), default=None)
    signal = [Reading(context.clock(at), at, dbm) for at, dbm in _series(readings, "rs")]
    supply = _series(readings, "mv")
    last = signal[-1].dbm if signal else None
    online = status.body if status and isinstance(status.body, StatusBody) else None
    waiting = _series(readings, "sd")
    alarms = [alarm for alarm in context.snapshot.situation.alarms if alarm.device == name]
    return DevicePage(
        row=row,
        place=context.site.devices[name].place,
        alarms=tuple(alarm_row(alarm, context) for alarm in alarms),
        heard=context.clock(heard_ms) if heard_ms else "",
        heard_ms=heard_ms,
        battery_mv=supply[-1][1] if supply else None,
        battery_days=days_left(supply, context.now_ms),
        dbm=last,
        quality=_quality(last, context),
        firmware=online.firmware if online else "",
        cause=_cause(online, context),
        started=context.clock(status.recorded_ms) if status else "",
        waiting=waiting[-1][1] if waiting else None,
        signal=tuple(signal),
        line=_line(signal),
        events=tuple(log_line(entry, context) for entry in reversed(events)),
    )


def days_left(supply: Sequence[tuple[int, int]], now_ms: int) -> int | None:
    """Return in how many days a battery will be low, by the straight line through its readings.

    ``supply``: Unix ms and millivolts, the oldest first. None: too few readings, or not falling.
    """
    if len(supply) < _ENOUGH or supply[-1][0] - supply[0][0] < _ENOUGH_DAYS * _DAY_MS:
        return None
    days = [(at_ms - now_ms) / _DAY_MS for at_ms, _ in supply]
    volts = [float(mv) for _, mv in supply]
    mid_day, mid_mv = sum(days) / len(days), sum(volts) / len(volts)
    spread = sum((day - mid_day) ** 2 for day in days)
    each = zip(days, volts, strict=True)
    slope = sum((day - mid_day) * (mv - mid_mv) for day, mv in each) / spread
    if slope >= 0:
        return None
    now_mv = mid_mv - slope * mid_day
    left = (now_mv - LOW_MV) / -slope
    return max(0, round(left)) if left <= _LONGEST_DAYS else None


def _heard(
    readings: Sequence[Entry], events: Sequence[Entry], status: Entry | None
) -> Iterable[Entry]:
    yield from readings[-1:]
    yield from events[-1:]
    if status and isinstance(status.body, StatusBody) and status.body.status != names.LOST:
        yield status


def _cause(body: StatusBody | None, context: Context) -> str:
    name = names.CAUSES.get(body.cause) if body else None
    return context.words(f"cause.{name}") if name else ""


def _series(readings: Sequence[Entry], key: str) -> list[tuple[int, int]]:
    return [
        (entry.body.at_ms, entry.body.readings[key])
        for entry in readings
        if isinstance(entry.body, TelemetryBody) and key in entry.body.readings
    ]


def _quality(dbm: int | None, context: Context) -> str:
    if dbm is None:
        return ""
    return context.words(f"signal.{strength(dbm)}")


def _kinds(device: Device, context: Context) -> str:
    codes = {name: code for code, name in names.KINDS.items()}
    words = context.words
    return words.listed(dict.fromkeys(words.kind(codes[zone.kind]) for zone in device.zone))


def _line(signal: Sequence[Reading]) -> str:
    """Return the points of a line of 300 by 60, from -100 to -40 dBm."""
    if len(signal) < 2:
        return ""
    first, last = signal[0].at_ms, signal[-1].at_ms
    span = max(1, last - first)
    return " ".join(
        f"{(each.at_ms - first) * 300 / span:.1f},{min(60, max(0, -40 - each.dbm)):.0f}"
        for each in signal
    )
