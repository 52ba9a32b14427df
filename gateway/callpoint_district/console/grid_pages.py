"""``/``: the gateways of the district."""

import asyncio
from datetime import datetime
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.rendering import page
from callpoint_console.security.endpoints import signed_in
from callpoint_console.visitor import visitor_of
from callpoint_district.console.district import DistrictConsole
from callpoint_district.console.places import Parts, parts_of
from callpoint_district.console.site_addresses import address_of
from callpoint_district.database import Database


class Row(msgspec.Struct, frozen=True):
    """A gateway in the list. ``heard``: when it was last heard, "" for never."""

    gateway: str
    address: str
    alarms: int
    heard: str


def district_of(request: Request) -> DistrictConsole:
    """Return the district that serves a request."""
    district: DistrictConsole = request.app.state.district
    return district


def _seen(database: Database, parts: Parts) -> list[tuple[str, int, int]]:
    """Return the gateways that have a place in some parts, with open alarms and last heard."""
    areas = [list(area) for area in parts.areas]
    with database.transaction() as connection:
        return connection.execute(
            "SELECT gateway, (SELECT count(*) FROM alarms WHERE alarms.gateway = gateways.gateway "
            "AND closed_ms IS NULL), heard_ms FROM gateways WHERE %(everything)s "
            "OR gateway = ANY(%(gateways)s::text[]) ORDER BY gateway LIMIT 1000",
            {"everything": parts.everything or bool(areas), "gateways": list(parts.gateways)},
        ).fetchall()


@signed_in()
async def gateways(request: Request) -> Response:
    """List the gateways that the visitor sees."""
    district, parts = district_of(request), parts_of(visitor_of(request).scope)
    found = await asyncio.to_thread(_seen, district.database, parts)
    rows = [
        Row(
            gateway,
            address_of(gateway),
            alarms,
            f"{datetime.fromtimestamp(ms / 1000, district.zone):%Y-%m-%d %H:%M}" if ms else "",
        )
        for gateway, alarms, ms in found
    ]
    return page(request, "district/gateways.html", rows=rows)


ROUTES: Final = [Route("/", gateways)]
