"""What the handlers of all pages need of a request."""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callpoint_console.console import FRAME, Console
from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.stores import Stores
from callpoint_console.views.context import Context
from callpoint_console.visitor import visitor_of
from callpoint_console.work.keeper import Work
from callpoint_gateway.alarms.questions import StartExercise


def console_of(request: Request) -> Console:
    """Return the console that serves a request."""
    console: Console = request.app.state.console
    return console


def stores_of_request(request: Request) -> Stores:
    """Return what is kept; pages that use it exist only where something is."""
    stores = console_of(request).stores
    assert stores is not None
    return stores


def view_of(request: Request, page: str) -> View:
    """Return for whom a page is rendered."""
    return View(page, language_of(request), visitor_of(request).scope)


def work_of(request: Request) -> Work:
    """Return the record of people's work, without which there is no page of it."""
    work = console_of(request).work
    assert work is not None
    return work


def tell_work(request: Request) -> None:
    """Show a change of the record of people's work on every open page."""
    console_of(request).broadcaster.refresh()


def context_of(request: Request) -> Context | None:
    """Return what a page is made of; None: nothing has been read yet."""
    console = console_of(request)
    snapshot = console.broadcaster.snapshot
    return console.context(snapshot, view_of(request, FRAME)) if snapshot else None


def may_test(request: Request, place: str) -> bool:
    """Say whether the visitor may start a walk test at a place (its id)."""
    scope = visitor_of(request).scope
    return console_of(request).map.role(scope, StartExercise.may, place) is not None


def not_yet(request: Request) -> Response:
    """Return that nothing has been read yet."""
    words, name = words_in(language_of(request)), console_of(request).map.name
    return PlainTextResponse(words("sentence.unread", site=name), 503, {"Retry-After": "1"})


def framed(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page whose strip is live: it says what every page says above all else."""
    sections = console_of(request).broadcaster.sections(view_of(request, FRAME))
    return page(request, template, status, live=FRAME, sections=sections, **values)
