"""Encodes journal entries as points of InfluxDB's line protocol, with times in nanoseconds.

Four measurements: ``alarm_event``, ``device_health``, ``sensor_reading``, ``gateway_health``. Tags
are the few values by which queries group: site, building, device_id, kind, and the zone of an
event, because two zones of one device may trip in the same millisecond. Every field is a number,
with its unit in its name; codes are those of ``callpoint_protocol.names``. A point has the time
of the event or reading itself, so a point that is written twice is the same point.

Events of one zone may have the same millisecond, above all those that come late without a time of
their own. So the entry's position stands below the millisecond. VictoriaMetrics keeps milliseconds
only: there the tag ``part`` of an event, its position modulo 16, keeps so many in a row apart.

VictoriaMetrics answers 204 to a malformed line and drops it, so nothing malformed is built: tags
are escaped, whole numbers are bounded, and an entry that cannot be a point raises ``Unusable``.
"""

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    LossBody,
    StatusBody,
    TelemetryBody,
)
from callpoint_protocol import names

# The key of a reading in a message, and its field in ``device_health``, with its unit.
_HEALTH = {
    "up": "uptime_s",
    "mv": "battery_mv",
    "rs": "rssi_dbm",
    "hf": "heap_free_bytes",
    "sd": "spool_depth",
    "rc": "reset_cause",
    "ci": "command",
    "cr": "configuration",
    "ce": "certificate",
    "wn": "new_network",
}
# The key of a reading in a message, and its kind and field in ``sensor_reading``.
_SENSED = {"tc": ("temperature", "temperature_dc")}
_FIELDS = {key: f"{field}=" for key, field in _HEALTH.items()}
_ESCAPED = str.maketrans(
    {",": r"\,", "=": r"\=", " ": r"\ ", "\\": "/", "\n": r"\ ", "\r": r"\ ", "\t": r"\ "}
)
_KNOWN_TAGS = 20_000
_LARGEST = 2**63 - 1
_FIRST_MS, _LAST_MS = 0, 9_223_372_036_000  # 1970 to 2262: both servers keep such a time
_NS_IN_MS = 1_000_000
_PARTS = 16


class Unusable(ValueError):
    """An entry cannot be encoded as a point; the text says why."""


def _tag(name: str, value: str) -> str:
    """Return `,name=value`, or nothing for an empty value, which the protocol does not allow."""
    escaped = value.strip().translate(_ESCAPED)
    return f",{name}={escaped}" if escaped else ""


def _number(value: int) -> str:
    if not -_LARGEST <= value <= _LARGEST:
        raise Unusable(f"{value} is no 64-bit number")
    return f"{value}i"


def _time(at_ms: int, entry: Entry) -> str:
    if not _FIRST_MS <= at_ms <= _LAST_MS:
        raise Unusable(f"time {at_ms} ms is in no century that a server keeps")
    return str(at_ms * _NS_IN_MS + entry.position % _NS_IN_MS)


class Points:
    """Turns entries into lines; it keeps the encoded tags of each device."""

    def __init__(self, site: str, register: Register) -> None:
        """``site``: the site tag of ``gateway_health``."""
        self._site = _tag("site", site)
        self._register = register
        self._tags: dict[tuple[str, str | None, str, int], str] = {}

    def _of_device(
        self, measurement: str, entry: Entry, site: str, kind: str = "", zone: int = 0
    ) -> str:
        key = (measurement + kind, entry.device, site, zone)
        tags = self._tags.get(key)
        if tags is None:
            if len(self._tags) >= _KNOWN_TAGS:
                self._tags.clear()
            place = self._register.place_of(entry.device or "", zone)
            tags = measurement + _tag("building", place.building if place else "")
            tags += _tag("device_id", entry.device or "") + _tag("kind", kind) + _tag("site", site)
            if zone:
                tags += f",zone={zone}"
            self._tags[key] = tags
        return tags

    def _health(self, kind: str, fields: str, entry: Entry) -> list[str]:
        time = _time(entry.recorded_ms, entry)
        return [f"gateway_health{_tag('kind', kind)}{self._site} {fields} {time}"]

    def lines_of(self, entry: Entry) -> list[str]:
        """Return the lines of one entry; an entry without numbers has none.

        Unusable: a number or a time is out of bounds, or a kind or reading is not known.
        """
        match entry.body:
            case TelemetryBody() as body:
                return self._readings(entry, body)
            case EventBody() as body:
                kind = names.KINDS.get(body.kind)
                if kind is None:
                    raise Unusable(f"no kind {body.kind}")
                tags = self._of_device("alarm_event", entry, body.site, kind, body.zone)
                delay = max(0, entry.recorded_ms - body.occurred_ms)
                fields = (
                    f"count={_number(body.count)},delay_ms={_number(delay)},"
                    f"detail={_number(body.detail)},flags={_number(body.flags)},"
                    f"state={_number(body.state)}"
                )
                part = entry.position % _PARTS
                return [f"{tags},part={part} {fields} {_time(body.occurred_ms, entry)}"]
            case StatusBody() as body:
                tags = self._of_device("device_health", entry, body.site)
                online = int(body.status == names.ONLINE)
                fields = f"online={online}i,status={_number(body.status)}"
                return [f"{tags} {fields} {_time(entry.recorded_ms, entry)}"]
            case DeliveryBody() as body:
                fields = f"accepted={int(body.accepted)}i,took_ms={_number(body.took_ms)}"
                return self._health(f"centre/{body.centre}", fields, entry)
            case FaultBody() as body:
                return self._health(body.source, f"fault={int(body.active)}i", entry)
            case LossBody() as body:
                lost = f"lost={_number(body.count)}"
                return self._health(f"loss/{body.what}", lost, entry)
            case _:
                return []

    def _readings(self, entry: Entry, body: TelemetryBody) -> list[str]:
        lines = []
        health = []
        for key, value in body.readings.items():
            if (field := _FIELDS.get(key)) is not None:
                if not -_LARGEST <= value <= _LARGEST:
                    raise Unusable(f"{key}: {value} is no 64-bit number")
                health.append(f"{field}{value}i")
            elif (sensed := _SENSED.get(key)) is not None:
                kind, field = sensed
                tags = self._of_device("sensor_reading", entry, body.site, kind)
                lines.append(f"{tags} {field}={_number(value)} {_time(body.at_ms, entry)}")
            else:
                raise Unusable(f"no reading '{key}'")
        if health:
            tags = self._of_device("device_health", entry, body.site)
            lines.append(f"{tags} {','.join(health)} {_time(body.at_ms, entry)}")
        return lines
