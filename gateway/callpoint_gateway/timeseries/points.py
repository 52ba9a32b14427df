"""Journal entries as points, in InfluxDB's line protocol.

Tags are what one groups by (site, building, device, zone, kind) and nothing that grows;
every field is a number, codes are those of ``callpoint_protocol.names``. The time is that of
the fact itself, so a point written twice is the same point.
"""

from influxdb_client.client.write.point import Point
from influxdb_client.domain.write_precision import WritePrecision

from callpoint_gateway.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    LossBody,
    StatusBody,
    TelemetryBody,
)
from callpoint_gateway.register import Register
from callpoint_protocol import names

# Reading on the wire: field of the time series, with its unit.
_FIELDS = {
    "up": "uptime_s",
    "mv": "battery_mv",
    "rs": "rssi_dbm",
    "tc": "temperature_dc",
    "hf": "heap_free_bytes",
    "sd": "spool_depth",
    "rc": "reset_cause",
    "ci": "command",
    "cr": "configuration",
}


def _point(measurement: str, at_ms: int) -> Point:
    point: Point = Point(measurement).time(at_ms, WritePrecision.MS)
    return point


def _of_device(point: Point, site: str, entry: Entry, register: Register, zone: int = 0) -> Point:
    point.tag("site", site).tag("device_id", entry.device)
    place = register.place_of(entry.device or "", zone)
    if place is not None and place.building:
        point.tag("building", place.building)
    return point


def lines_of(entry: Entry, register: Register) -> list[str]:
    """Return the lines of one entry; none for an entry without numbers."""
    body = entry.body
    match body:
        case EventBody():
            point = _of_device(
                _point("alarm_event", body.occurred_ms), body.site, entry, register, body.zone
            )
            point.tag("kind", names.KINDS[body.kind]).tag("zone", str(body.zone))
            point.field("state", body.state).field("detail", body.detail)
            point.field("count", body.count)
            point.field("delay_ms", max(0, entry.recorded_ms - body.occurred_ms))
        case TelemetryBody():
            if not body.readings:
                return []
            point = _of_device(_point("device_health", body.at_ms), body.site, entry, register)
            for key, value in body.readings.items():
                point.field(_FIELDS[key], value)
        case StatusBody():
            point = _of_device(
                _point("device_status", entry.recorded_ms), body.site, entry, register
            )
            point.field("online", int(body.status == names.ONLINE)).field("status", body.status)
        case DeliveryBody():
            point = _point("centre_delivery", entry.recorded_ms).tag("centre", body.centre)
            point.field("took_ms", body.took_ms).field("accepted", int(body.accepted))
        case FaultBody():
            point = _point("gateway_fault", entry.recorded_ms).tag("source", body.source)
            point.field("active", int(body.active))
        case LossBody():
            point = _point("journal_loss", entry.recorded_ms).tag("what", body.what)
            point.field("count", body.count)
        case _:
            return []
    return [point.to_line_protocol()]
