"""``/storeys`` and ``/storey/<id>``: plans of storeys, uploading them, and placing devices."""

import asyncio
import math
from typing import Any, Final

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.pages.requests import console_of, context_of, not_yet, stores_of_request
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import KIB, for_roles, signed_in
from callpoint_console.site_map import Spot
from callpoint_console.storeys.picture import MOST_BYTES, BadPicture
from callpoint_console.storeys.store import LONGEST_NAME, Storey, picture_of
from callpoint_console.views.context import Context
from callpoint_console.views.storey_plan import part_around, plans_of, storey_plan
from callpoint_console.visitor import visitor_of
from callpoint_gateway.control.roles import Role

PLANNERS: Final = frozenset({Role.MANAGER, Role.ADMIN})
#: A picture by itself can load nothing, run nothing, and be framed by nobody (CSP level 3).
PICTURE_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
_KEPT_S: Final = 86_400


class Choice(msgspec.Struct, frozen=True):
    """A device that can be placed; ``x`` and ``y`` are percent, "" where it is not on the plan."""

    device: str
    where: str
    x: str
    y: str


def _text(request: Request, key: str) -> str:
    return words_in(language_of(request))(key)


def _missing(request: Request, key: str) -> Response:
    return page(request, "missing.html", 404, text=_text(request, key))


def sees(request: Request, building: Spot) -> bool:
    """Say whether the visitor sees anything of a building."""
    site, scope = console_of(request).map, visitor_of(request).scope
    areas = scope.areas()
    return scope.everywhere or any(
        site.in_areas(sensed.place, areas) for sensed in site.devices_in(building)
    )


def may_change(request: Request, building: Spot) -> bool:
    """Say whether the visitor may change the plans of a building: all of it is in their charge."""
    site, areas = console_of(request).map, visitor_of(request).scope.areas(PLANNERS)
    places = {sensed.place for sensed in site.devices_in(building)}
    return "" in areas or (bool(places) and all(site.in_areas(place, areas) for place in places))


def storeys_around(request: Request, spot: Spot, context: Context) -> dict[str, Any]:
    """Return what the page of a place shows of the storeys of its building."""
    stores = console_of(request).stores
    around = (each for each in context.site.buildings if spot[: len(each)] == each)
    building = next(around, None)
    if stores is None or building is None:
        return {"storey_plans": [], "parts": [], "building": (), "may_plan": False}
    inside = {sensed.device for sensed in context.site.devices_in(spot)}
    plans = plans_of(stores.storeys.of(building), stores.storeys, context)
    if spot != building:
        # The page of a flat shows the part of a storey in which its devices are.
        first = (
            next((each.device for each in plan.markers if each.device in inside), None)
            for plan in plans
        )
        found = [part_around(device, stores.storeys, context) for device in first if device]
        parts = [part for part in found if part is not None]
        return {"storey_plans": [], "parts": parts, "building": building, "may_plan": False}
    may_plan = may_change(request, building)
    return {"storey_plans": plans, "parts": [], "building": building, "may_plan": may_plan}


def _building_page(
    request: Request, building: Spot, said: str = "", typed: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "storeys/building.html",
        status,
        building=building,
        name=console_of(request).map.short(building),
        storeys=stores_of_request(request).storeys.of(building),
        said=said,
        typed=typed,
    )


@for_roles(PLANNERS)
async def building(request: Request) -> Response:
    """List the plans of a building, with the form that uploads another."""
    spot = tuple(request.query_params.getlist("at"))
    if spot not in console_of(request).map.buildings or not may_change(request, spot):
        return _missing(request, "storey.no_building")
    return _building_page(request, spot)


