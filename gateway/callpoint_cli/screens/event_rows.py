"""An entry of a journal as a row of a table, in English or Chinese."""

from typing import Any
from zoneinfo import ZoneInfo

from callpoint_cli.times import iso
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import (
    ActionBody,
    ArmingBody,
    Entry,
    EventBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    LevelBody,
    LevelOverBody,
    LossBody,
    Mark,
    ReportBody,
    StatusBody,
    TelemetryBody,
    TimeBody,
)
from callpoint_gateway.protocols.report_texts import text_of
from callpoint_gateway.words.said import stored
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

_UNITS = {"up": " s", "mv": " mV", "rs": " dBm", "tc": " °C", "hf": " B"}


def columns(words: Words, zone: ZoneInfo) -> list[tuple[str, int]]:
    """Return the titles of the columns of events, with their least widths."""
    return [
        (words("events.time", zone=zone.key), 24),
        (words("events.device"), 10),
        (words("events.place"), 12),
        (words("events.kind"), 11),
        (words("events.state"), 15),
        (words("events.zone"), 4),
        (words("events.number"), 14),
        (words("events.how_far"), 16),
    ]


def telemetry_columns(words: Words, zone: ZoneInfo) -> list[tuple[str, int]]:
    """Return the titles of the columns of readings, with their least widths."""
    return [*columns(words, zone)[:3], (words("events.readings"), 20)]


def _reading(key: str, value: int, words: Words) -> str:
    shown: object = value
    if key == "tc":
        shown = f"{value / 10:.1f}"
    elif key == "rc":
        shown = words.reset_cause(value)
    return f"{words.reading(key)} {shown}{_UNITS.get(key, '')}"


def as_row(entry: Entry, shown: dict[str, Any], words: Words, zone: ZoneInfo) -> list[str]:
    """Return the cells of an entry; ``shown`` is the entry as ``as_object`` returns it."""
    first = [shown["occurred"], shown["device"] or "", shown["place"] or ""]
    match entry.body:
        case TelemetryBody() as body:
            told = [_reading(key, value, words) for key, value in body.readings.items()]
            cells = [", ".join(told)]
        case EventBody() as body:
            cells = _event(entry, body, shown, words)
        case ReportBody() as body:
            first[1] = shown["source"]
            centres = [words("events.at_centre", centre=centre) for centre in shown["centres"]]
            what = text_of(body.kind, body.state, body.detail, words.language)
            cells = [
                words.kind(body.kind),
                what,
                "",
                "",
                ", ".join(centres) or words("events.stored"),
            ]
        case StatusBody() as body:
            kind, state = words.row_kind("status"), words.row_state(shown["state"])
            cells = [kind, state, "", f"{body.boot}/", body.firmware]
        case _:
            first[1] = shown["source"]
            kind, state = words.row_kind(shown["kind"]), _state(entry, shown, words)
            cells = [kind, state, "", "", _reason(entry, words, zone)]
    return [printable(cell) for cell in (*first, *cells)]


def _event(entry: Entry, body: EventBody, shown: dict[str, Any], words: Words) -> list[str]:
    state = words.state(body.state)
    if detail := words.detail(body.kind, body.state, body.detail):
        state += f" ({detail})"
    if body.count > 1:
        state += f" x{body.count}"
    if body.mark is not Mark.REAL:
        state += f" ({words.mark(body.mark.value)})"
    elif body.flags & names.FLAG_ON_TEST:
        state += " " + words("events.on_test")
    if body.guarded and body.state in (names.ALARM, names.RESTORE):
        state += f" ({words('events.guarded')})"
    # An event that the gateway itself raises has no boot and sequence.
    number = "" if entry.boot is None else f"{entry.boot}/{entry.seq}"
    return [words.kind(body.kind), state, str(body.zone), number, _how_far(body, shown, words)]


def _how_far(body: EventBody, shown: dict[str, Any], words: Words) -> str:
    if body.inhibited:
        return words("events.inhibited", number=body.inhibited)
    parts = [words("events.at_centre", centre=name) for name in shown["centres"]]
    parts += [words("events.refused_by", centre=name) for name in shown["refused_by"]]
    return ", ".join(parts) or words("events.stored")


def _state(entry: Entry, shown: dict[str, Any], words: Words) -> str:
    match entry.body:
        case ArmingBody(panel=panel):
            return words.partition(panel.state.value, panel.mode.value if panel.mode else None)
        case ActionBody(action=action, cause=cause):
            done = words.action(action.value)
            return f"{done} ({words.cause(cause.value)})" if cause else done
    return words.row_state(shown["state"])


def _reason(entry: Entry, words: Words, zone: ZoneInfo) -> str:
    match entry.body:
        case FaultBody() as body:
            why = words.told(stored(body.why, body.reason))
            to_do = words.told(stored(body.to_do, body.remedy))
            return f"{why} -> {to_do}" if to_do else why
        case LossBody() as body:
            return words("events.dropped", count=body.count, first=body.first, last=body.last)
        case InhibitBody() as body:
            until = iso(body.until_ms, zone)
            return words("events.inhibit", role=body.role, until=until, reason=body.reason)
        case LevelBody() as body:
            area = body.area or words("level.site")
            level, until = words.level(body.level), iso(body.until_ms, zone)
            by = words("events.inhibit", role=body.who, until=until, reason=body.reason)
            return f"{level}, {area}; {by}"
        case LevelOverBody() as body:
            return words("events.ended_by", role=body.who) if body.who else words("events.ended")
        case InhibitOverBody() as body:
            ended = words("events.ended")
            return words("events.ended_by", role=body.role) if body.role else ended
        case ArmingBody() as body:
            by = f"{body.who} ({body.origin})" + (f": {body.note}" if body.note else "")
            zones = " ".join(body.panel.bypassed)
            return words("events.left_out", by=by, zones=zones) if zones else by
        case ActionBody() | ExerciseBody() as body:
            return f"{body.who} ({body.origin})" + (f": {body.note}" if body.note else "")
        case TimeBody() as body:
            return words("events.repaired", ms=body.off_ms)
    return ""
