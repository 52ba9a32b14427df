"""The places that roles of a district are for: parts of the grid, or single sites.

A role is for the whole district, for an area by its text (``operator@Hangzhou / Xihu``), or for
one site (``operator@site:g1``).
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from callpoint_console.accounts.roles import Grant
from callpoint_console.visitor import Scope
from callpoint_district.database import Database, usable
from callpoint_gateway.control.roles import EVERYBODY, Role

_SITE: Final = "site:"
_BETWEEN: Final = " / "


class Parts(NamedTuple):
    """What of a district somebody sees: everything, or some areas and some sites."""

    everything: bool
    areas: tuple[tuple[str, ...], ...]
    gateways: tuple[str, ...]


def gateway_of_place(place: str) -> str | None:
    """Return the gateway of a grant's place, None if it is for an area."""
    return place.removeprefix(_SITE) if place.startswith(_SITE) else None


def area_of(text: str) -> tuple[str, ...]:
    """Return the parts of an area's text, from the city down."""
    return tuple(text.split(_BETWEEN)) if text else ()


def parts_of(scope: Scope, roles: frozenset[Role] = EVERYBODY) -> Parts:
    """Return where one of these roles counts for somebody with this scope."""
    places = scope.areas(roles)
    sites = {place: gateway_of_place(place) for place in places if place}
    return Parts(
        "" in places,
        tuple(sorted(area_of(place) for place, gateway in sites.items() if gateway is None)),
        tuple(sorted(gateway for gateway in sites.values() if gateway is not None)),
    )


class GridPlaces:
    """The places of all registers, as an ``accounts.roles.Places``."""

    def __init__(self, database: Database) -> None:
        """Ask the database at each question."""
        self._database = database

    def __contains__(self, area: object) -> bool:
        """Say whether there is such a place. DatabaseError: the database cannot be used."""
        if not isinstance(area, str) or not area:
            return False
        gateway, parts = gateway_of_place(area), list(area_of(area))
        with usable(), self._database.transaction() as connection:
            found = (
                connection.execute(
                    "SELECT 1 FROM places WHERE grid[1:cardinality(%(area)s::text[])] = "
                    "%(area)s::text[] LIMIT 1",
                    {"area": parts},
                )
                if gateway is None
                else connection.execute("SELECT 1 FROM gateways WHERE gateway = %s", (gateway,))
            )
            return found.fetchone() is not None

    def roles(self, grants: Iterable[Grant], place: str | None = None) -> frozenset[Role]:
        """Return the roles that count at an area or a site ("": everywhere); None: anywhere."""
        return frozenset(
            grant.role for grant in grants if place is None or _within(place, grant.place)
        )


def _within(place: str, around: str) -> bool:
    if not around or place == around:
        return True
    if gateway_of_place(place) is not None or gateway_of_place(around) is not None:
        return False
    outer = area_of(around)
    return bool(place) and area_of(place)[: len(outer)] == outer
