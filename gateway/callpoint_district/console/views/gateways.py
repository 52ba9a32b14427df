"""Every gateway as a row of a list."""

from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import words_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.moments import clock, day
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site
from callpoint_district.console.site_addresses import address_of
from callpoint_district.console.views.area import retired_in, sites_in


class GatewayRow(msgspec.Struct, frozen=True):
    """A gateway. ``silent_ms``: since when it is not heard, ``heard``: when it was.

    ``faults``: in words. One that is out of service has nothing the matter.
    """

    gateway: str
    name: str
    address: str
    where: str
    state: str
    silent_ms: int | None
    heard: str
    behind: int
    faults: tuple[str, ...]
    program: str
    protocol: str
    in_service: bool

    @property
    def wrong(self) -> bool:
        """Whether something is the matter."""
        return self.silent_ms is not None or bool(self.behind or self.faults)


def gateway_rows(
    snapshot: DistrictSnapshot, view: View, area: Spot, zone: ZoneInfo
) -> list[GatewayRow]:
    """Return the gateways of an area that somebody sees.

    Silent ones, those that are behind, faulty ones, the rest, and at last those out of service.
    """
    found = sites_in(snapshot, view, area)
    found.sort(key=lambda site: (site.silent_ms is None, not site.behind, not site.faults))
    found += retired_in(snapshot, view, area)
    return [_row(site, snapshot, view, zone) for site in found]


def _row(site: Site, snapshot: DistrictSnapshot, view: View, zone: ZoneInfo) -> GatewayRow:
    words = words_in(view.language)
    gone = site.retired_ms is not None
    return GatewayRow(
        gateway=site.gateway,
        name=site.name,
        address=f"{address_of(site.gateway)}/",
        where=area_text(site.top),
        state=words(f"gateway_state.{_state(site)}", since=day(site.retired_ms or 0, zone)),
        silent_ms=site.silent_ms,
        heard=clock(site.heard_ms, snapshot.at_ms, zone) if site.heard_ms else "",
        behind=0 if gone else site.behind,
        faults=() if gone else tuple(words.fault(source) for source in site.faults),
        in_service=not gone,
        program=site.program,
        protocol=str(site.speaks or ""),
    )


def _state(site: Site) -> str:
    if site.retired_ms is not None:
        return "retired"
    if not site.heard_ms:
        return "never"
    return "silent" if site.silent_ms is not None else "behind" if site.behind else "heard"