@for_roles(PLANNERS, kib=MOST_BYTES // KIB + 64)
async def upload(request: Request) -> Response:
    """Keep an uploaded plan, made harmless; 409 with a sentence where it cannot be used."""
    form, stores = await request.form(), stores_of_request(request)
    spot = tuple(str(part) for part in form.getlist("at"))
    if spot not in console_of(request).map.buildings or not may_change(request, spot):
        return _missing(request, "storey.no_building")
    name, file = str(form.get("name", "")).strip(), form.get("plan")
    said = ""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        said = "storey.bad_name"
    elif not isinstance(file, UploadFile) or not file.size:
        said = "storey.no_file"
    elif file.size > MOST_BYTES:
        said = "storey.bad_size"
    else:
        content, who = await file.read(), visitor_of(request).login
        try:
            save, picture = stores.storeys.upload, await asyncio.to_thread(picture_of, content)
            number = await stores.database.in_thread(save, spot, name, picture, who)
        except BadPicture as bad:
            said = str(bad)
        else:
            return go_to(request, f"/storey/{number}")
    return _building_page(request, spot, _text(request, said), name[:LONGEST_NAME], 409)


def _asked_for(request: Request) -> Storey | None:
    """Return the storey of the address; None: there is none in scope."""
    found = stores_of_request(request).storeys.storey(request.path_params["storey"])
    return found if found and sees(request, found.building) else None


def _storey_page(
    request: Request, storey: Storey, said: str = "", chosen: str = "", status: int = 200
) -> Response:
    context, store = context_of(request), stores_of_request(request).storeys
    if context is None:
        return not_yet(request)
    choices = []
    for sensed in context.site.devices_in(storey.building):
        at = store.positions.get(sensed.device)
        x, y = (at.x * 100, at.y * 100) if at and at.storey == storey.id else (None, None)
        shown = ["" if each is None else f"{each:.2f}" for each in (x, y)]
        choices.append(Choice(sensed.device, context.site.short(sensed.spot), *shown))
    return page(
        request,
        "storeys/storey.html",
        status,
        name=context.site.short(storey.building),
        plan=storey_plan(storey, store, context),
        may_change=may_change(request, storey.building),
        devices=choices,
        said=said,
        chosen=chosen or request.query_params.get("device", ""),
    )


@signed_in()
async def storey(request: Request) -> Response:
    """Show a storey with its devices, and the form that places one."""
    found = _asked_for(request)
    return _storey_page(request, found) if found else _missing(request, "storey.none")


@signed_in()
async def image(request: Request) -> Response:
    """Give the picture of a storey by itself."""
    found, stores = _asked_for(request), stores_of_request(request)
    if found is None:
        return _missing(request, "storey.none")
    picture = await stores.database.in_thread(stores.storeys.picture, found.id)
    if picture is None:
        return _missing(request, "storey.none")
    headers = {
        "Content-Security-Policy": PICTURE_POLICY,
        "Cache-Control": f"private, max-age={_KEPT_S}",
        "Content-Disposition": "inline",
    }
    return Response(picture.content, 200, headers, picture.media)


async def _changed(request: Request) -> Storey | None:
    """Return the storey that the visitor may change, None if there is none."""
    found = _asked_for(request)
    return found if found and may_change(request, found.building) else None


@for_roles(PLANNERS)
async def place(request: Request) -> Response:
    """Put a device on the plan."""
    found, stores = await _changed(request), stores_of_request(request)
    if found is None:
        return _missing(request, "storey.none")
    form = await request.form()
    device = str(form.get("device", ""))
    x, y = (_percent(str(form.get(name, ""))) for name in ("x", "y"))
    if device not in _devices(request, found):
        return _storey_page(request, found, _text(request, "storey.bad_device"), status=409)
    if x is None or y is None:
        said = _text(request, "storey.bad_position")
        return _storey_page(request, found, said, device, 409)
    await stores.database.in_thread(stores.storeys.place, device, found.id, x, y)
    return go_to(request, f"/storey/{found.id}?device={device}")


@for_roles(PLANNERS)
async def take_off(request: Request) -> Response:
    """Take a device off the plan."""
    found, stores = await _changed(request), stores_of_request(request)
    if found is None:
        return _missing(request, "storey.none")
    device = str((await request.form()).get("device", ""))
    if device not in _devices(request, found):
        return _storey_page(request, found, _text(request, "storey.bad_device"), status=409)
    await stores.database.in_thread(stores.storeys.take_off, device)
    return go_to(request, f"/storey/{found.id}")


@for_roles(PLANNERS)
async def delete(request: Request) -> Response:
    """Delete the plan."""
    found, stores = await _changed(request), stores_of_request(request)
    if found is None:
        return _missing(request, "storey.none")
    await stores.database.in_thread(stores.storeys.delete, found.id)
    return go_to(request, "/")


def _devices(request: Request, found: Storey) -> set[str]:
    site = console_of(request).map
    return {sensed.device for sensed in site.devices_in(found.building)}


def _percent(text: str) -> float | None:
    """Return percent as a fraction, None if the text is none from 0 to 100."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value / 100 if math.isfinite(value) and 0 <= value <= 100 else None


ROUTES = [
    Route("/storeys", building, methods=["GET"]),
    Route("/storeys", upload, methods=["POST"]),
    Route("/storey/{storey:int}", storey),
    Route("/storey/{storey:int}/image", image),
    Route("/storey/{storey:int}/place", place, methods=["POST"]),
    Route("/storey/{storey:int}/take-off", take_off, methods=["POST"]),
    Route("/storey/{storey:int}/delete", delete, methods=["POST"]),
]
