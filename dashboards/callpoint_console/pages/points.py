"""``/p/<code>``: the public page of an alarm point. ``/points``: its labels, and their addresses.

The public page is the same for everybody and in both languages at once: it needs no cookie, and a
cache may keep it for seconds. What is no code, and every code while the pages are off, has the
same answer. A technician who has signed in is sent on to the test of the point.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.alarm_points.condition import condition
from callpoint_console.alarm_points.label_sizes import DEFAULT, SIZES, Size
from callpoint_console.alarm_points.labels import labels_of, pages, style
from callpoint_console.pages.requests import console_of, may_test, stores_of_request
from callpoint_console.rendering import (
    HTML_LANGUAGES,
    at_of,
    fragment,
    go_to,
    language_of,
    page,
    words_in,
)
from callpoint_console.security.endpoints import for_roles, public
from callpoint_console.site_map import natural
from callpoint_console.visitor import visitor_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.csv_text import csv_text

LABELLERS: Final = frozenset({Role.TECHNICIAN, Role.ADMIN})
KEPT_S: Final = 15
_LANGUAGES: Final = ("zh", "en")
_HEADERS: Final = {"X-Robots-Tag": "noindex, nofollow"}
_COLUMNS: Final = ("place", "name", "address")


class Row(msgspec.Struct, frozen=True):
    """A place with the address on its label."""

    place: str
    name: str
    path: str
    address: str


def _both(key: str, status: int, headers: Mapping[str, str], **values: object) -> Response:
    lines = [words_in(language)(key, **values) for language in _LANGUAGES]
    return PlainTextResponse("\n".join(lines) + "\n", status, {**_HEADERS, **headers})


def _tests_here(request: Request, place: str) -> bool:
    """Say whether somebody has signed in who tests devices at a place (its id)."""
    return bool(visitor_of(request).login) and may_test(request, place)


def _none(request: Request, code: str) -> Response:
    """Return that there is no such page: whoever tests devices may sign in, and come back."""
    content = fragment(
        "points/none.html",
        _LANGUAGES[0],
        at_of(request),
        test=f"/login?next={quote(f'{at_of(request)}/p/{quote(code)}')}",
        halves=[(words_in(language), HTML_LANGUAGES[language]) for language in _LANGUAGES],
    )
    return HTMLResponse(content, 404, _HEADERS)


@public()
async def point(request: Request) -> Response:
    """Show whether an alarm point works; 404: no such code, 429: too often asked."""
    stores, console = stores_of_request(request), console_of(request)
    code = request.path_params["code"]
    if (own := stores.codes.place_of(code)) and _tests_here(request, own):
        return go_to(request, f"/test/{code}", {**_HEADERS, "Cache-Control": "no-store"})
    address = request.client.host if request.client else ""
    if wait_s := stores.allowance.wait_s(address):
        return _both("point.wait", 429, {"Retry-After": str(wait_s)}, seconds=wait_s)
    place = stores.codes.place_of(code)
    if place is None or not stores.settings.public_pages:
        return _none(request, code)
    now = condition(place, console.map, console.broadcaster.snapshot)
    content = fragment(
        "points/public.html",
        _LANGUAGES[0],
        console.at,
        name=" / ".join(console.map.spot_of(place)),
        test=f"/test/{code}",
        condition=now,
        halves=[(words_in(language), HTML_LANGUAGES[language]) for language in _LANGUAGES],
        time=lambda ms: f"{datetime.fromtimestamp(ms / 1000, console.source.zone):%Y-%m-%d %H:%M}",
    )
    return HTMLResponse(content, 200, _HEADERS | {"Cache-Control": f"public, max-age={KEPT_S}"})


def _rows(request: Request) -> list[Row]:
    stores, site = stores_of_request(request), console_of(request).map
    areas = visitor_of(request).scope.areas(LABELLERS)
    found = []
    for place, code in stores.codes.all().items():
        if site.in_areas(place, areas):
            name, path = " / ".join(site.spot_of(place)), f"/p/{code}"
            found.append(Row(place, name, path, f"{stores.settings.url}{path}"))
    return sorted(found, key=lambda row: natural(row.name))


@for_roles(LABELLERS)
async def labels(request: Request) -> Response:
    """List the addresses for the labels of all places in scope."""
    settings = stores_of_request(request).settings
    return page(
        request,
        "points/list.html",
        rows=_rows(request),
        public=settings.public_pages,
        printable=settings.public_url is not None,
        sizes=SIZES,
        default=DEFAULT,
    )


def _size(request: Request) -> Size:
    return SIZES.get(request.query_params.get("size", ""), SIZES[DEFAULT])


@for_roles(LABELLERS)
async def sheet(request: Request) -> Response:
    """Give the labels of all places in scope, ready to print; 409: phones have no address."""
    stores, site = stores_of_request(request), console_of(request).map
    if stores.settings.public_url is None:
        told = words_in(language_of(request))("point.no_url")
        return page(request, "missing.html", 409, text=told)
    codes = stores.codes.all()
    here = {row.place: codes[row.place] for row in _rows(request)}
    found = labels_of(site.place, here, stores.settings.url)
    size = _size(request)
    drawn = await asyncio.to_thread(pages, found, size)
    name = request.query_params.get("size", "")
    return page(
        request,
        "points/sheet.html",
        pages=drawn,
        style=f"/points/sheet.css?size={name if name in SIZES else DEFAULT}",
    )


@for_roles(LABELLERS)
async def sheet_css(request: Request) -> Response:
    """Give the style of a sheet: the pages forbid styles that stand in them."""
    return Response(style(_size(request)), media_type="text/css")


@for_roles(LABELLERS)
async def labels_csv(request: Request) -> Response:
    """Give the addresses as a table, for whatever prints labels."""
    rows = [{name: getattr(row, name) for name in _COLUMNS} for row in _rows(request)]
    headers = {"Content-Disposition": 'attachment; filename="callpoint-labels.csv"'}
    text = csv_text(_COLUMNS, rows)
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [
    Route("/p/{code}", point),
    Route("/points", labels),
    Route("/points.csv", labels_csv),
    Route("/points/sheet", sheet),
    Route("/points/sheet.css", sheet_css),
]
