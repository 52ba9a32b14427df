"""``/handover``: hand-over reports, made here, printed here, and given out as signed files."""

import asyncio
import secrets
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.commissioning.handover import report_of
from callpoint_console.commissioning.signed_file import (
    Verified,
    digest,
    fingerprint,
    public_bytes,
    sign,
    verify,
)
from callpoint_console.commissioning.site_key import KEY, KeyFault, public_pem, site_key
from callpoint_console.commissioning.states import CODES
from callpoint_console.pages.commissioning import since_ms
from callpoint_console.pages.requests import context_of, framed, not_yet, stores_of_request
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.views.context import Context
from callpoint_console.views.work_orders import moment
from callpoint_console.visitor import visitor_of
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.control.roles import Role

MAKERS: Final = StartExercise.may
READERS: Final = MAKERS | {Role.MANAGER, Role.ADMIN}
_LONGEST_ONCE: Final = 64


def _may_read(report: dict[str, Any], context: Context) -> bool:
    """Say whether a report is about nothing outside of the visitor's areas."""
    return context.has(READERS, [str(area) for area in report["areas"]])


async def _listed(request: Request, said: str = "", status: int = 200) -> Response:
    context, stores = context_of(request), stores_of_request(request)
    if context is None:
        return not_yet(request)
    notes = await stores.database.in_thread(stores.commissioning.handovers)
    readable = []
    for note in notes:
        file = await stores.database.in_thread(stores.commissioning.handover, note.number)
        if file is None:
            continue
        # A report of a large site is checked for longer than the live pages may wait.
        found = await asyncio.to_thread(verify, file)
        if _may_read(found.report, context):
            readable.append(note)
    key = await asyncio.to_thread(_public, request)
    return framed(
        request,
        "commissioning/handovers.html",
        status,
        notes=readable,
        moment=partial(moment, context=context),
        may_make=bool(context.scope.areas(MAKERS)),
        once=secrets.token_urlsafe(16),
        since=request.query_params.get("since", "")[:10],
        fingerprint=fingerprint(key) if key else "",
        said=said,
    )


def _public(request: Request) -> bytes | None:
    """Return the site's public key, None as long as there is no report."""
    file = stores_of_request(request).database.file.parent / KEY
    return public_bytes(site_key(file).public_key()) if file.exists() else None


@for_roles(READERS)
async def handovers(request: Request) -> Response:
    """List the reports in scope, with the form that makes another."""
    return await _listed(request)


@for_roles(MAKERS)
async def make(request: Request) -> Response:
    """Make a report, also with things left; the same form sent twice makes one."""
    context, stores = context_of(request), stores_of_request(request)
    form = await request.form()
    once = str(form.get("once", ""))
    words = words_in(language_of(request))
    if context is None or not context.snapshot.proofs.whole:
        return not_yet(request)
    if not 0 < len(once) <= _LONGEST_ONCE:
        return await _listed(request, words("handover.again"), 400)
    photos = await stores.database.in_thread(stores.commissioning.photos)
    from_ms, who = since_ms(request, str(form.get("since", ""))), visitor_of(request).login
    report = await asyncio.to_thread(report_of, context, who, photos, from_ms)
    try:
        key = await asyncio.to_thread(site_key, stores.database.file.parent / KEY)
    except KeyFault as fault:
        return await _listed(request, words("handover.no_key", file=fault), 503)
    file = await asyncio.to_thread(sign, report, key)
    counts = report["counts"]["tested"], len(report["left"])
    number = await stores.database.in_thread(
        stores.commissioning.add_handover, once, who, report["made_ms"], counts, file
    )
    return go_to(request, f"/handover/{number}")


async def _file(request: Request) -> tuple[bytes, Verified, Context] | Response:
    """Return the file of the address, what a check of it says, and the context."""
    context, stores = context_of(request), stores_of_request(request)
    if context is None:
        return not_yet(request)
    number = request.path_params["number"]
    file = await stores.database.in_thread(stores.commissioning.handover, number)
    found = await asyncio.to_thread(verify, file) if file is not None else None
    if file is None or found is None or not _may_read(found.report, context):
        text = words_in(language_of(request))("handover.none")
        return page(request, "missing.html", 404, text=text)
    return file, found, context


@for_roles(READERS)
async def handover(request: Request) -> Response:
    """Show a report as it is printed."""
    answer = await _file(request)
    if isinstance(answer, Response):
        return answer
    file, found, context = answer
    return framed(
        request,
        "commissioning/handover.html",
        number=request.path_params["number"],
        report=found.report,
        good=not found.wrong,
        digest=digest(file),
        fingerprint=found.fingerprint,
        short=context.site.short,
        kind=lambda name: context.words.kind(CODES[name]),
        moment=partial(moment, context=context),
    )


@for_roles(READERS)
async def download(request: Request) -> Response:
    """Give the signed file of a report."""
    answer = await _file(request)
    if isinstance(answer, Response):
        return answer
    name = f"handover-{request.path_params['number']}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(answer[0], 200, headers, "application/json")


@for_roles(READERS)
async def key(request: Request) -> Response:
    """Give the public key with which reports are checked, as PEM."""
    file = stores_of_request(request).database.file.parent / KEY
    if not file.exists():
        text = words_in(language_of(request))("handover.no_key_yet")
        return page(request, "missing.html", 404, text=text)
    pem = await asyncio.to_thread(lambda: public_pem(site_key(file).public_key()))
    headers = {"Content-Disposition": 'attachment; filename="handover.pem"'}
    return Response(pem, 200, headers, "application/x-pem-file")


ROUTES: Final = [
    Route("/handover", handovers, methods=["GET"]),
    Route("/handover/make", make, methods=["POST"]),
    Route("/handover/key", key),
    Route("/handover/{number:int}", handover),
    Route("/handover/{number:int}/file", download),
]
