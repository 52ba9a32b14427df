"""The console as an ASGI application."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

from callpoint_console.accounts import routes as account_pages
from callpoint_console.accounts.assembly import Accounts
from callpoint_console.console import Console
from callpoint_console.database import DatabaseFault
from callpoint_console.pages import (
    alarm_actions,
    commissioning,
    device_orders,
    drills,
    exercise_actions,
    handovers,
    language,
    levels,
    live,
    manager,
    operator,
    places,
    plans,
    points,
    reports,
    shifts,
    snoozes,
    storeys,
    work_orders,
)
from callpoint_console.people import routes as people_pages
from callpoint_console.people.assembly import People
from callpoint_console.rendering import STATIC, Frame, language_of, page, words_in
from callpoint_console.security.endpoints import check_declared
from callpoint_console.security.middleware import Security
from callpoint_gateway.journal.reader import JournalError

log = logging.getLogger(__name__)

_KEPT = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: AsgiScope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _KEPT if scope["query_string"] else "no-cache"
        return answer


async def missing(request: Request, error: Exception) -> Response:
    """Say that there is no such page."""
    return page(request, "missing.html", 404, text=words_in(language_of(request))("page.missing"))


async def no_database(request: Request, error: Exception) -> Response:
    """Say that the console's own file cannot be used."""
    log.error("%s", error)
    return PlainTextResponse(words_in(language_of(request))("refused.database"), 503)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, JournalError)
    log.error("%s", error)
    return PlainTextResponse(words_in(language_of(request)).told(error.why), 503)


def static_files() -> BaseRoute:
    """Return the route of the files that browsers load."""
    return Mount("/static", _Static(directory=STATIC), name="static")


_HANDLERS: Final = {404: missing, DatabaseFault: no_database, JournalError: _unreadable}
#: The pages of a site that need nothing of its machine.
_ANYWHERE: Final = (
    *manager.ROUTES,
    *operator.ROUTES,
    *places.ROUTES,
    *live.ROUTES,
    *reports.ROUTES,
    *alarm_actions.ROUTES,
    *exercise_actions.ROUTES,
    *levels.ROUTES,
    *drills.ROUTES,
)


def mounted_app(
    console: Console,
    accounts: Accounts,
    navigation: str,
    streams: Counter[int],
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """Return the pages of one site of several; who mounts it starts and closes the console.

    Accounts, language and static files are at the root. ``streams``: the open streams by account,
    of all sites together. ``navigation``: the template of the menu. ``more``:
    further pages, of the household where an alarm is open.
    """
    routes = [*_ANYWHERE, *more]
    check_declared(routes)
    app = Starlette(
        routes=routes,
        exception_handlers=_HANDLERS,
    )
    app.state.console, app.state.accounts, app.state.people = console, accounts, None
    app.state.streams = streams
    app.state.frame = Frame(console.at, navigation, people=False)
    return app


def build_app(
    console: Console,
    accounts: Accounts | None = None,
    people: People | None = None,
) -> Starlette:
    """Return the application; it follows the site while it runs.

    Without ``accounts`` whoever reaches it may do everything: for tests and measurements. Without
    ``people`` it has no page about them.
    TypeError: an endpoint does not declare who may open it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        console.start()
        try:
            yield
        finally:
            console.close()

    routes: list[BaseRoute] = [
        *(account_pages.ROUTES if accounts else ()),
        *(people_pages.ROUTES if people else ()),
        *_ANYWHERE,
        *device_orders.ROUTES,
        *((*work_orders.ROUTES, *snoozes.ROUTES, *shifts.ROUTES) if console.work else ()),
        *language.ROUTES,
        *([*plans.ROUTES, *points.ROUTES, *storeys.ROUTES] if console.stores else ()),
        *([*commissioning.ROUTES, *handovers.ROUTES] if console.stores else ()),
        static_files(),
    ]
    check_declared(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Security, settings=accounts.settings)] if accounts else [],
        exception_handlers=_HANDLERS,
        lifespan=lifespan,
    )
    app.state.console, app.state.accounts, app.state.people = console, accounts, people
    app.state.streams = Counter[int]()  # by account
    app.state.frame = Frame(console.at, people=people is not None, household=people is not None)
    return app
