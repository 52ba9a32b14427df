"""What `callpoint district status` says of gateways that are not heard, or speak otherwise."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.protocols.upstream import VERSION
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:  # a district needs an extra
    from callpoint_district.sites.doubles import Double
    from callpoint_district.sites.silence import Finding
    from callpoint_district.sites.standing import GatewayRow

#: Names of silent gateways in one line, at most.
NAMED = 20


def finding_lines(
    words: Words,
    silent: Iterable["Finding"],
    doubles: Iterable["Double"],
    rows: Iterable["GatewayRow"],
    zone: ZoneInfo,
) -> Iterator[str]:
    """Yield a line for each finding: silence, two machines, versions that do not fit."""
    for finding in silent:
        names = ", ".join(finding.gateways[:NAMED])
        since = short(finding.since_ms, zone)
        if len(finding.gateways) == 1:
            yield words("district.silent", gateway=names, since=since)
            continue
        more = " ..." if len(finding.gateways) > NAMED else ""
        count = len(finding.gateways)
        yield words("district.silent_many", count=count, since=since, gateways=names + more)
    for double in doubles:
        yield words("district.double", gateway=double.gateway, since=short(double.since_ms, zone))
    for row in rows:
        if row.retired_ms is None and row.speaks not in (0, VERSION):
            yield words("district.speaks", gateway=row.gateway, theirs=row.speaks, ours=VERSION)


def heard_text(row: "GatewayRow", words: Words, zone: ZoneInfo) -> str:
    """Return when a gateway was last heard, or since when it is out of service."""
    if row.retired_ms is not None:
        return words("district.out_of_service", since=short(row.retired_ms, zone))
    return short(row.heard_ms, zone) if row.heard_ms else words("district.never")
