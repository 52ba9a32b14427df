"""``/test/<code>``: a technician tests an alarm point. ``/commissioning``: what is left.

All of it are plain forms and links; the page of a point is live where a script runs. A form that
is sent twice does nothing twice: a test that runs is not begun again, one that is over not ended.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.commissioning.left import what_is_left
from callpoint_console.commissioning.photo import MOST_BYTES, BadPhoto, photo_of
from callpoint_console.commissioning.point import building_at, devices_at, point_of, test_at
from callpoint_console.commissioning.store import NoRoom
from callpoint_console.console import POINT
from callpoint_console.live.snapshot import Snapshot
from callpoint_console.pages.answers import put
from callpoint_console.pages.requests import (
    console_of,
    context_of,
    framed,
    may_test,
    not_yet,
    stores_of_request,
    view_of,
)
from callpoint_console.pages.storeys import PICTURE_POLICY
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import KIB, for_roles
from callpoint_console.site_map import area_text
from callpoint_console.views.running import may_end
from callpoint_console.visitor import visitor_of
from callpoint_gateway.alarms.exercises import USUAL_S
from callpoint_gateway.alarms.questions import StartExercise, StopExercise
from callpoint_gateway.journal.entries import Mark

TESTERS: Final = StartExercise.may
_SHOWN_S: Final = 2.0  # until the page has what the gateway stored
_OTHERS_S: Final = 0.5


def _text(request: Request, key: str) -> str:
    return words_in(language_of(request))(key)


def _missing(request: Request, key: str = "point.none") -> Response:
    return page(request, "missing.html", 404, text=_text(request, key))


def _place(request: Request) -> str | None:
    """Return the place of the address's code; None: there is none that the visitor may test."""
    place = stores_of_request(request).codes.place_of(request.path_params["code"])
    return place if place is not None and may_test(request, place) else None


def _point_page(request: Request, place: str, said: str = "", status: int = 200) -> Response:
    context, code = context_of(request), request.path_params["code"]
    if context is None:
        return not_yet(request)
    console = console_of(request)
    live = f"{POINT}{code}"
    spot = context.site.spot_of(place)
    return page(
        request,
        "commissioning/point.html",
        status,
        live=live,
        sections=console.broadcaster.sections(view_of(request, live)),
        point=point_of(place, code, context),
        spot=spot,
        name=context.site.short(spot),
        said=said,
    )


@for_roles(TESTERS)
async def point(request: Request) -> Response:
    """Show what hangs at a point, what is tried, and what is to be done next."""
    place = _place(request)
    return _missing(request) if place is None else _point_page(request, place)


@for_roles(TESTERS)
async def start(request: Request) -> Response:
    """Begin a walk test at the point or in its whole building, unless one runs there."""
    place, context = _place(request), context_of(request)
    if place is None:
        return _missing(request)
    if context is None:
        return not_yet(request)
    back = go_to(request, f"/test/{request.path_params['code']}")
    if test_at(place, context) is not None:
        return back
    points, where = [place, *devices_at(place, context)], place
    building = building_at(place, context)
    if (await request.form()).get("scope") == "building" and building:
        where = area_text(building)
        points = [where]
    question = StartExercise(mark=Mark.TEST, seconds=USUAL_S, points=points)
    status, why = await put(request, question, where)
    # Another technician may have begun there in the same moment.
    within_s = {204: _SHOWN_S, 409: _OTHERS_S}.get(status, 0.0)
    began = await _until(request, lambda _: _runs(request, place), within_s)
    return _point_page(request, place, why, status) if why and not began else back


def _runs(request: Request, place: str) -> bool:
    context = context_of(request)
    return context is not None and test_at(place, context) is not None


@for_roles(TESTERS)
async def stop(request: Request) -> Response:
    """End the walk test at the point, if it still runs."""
    place, number = _place(request), str((await request.form()).get("exercise", ""))
    if place is None:
        return _missing(request)
    context = context_of(request)
    runs = test_at(place, context) if context else None
    if context is not None and runs is not None and str(runs.exercise) == number:
        if not may_end(runs, context):
            return _point_page(request, place, context.words("act.not_yours"), 403)
        status, why = await put(
            request, StopExercise(mark=Mark.TEST, exercise=runs.exercise), place
        )
        position = runs.exercise

        def over(snapshot: Snapshot) -> bool:
            return all(each.exercise != position for each in snapshot.situation.exercises)

        if not await _until(request, over, 0.0 if why else _SHOWN_S) and why:
            return _point_page(request, place, why, status)
    return go_to(request, f"/test/{request.path_params['code']}")


