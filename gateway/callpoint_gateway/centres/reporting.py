"""An entry of the journal as a report, in the numbers by which a centre knows it."""

from typing import Final

from callpoint_gateway.configuration.register import Register
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
            zone=0 if of else body.zone,
            partition=of.partition if of else 0,
            occurred_ms=body.occurred_ms,
            late=_late(entry, body.occurred_ms, clock),
            site=body.site,
            reference=entry.position,
        )
    assert isinstance(body, EventBody)
    assert entry.device is not None
    address = register.centre_address(entry.device, body.zone)
    place = register.place_of(entry.device, body.zone)
    return address.account, Report(
        kind=body.kind,
        state=body.state,
        zone=address.zone,
        partition=address.partition,
        detail=body.detail,
        occurred_ms=body.occurred_ms,
        late=_late(entry, body.occurred_ms, clock),
        place=place.told if place else (),
        place_id=place.id if place else "",
        building=place.building if place else "",
        room=place.room if place else "",
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        site=body.site,
        device=entry.device,
        sensor=body.zone,
        reference=entry.position,
        mark=body.mark.value,
    )


def _late(entry: Entry, occurred_ms: int, clock: Clock) -> bool:
    # By the clock that cannot step; what an earlier boot of the machine stored is late.
    if entry.boot_id != clock.boot_id():
        return True
    age_ms = max(0, entry.recorded_ms - occurred_ms)
    return clock.monotonic_ms() - entry.mono_ms + age_ms > LATE_MS
