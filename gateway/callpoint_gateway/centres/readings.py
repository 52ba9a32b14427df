"""What each centre reads of each zone that is routed to it, and what it could not tell apart.

Zone 0 is the device itself, which reports its battery and its silence.
"""

from collections.abc import Iterator
from typing import NamedTuple

from callpoint_gateway.centres.protocol import CentreProtocol, Reading
from callpoint_gateway.centres.reporting import of_zone
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.configuration.places import covers
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.protocols.report import Report
from callpoint_gateway.words.said import Said, said
from callpoint_protocol import names

_KINDS = {name: kind for kind, name in names.KINDS.items()}


class ZoneReading(NamedTuple):
    """What one centre reads of one zone of a device."""

    centre: str
    place: Place
    device: str
    zone: int
    reading: Reading

    def __str__(self) -> str:
        return f"zone {self.zone} of '{self.device}'" if self.zone else f"device '{self.device}'"


def readings(
    centre: Centre, protocol: CentreProtocol, register: Register
) -> Iterator[ZoneReading]:
    """Yield what a centre reads of every zone that it is ever told of."""
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        sensed = {zone.zone: zone.kind for zone in device.zone}
        for zone, kind in ({0: names.KINDS[names.DEVICE]} | sensed).items():
            place = register.place_of(name, zone)
            assert place is not None
            if any(kind in route.kinds and covers(route, place) for route in centre.routes):
                number = _KINDS[kind]
                account, of = of_zone(register, name, zone)
                report = Report(number, _begins(number), occurred_ms=0, device=name, **of)
                reading = protocol.reading(centre, register, account or "", report)
                yield ZoneReading(centre.name, place, name, zone, reading)


def _begins(kind: int) -> int:
    """Return the state with which something of a kind begins."""
    allowed = names.ALLOWED[kind]
    order = (names.ALARM, names.TROUBLE, names.NOTICE, names.TESTED)
    return next(state for state in order if state in allowed)


def mistakes(centre: Centre, protocol: CentreProtocol, register: Register) -> Iterator[Said]:
    """Yield what the centre could not tell apart, and places of which it would read nothing."""
    seen: dict[str, ZoneReading] = {}
    for one in readings(centre, protocol, register):
        if one.reading.text is None:
            yield said(
                "centre.reads_nothing",
                centre=one.centre,
                id=one.place.id,
                place=str(one.place),
            )
        if not one.zone and not protocol.numbers_devices:
            continue
        other = seen.setdefault(one.reading.distinct, one)
        if other is not one:
            yield said(
                "centre.alike",
                centre=one.centre,
                one=str(other),
                other=str(one),
                text=shown(one.reading),
                remedy=protocol.tell_apart,
            )


def alike_devices(centre: Centre, protocol: CentreProtocol, register: Register) -> list[list[str]]:
    """Return devices that a centre cannot tell apart when they report themselves."""
    groups: dict[str, list[str]] = {}
    for one in readings(centre, protocol, register):
        if not one.zone:
            groups.setdefault(one.reading.distinct, []).append(one.device)
    return [group for group in groups.values() if len(group) > 1]


def shown(reading: Reading) -> str:
    """Return account, number and text in a line."""
    parts = (reading.account, reading.number, reading.text and f"'{reading.text}'")
    return " ".join(part for part in parts if part)
