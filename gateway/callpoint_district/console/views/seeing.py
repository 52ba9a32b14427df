"""Who sees what of a district."""

from collections.abc import Mapping
from functools import lru_cache

from callpoint_console.site_map import Spot
from callpoint_console.visitor import Scope
from callpoint_district.console.live.snapshot import Site, SiteAlarm
from callpoint_district.console.places import Parts, parts_of
from callpoint_gateway.control.roles import Role

_MOST = 65_536


def within(spot: Spot, area: Spot) -> bool:
    """Say whether a spot of the grid lies in an area."""
    return spot[: len(area)] == area


def sees(alarm: SiteAlarm, scope: Scope) -> bool:
    """Say whether somebody sees an alarm: where it is, or at whose site."""
    return _sees(scope, alarm.gateway, alarm.spot)


def sees_site(site: Site, scope: Scope) -> bool:
    """Say whether somebody sees anything of a site."""
    return any(_sees(scope, site.gateway, spot) for spot in site.spots or ((),))


def concerns(area: Spot, scope: Scope, sites: Mapping[str, Site]) -> bool:
    """Say whether what holds in an area holds for anything that somebody sees.

    ``sites``: all of them, by gateway.
    """
    parts = parts_of(scope)
    return (
        parts.everything
        or any(within(area, own) or within(own, area) for own in parts.areas)
        or any(
            within(spot, area)
            for gateway in parts.gateways
            if gateway in sites
            for spot in sites[gateway].spots or ((),)
        )
    )


@lru_cache(_MOST)
def _sees(scope: Scope, gateway: str, spot: Spot) -> bool:
    return covers(parts_of(scope), gateway, spot)


def role_in(area: Spot, scope: Scope, roles: frozenset[Role], gateway: str = "") -> Role | None:
    """Return the first of some roles that somebody has in all of an area; None: none of them.

    ``gateway``: also whoever has it at this site.
    """
    return next(
        (
            role
            for role in Role
            if role in roles and covers(parts_of(scope, frozenset({role})), gateway, area)
        ),
        None,
    )


def covers(parts: Parts, gateway: str, spot: Spot) -> bool:
    """Say whether a spot of a site is among some parts of a district."""
    return (
        parts.everything
        or gateway in parts.gateways
        or any(within(spot, area) for area in parts.areas)
    )
