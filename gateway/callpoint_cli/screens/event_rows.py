"""One entry of a journal as a row of a table and as a JSON object."""

from collections.abc import Callable
from typing import Any

from callpoint_cli.journals import printable, utc
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    ArmingBody,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    LossBody,
    Quarantined,
    ReportBody,
    StatusBody,
    TelemetryBody,
    TimeBody,
)
from callpoint_protocol import names
from callpoint_protocol.messages import details

COLUMNS = (
    ("time (UTC)", 24),
    ("device", 10),
    ("place", 12),
    ("kind", 11),
    ("state", 15),
    ("zone", 4),
    ("boot/seq", 14),
    ("how far", 16),
)
TELEMETRY_COLUMNS = (("time (UTC)", 24), ("device", 10), ("place", 12), ("readings", 20))
_UNITS = {"up": "s", "mv": "mV", "rs": "dBm", "hf": "B"}

Said = Callable[[int], list[Entry]]


def kind_of(entry: Entry) -> str | None:
    """Return what ``--kind`` calls an entry; None when it has no row of its own."""
    match entry.body:
        case EventBody(kind=kind):
            return names.KINDS.get(kind, str(kind))
        case ReportBody(kind=kind):
            return names.KINDS.get(kind, str(kind))
        case StatusBody():
            return "status"
        case FaultBody():
            return "fault"
        case LossBody():
            return "loss"
        case InhibitBody() | InhibitOverBody():
            return "inhibit"
        case TimeBody():
            return "time"
        case ArmingBody():
            return "arming"
    return None


def occurred_ms(entry: Entry) -> int:
    """Return when an entry's fact happened, as well as is known."""
    match entry.body:
        case EventBody(occurred_ms=at_ms) | TelemetryBody(at_ms=at_ms):
            return at_ms
    return entry.recorded_ms


def _place(entry: Entry, register: Register | None) -> str | None:
    if register is None or entry.device is None:
        return None
    zone = entry.body.zone if isinstance(entry.body, EventBody) else 0
    place = register.place_of(entry.device, zone)
    return str(place) if place is not None else None


def _detail(body: EventBody) -> str | None:
    if body.kind == names.BATTERY:
        return f"{body.detail} mV"
    return (
        details(body.kind, body.state).get(body.detail)
        if body.detail or (body.kind == names.DOOR and body.state == names.NOTICE)
        else None
    )


def as_object(entry: Entry, register: Register | None, said: Said) -> dict[str, Any]:
    """Return an entry for ``--json``; ``said`` returns what is known about a position."""
    shown: dict[str, Any] = {
        "position": entry.position,
        "type": entry.type.value,
        "occurred": utc(occurred_ms(entry)),
        "recorded": utc(entry.recorded_ms),
        "device": entry.device,
        "place": _place(entry, register),
    }
    match entry.body:
        case EventBody() as body:
            answers = [one.body for one in said(entry.position)]
            deliveries = [one for one in answers if isinstance(one, DeliveryBody)]
            centres = [one.centre for one in deliveries if one.accepted]
            shown |= {
                "kind": names.KINDS.get(body.kind, str(body.kind)),
                "state": names.STATES.get(body.state, str(body.state)),
                "detail": _detail(body),
                "zone": body.zone,
                "count": body.count,
                "on_test": bool(body.flags & names.FLAG_ON_TEST),
                "boot": entry.boot,
                "seq": entry.seq,
                "time_quality": body.quality.value,
                "inhibited": body.inhibited or None,
                "stage": "centre" if centres else "stored",
                "centres": centres,
                "refused_by": [one.centre for one in deliveries if not one.accepted],
            }
        case ReportBody() as body:
            answers = [one.body for one in said(entry.position)]
            told = [one.centre for one in answers if isinstance(one, DeliveryBody)]
            shown |= {
                "kind": names.KINDS.get(body.kind, str(body.kind)),
                "state": names.STATES.get(body.state, str(body.state)),
                "source": f"centre/{body.centre}" if body.centre else "centres",
                "reason": f"at centre {', '.join(told)}" if told else "stored",
            }
        case StatusBody() as body:
            shown |= {
                "kind": "status",
                "state": names.STATUSES.get(body.status, str(body.status)),
                "boot": body.boot,
                "firmware": body.firmware,
                "cause": names.CAUSES.get(body.cause),
            }
        case FaultBody() as body:
            shown |= {
                "kind": "fault",
                "state": "active" if body.active else "over",
                "source": body.source,
                "reason": body.reason,
                "remedy": body.remedy,
            }
        case LossBody() as body:
            shown |= {
                "kind": "loss",
                "state": "dropped",
                "source": body.what,
                "reason": f"{body.count} dropped, {body.first} to {body.last}",
            }
        case InhibitBody() as body:
            shown |= {
                "kind": "inhibit",
                "state": "maintenance" if body.maintenance else "begins",
                "source": _inhibited(body),
                "until": utc(body.until_ms),
                "role": body.role,
                "life": body.life,
                "reason": f"{body.role}, until {utc(body.until_ms)}: {body.reason}",
            }
        case InhibitOverBody() as body:
            shown |= {
                "kind": "inhibit",
                "state": "over",
                "source": str(entry.about),
                "role": body.role or None,
                "reason": f"ended by {body.role}" if body.role else "its time was up",
            }
        case ArmingBody() as body:
            panel = body.panel
            by = f"{body.who} ({body.origin})" + (f": {body.note}" if body.note else "")
            left_out = f", left out: {' '.join(panel.bypassed)}" if panel.bypassed else ""
            shown |= {
                "kind": "arming",
                "state": panel.state.value + (f" ({panel.mode.value})" if panel.mode else ""),
                "source": entry.device or "",
                "about": entry.about,
                "role": body.who,
                "reason": by + left_out,
            }
        case TimeBody() as body:
            shown |= {
                "kind": "time",
                "state": "repaired",
                "source": "clock",
                "reason": f"the wall clock had been {body.off_ms} ms behind",
            }
        case TelemetryBody() as body:
            shown |= {"boot": entry.boot, "seq": entry.seq, "readings": body.readings}
    return shown


