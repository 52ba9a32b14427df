"""Which gateways lie in an area: those with a place there. Everything lies in the area ``()``."""

import psycopg

from callpoint_district.sites.retiring import IN_SERVICE
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near

Area = tuple[str, ...]
#: A place with the grid ``grid`` lies in the area ``area``, as SQL.
WITHIN = "grid[1:cardinality(area)] = area"


def area_text(area: Area) -> str:
    """Return an area as people read it, and as a site means it; empty for everything."""
    return " / ".join(area)


def area_of(connection: psycopg.Connection, text: str) -> Area:
    """Return the area that a text means; ``()`` for an empty one.

    QuestionRefused: no place of a register lies there; it names areas that are like it.
    """
    if not text.strip():
        return ()
    wanted = " ".join(text.split()).casefold()
    found = connection.execute(
        "SELECT DISTINCT grid[1:n] FROM places, generate_series(1, cardinality(grid)) AS n"
    ).fetchall()
    areas = {area_text(tuple(row[0])): tuple(row[0]) for row in found}
    for known, area in areas.items():
        if known.casefold() == wanted:
            return area
    if not areas:
        raise QuestionRefused(said("areas.no_places", area=text))
    raise QuestionRefused(said("areas.no_area", area=text, near=near(text, areas)))


def gateways_in(connection: psycopg.Connection, area: Area) -> list[str]:
    """Return the gateways in service that have a place in an area, by name."""
    if not area:
        found = connection.execute(
            f"SELECT gateway FROM gateways WHERE {IN_SERVICE} ORDER BY gateway"
        ).fetchall()
    else:
        found = connection.execute(
            "SELECT DISTINCT gateway FROM places, (SELECT %s::text[] AS area) AS wanted "
            f"WHERE {WITHIN} AND {IN_SERVICE} ORDER BY gateway",
            (list(area),),
        ).fetchall()
    return [row[0] for row in found]
