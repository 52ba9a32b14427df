"""``/device/<id>``, ``/place?at=...``, ``/search?q=...``: a device, a place, and finding them."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.console import FRAME, Console
from callpoint_console.pages.requests import console_of, context_of, not_yet, view_of
from callpoint_console.pages.storeys import storeys_around
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import signed_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.alarm_rows import alarm_rows
from callpoint_console.views.buildings import part_tiles
from callpoint_console.views.context import Context
from callpoint_console.views.devices import DevicePage, device_page, device_rows
from callpoint_console.views.storey_plan import Part, part_around
from callpoint_console.views.work_orders import OrderRow, order_rows, today
from callpoint_console.work.matters import matters_of
from callpoint_console.work.roles import MAKERS
from callpoint_gateway.ingest.questions import GiveOrder

SHOWN: Final = 200
FOUND: Final = 30
#: The orders of the device page, with their names in the protocol.
ORDERS: Final = ("identify", "self_test", "report", "restart")


@signed_in()
async def device(request: Request) -> Response:
    """Show a device; 404 if there is none in scope."""
    console, context = console_of(request), context_of(request)
    if context is None:
        return not_yet(request)
    shown = await asyncio.to_thread(_device, console, request.path_params["device"], context)
    if shown is None:
        return _none(request, "place.no_device")
    return page(
        request,
        "places/device.html",
        live=FRAME,
        sections=console.broadcaster.sections(view_of(request, FRAME)),
        shown=shown,
        orders=ORDERS,
        elsewhere=context.elsewhere,
        part=_part(console, shown.row.device, context),
        may_order=not context.elsewhere and context.may(GiveOrder, shown.place),
        work_orders=orders_at(request, context, device=shown.row.device),
        about=_about(shown.row.device, context),
        may_make=context.work.kept and context.has(MAKERS, [shown.place]),
    )


def _part(console: Console, device: str, context: Context) -> Part | None:
    return part_around(device, console.stores.storeys, context) if console.stores else None


def _device(console: Console, name: str, context: Context) -> DevicePage | None:
    with console.source.records() as records:
        return device_page(name, records, context)


@signed_in()
async def place(request: Request) -> Response:
    """Show a place with its parts and devices; 404 if there is none in scope."""
    console, context = console_of(request), context_of(request)
    spot = tuple(request.query_params.getlist("at"))
    if context is None:
        return not_yet(request)
    inside = [sensed.device for sensed in console.map.devices_in(spot)]
    rows = device_rows(context, inside)
    tiles = part_tiles(context, spot)
    if not console.map.has(spot) or (not rows and not tiles and not context.scope.everywhere):
        return _none(request, "place.none")
    within, area = set(inside), area_text(spot)
    return page(
        request,
        "places/place.html",
        live=FRAME,
        sections=console.broadcaster.sections(view_of(request, FRAME)),
        name=spot[-1] if spot else console.map.name,
        above=[spot[:size] for size in range(1, len(spot))],
        alarms=[row for row in alarm_rows(context) if row.device in within],
        tiles=tiles,
        **storeys_around(request, spot, context),
        work_orders=orders_at(request, context, spot=spot),
        about=f"place/{area}",
        may_make=bool(area) and context.work.kept and context.has(MAKERS, [area]),
        devices=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
    )


@signed_in()
async def search(request: Request) -> Response:
    """Show the places and devices whose names contain every word of ``q``."""
    console, context = console_of(request), context_of(request)
    if context is None:
        return not_yet(request)
    wanted = request.query_params.get("q", "")[:100]
    spots, devices = console.map.search(wanted, FOUND)
    return page(
        request,
        "places/search.html",
        live=FRAME,
        sections=console.broadcaster.sections(view_of(request, FRAME)),
        wanted=wanted,
        spots=[(spot, console.map.short(spot)) for spot in spots if _seen(spot, context)],
        devices=device_rows(context, [sensed.device for sensed in devices]),
    )


def _about(device: str, context: Context) -> str:
    """Return the key of what is the matter with a device, or of the device itself."""
    present = matters_of(context.snapshot.situation, context.site).values()
    return next((each.key for each in present if each.device == device), f"device/{device}")


def orders_at(
    request: Request, context: Context, *, device: str = "", spot: Spot = ()
) -> list[OrderRow]:
    """Return the open work orders about a device, or about what is at a spot or in it."""
    work = console_of(request).work
    if work is None:
        return []
    found = [
        order
        for order in work.state.open
        if any(
            matter.device == device
            if device
            else context.site.spot_named(matter.place)[: len(spot)] == spot
            for matter in order.matters
        )
    ]
    return order_rows(found, context, today(context, work.now_ms()))


def _seen(spot: tuple[str, ...], context: Context) -> bool:
    if context.scope.everywhere:
        return True
    return any(context.sees(sensed.device) for sensed in context.site.devices_in(spot))


def _none(request: Request, why: str) -> Response:
    return page(request, "missing.html", 404, text=words_in(language_of(request))(why))


ROUTES = [
    Route("/device/{device}", device),
    Route("/place", place),
    Route("/search", search),
]