def _inhibited(body: InhibitBody) -> str:
    zone = "" if body.zone is None else f" zone {body.zone}"
    return (body.device or body.place) + zone


def _how_far(shown: dict[str, Any]) -> str:
    if shown["inhibited"]:
        return f"inhibited by {shown['inhibited']}"
    parts = [f"at centre {name}" for name in shown["centres"]]
    parts += [f"refused by {name}" for name in shown["refused_by"]]
    return ", ".join(parts) or "stored"


def _reading(key: str, value: int) -> str:
    if key == "tc":
        return f"{value / 10:.1f} °C"
    if key == "rc":
        return f"rc={names.CAUSES.get(value, value)}"
    if key == "sd":
        return f"{value} in spool"
    unit = _UNITS.get(key)
    return f"{key} {value} {unit}" if unit else f"{key}={value}"


def as_row(shown: dict[str, Any]) -> list[str]:
    """Return the cells of one object of ``as_object``."""
    first = [shown["occurred"], shown["device"] or "", shown["place"] or ""]
    if "readings" in shown:
        readings = ", ".join(_reading(key, value) for key, value in shown["readings"].items())
        return [printable(cell) for cell in (*first, readings)]
    state = shown["state"]
    match shown["type"]:
        case "event":
            if shown["detail"]:
                state += f" ({shown['detail']})"
            if shown["count"] > 1:
                state += f" x{shown['count']}"
            if shown["on_test"]:
                state += " on test"
            # What the gateway itself found out has no number of a device.
            number = "" if shown["boot"] is None else f"{shown['boot']}/{shown['seq']}"
            rest = [str(shown["zone"]), number, _how_far(shown)]
        case "status":
            rest = ["", f"{shown['boot']}/", shown["firmware"]]
        case "fault" if shown["remedy"]:
            first[1] = shown["source"]
            rest = ["", "", f"{shown['reason']} -> {shown['remedy']}"]
        case _:
            first[1] = shown["source"]
            rest = ["", "", shown["reason"]]
    return [printable(cell) for cell in (*first, shown["kind"], state, *rest)]


def quarantined_object(message: Quarantined) -> dict[str, Any]:
    """Return a quarantined message; whatever its bytes are, the text is printable."""
    return {
        "number": message.number,
        "received": utc(message.received_ms),
        "source": printable(message.source),
        "topic": printable(message.topic),
        "reason": printable(message.reason),
        "text": printable(message.payload.decode("utf-8", "backslashreplace")),
        "hex": message.payload.hex(),
    }
