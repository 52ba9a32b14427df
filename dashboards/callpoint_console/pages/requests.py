"""What the handlers of all pages need of a request."""

from starlette.requests import Request

from callpoint_console.console import Console
from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import language_of
from callpoint_console.stores import Stores
from callpoint_console.visitor import visitor_of


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
