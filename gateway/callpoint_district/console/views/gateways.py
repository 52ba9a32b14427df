"""Every gateway as a row of a list."""

from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import words_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.moments import clock
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site
from callpoint_district.console.site_addresses import address_of
from callpoint_district.console.views.area import sites_in


class GatewayRow(msgspec.Struct, frozen=True):
    """A gateway. ``silent_ms``: since when it is not heard, ``heard``: when it was.

    ``faults``: in words.
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

    @property
    def wrong(self) -> bool:
        """Whether something is the matter."""
        return self.silent_ms is not None or bool(self.behind or self.faults)


def gateway_rows(
    snapshot: DistrictSnapshot, view: View, area: Spot, zone: ZoneInfo
) -> list[GatewayRow]:
    """Return the gateways of an area that somebody sees: silent ones, behind, faulty, the rest."""
    found = sites_in(snapshot, view, area)
    found.sort(key=lambda site: (site.silent_ms is None, not site.behind, not site.faults))
    return [_row(site, snapshot, view, zone) for site in found]


def _row(site: Site, snapshot: DistrictSnapshot, view: View, zone: ZoneInfo) -> GatewayRow:
    words = words_in(view.language)
    state = "silent" if site.silent_ms is not None else "behind" if site.behind else "heard"
    return GatewayRow(
        gateway=site.gateway,
        name=site.name,
        address=f"{address_of(site.gateway)}/",
        where=area_text(site.top),
        state=words(f"gateway_state.{state if site.heard_ms else 'never'}"),
        silent_ms=site.silent_ms,
        heard=clock(site.heard_ms, snapshot.at_ms, zone) if site.heard_ms else "",
        behind=site.behind,
        faults=tuple(words.fault(source) for source in site.faults),
        program=site.program,
        protocol=str(site.speaks or ""),
    )
