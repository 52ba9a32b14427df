"""Areas of a district, and how far their gateways are with what the district tells them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.table import Table

from callpoint_cli.times import short
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:
    from callpoint_district.areas.told import AtSite


def area_name(area: Sequence[str], words: Words) -> str:
    """Return an area by its parts from the city down; by none, everything."""
    return " / ".join(area) or words("areas.all")


def site_table(sites: "Iterable[AtSite]", words: Words, zone: ZoneInfo) -> Table:
    """Return of each gateway its name, since when it is so, and what it has said."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for site in sites:
        at = short(site.at_ms, zone) if site.at_ms else ""
        what = words(f"areas.site.{site.state.value}")
        if site.why:
            what = words("areas.site_why", what=what, why=words.told(site.why))
        elif site.by:
            what = words("areas.site_by", what=what, who=site.by)
        table.add_row("", *map(printable, (site.gateway, at, what)))
    return table
