"""How far the gateways of an area are with what a district tells them, as rows."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:
    from callpoint_district.areas.told import AtSite


def site_rows(
    sites: "Iterable[AtSite]", words: Words, zone: ZoneInfo
) -> Iterator[tuple[str, str, str]]:
    """Yield of each gateway its name, since when it is so, and what it has said."""
    for site in sites:
        at = short(site.at_ms, zone) if site.at_ms else ""
        what = words(f"areas.site.{site.state.value}")
        if site.why:
            what = words("areas.site_why", what=what, why=words.told(site.why))
        elif site.by:
            what = words("areas.site_by", what=what, who=site.by)
        yield site.gateway, at, what