async def _until(request: Request, condition: Callable[[Snapshot], bool], within_s: float) -> bool:
    """Wait until the pages show something; say whether they do."""
    loop, console = asyncio.get_running_loop(), console_of(request)
    end_s = loop.time() + within_s
    while True:
        snapshot = console.broadcaster.snapshot
        if snapshot is not None and condition(snapshot):
            return True
        if loop.time() >= end_s:
            return False
        await asyncio.sleep(0.02)


async def _photo_page(
    request: Request, device: str, said: str = "", status: int = 200
) -> Response:
    stores = stores_of_request(request)
    photos = await stores.database.in_thread(stores.commissioning.photos)
    return framed(
        request,
        "commissioning/photo.html",
        status,
        code=request.path_params["code"],
        device=device,
        photo=photos.get(device),
        said=said,
    )


def _device_here(request: Request) -> str | None:
    """Return the device of the address; None: there is none at the point in scope."""
    place, context = _place(request), context_of(request)
    device = str(request.path_params["device"])
    here = place is not None and context is not None and device in devices_at(place, context)
    return device if here else None


@for_roles(TESTERS)
async def photo(request: Request) -> Response:
    """Show the photo of a device, and the form for another."""
    device = _device_here(request)
    if device is None:
        return _missing(request)
    return await _photo_page(request, device)


@for_roles(TESTERS, kib=MOST_BYTES // KIB + 64)
async def upload(request: Request) -> Response:
    """Keep a photo, made harmless; 409 with a sentence where it cannot be used."""
    device, store = _device_here(request), stores_of_request(request).commissioning
    if device is None:
        return _missing(request)
    form, database = await request.form(), stores_of_request(request).database
    file, said = form.get("photo"), ""
    if form.get("do") == "delete":
        await database.in_thread(store.delete_photo, device)
    elif not isinstance(file, UploadFile) or not file.size:
        said = "photo.no_file"
    elif file.size > MOST_BYTES:
        said = "photo.too_large"
    else:
        who = visitor_of(request).login
        try:
            made = await asyncio.to_thread(photo_of, await file.read())
            await database.in_thread(store.add_photo, device, made, who)
        except BadPhoto:
            said = "photo.bad"
        except NoRoom:
            said = "photo.no_room"
    if said:
        return await _photo_page(request, device, _text(request, said), 409)
    return go_to(request, f"/test/{request.path_params['code']}/photo/{device}")


@for_roles(TESTERS)
async def image(request: Request) -> Response:
    """Give the photo of a device by itself."""
    device, stores = _device_here(request), stores_of_request(request)
    if device is None:
        return _missing(request)
    kept = await stores.database.in_thread(stores.commissioning.photo, device)
    if kept is None:
        return _missing(request, "photo.none")
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Content-Disposition": "inline"}
    headers["Cache-Control"] = "private, max-age=86400"  # its address has its digest
    return Response(kept.content, 200, headers, kept.media)


def since_ms(request: Request, text: str) -> int:
    """Return the begin of a day of the site (``2026-11-29``) as Unix ms; 0 if it is none."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=console_of(request).source.zone)
    except ValueError:
        return 0
    return max(0, int(day.timestamp() * 1000))


@for_roles(TESTERS)
async def left(request: Request) -> Response:
    """List what is left by building and storey, and which devices need a look."""
    context, stores = context_of(request), stores_of_request(request)
    if context is None:
        return not_yet(request)
    since = request.query_params.get("since", "")[:10]
    from_ms = since_ms(request, since)
    codes = stores.codes.all()
    shown = await asyncio.to_thread(what_is_left, context, stores.storeys, codes, from_ms)
    return framed(
        request,
        "commissioning/left.html",
        left=shown,
        since=since if from_ms else "",
        whole=context.snapshot.proofs.whole,
    )


ROUTES: Final = [
    Route("/commissioning", left),
    Route("/test/{code}", point),
    Route("/test/{code}/start", start, methods=["POST"]),
    Route("/test/{code}/stop", stop, methods=["POST"]),
    Route("/test/{code}/photo/{device}", photo, methods=["GET"]),
    Route("/test/{code}/photo/{device}", upload, methods=["POST"]),
    Route("/test/{code}/photo/{device}/image", image),
]
