"""An entry of the journal as a report, in the numbers by which a centre knows it."""

from typing import Final, TypedDict

from callpoint_gateway.configuration.register import Address, Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Entry, EventBody, ReportBody
from callpoint_gateway.protocols.report import Report

# What is older says when it happened.
LATE_MS: Final = 30_000


def report_of(entry: Entry, register: Register, clock: Clock) -> tuple[str | None, Report]:
    """Return the account under which it is reported, None for the centre's own, and the report."""
    body = entry.body
    if isinstance(body, ReportBody):
        of = register.centre_address(entry.device, body.zone) if entry.device else None
        return (of.account if of else None), Report(
            kind=body.kind,
            state=body.state,
            detail=body.detail,
            zone=_own_zone(body.zone, of),
            partition=of.partition if of else 0,
            occurred_ms=body.occurred_ms,
            late=_late(entry, body.occurred_ms, clock),
            site=body.site,
            reference=entry.position,
        )
    assert isinstance(body, EventBody)
    assert entry.device is not None
    account, zone = of_zone(register, entry.device, body.zone)
    return account, Report(
        kind=body.kind,
        state=body.state,
        detail=body.detail,
        occurred_ms=body.occurred_ms,
        late=_late(entry, body.occurred_ms, clock),
        site=body.site,
        device=entry.device,
        reference=entry.position,
        mark=body.mark.value,
        **zone,
    )


class OfZone(TypedDict):
    """What a report says of a zone, whatever happened there."""

    zone: int
    partition: int
    sensor: int
    place: tuple[str, ...]
    place_id: str
    building: str
    room: str
    latitude: float | None
    longitude: float | None


def of_zone(register: Register, device: str, zone: int) -> tuple[str | None, OfZone]:
    """Return the device's account, None for the centre's own, and what a report says of a zone."""
    address = register.centre_address(device, zone)
    place = register.place_of(device, zone)
    return address.account, OfZone(
        zone=address.zone,
        partition=address.partition,
        sensor=zone,
        place=place.told if place else (),
        place_id=place.id if place else "",
        building=place.building if place else "",
        room=place.room if place else "",
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
    )


def _own_zone(zone: int, of: Address | None) -> int:
    # A partition's report names it by the partition; a device's own has the device's number.
    if of is None:
        return zone
    return 0 if zone else of.zone


def _late(entry: Entry, occurred_ms: int, clock: Clock) -> bool:
    # By the clock that cannot step; what an earlier boot of the machine stored is late.
    if entry.boot_id != clock.boot_id():
        return True
    age_ms = max(0, entry.recorded_ms - occurred_ms)
    return clock.monotonic_ms() - entry.mono_ms + age_ms > LATE_MS
