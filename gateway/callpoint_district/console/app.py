"""The console of a district as an ASGI application."""

import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from callpoint_console.accounts import routes as account_pages
from callpoint_console.accounts.assembly import Accounts
from callpoint_console.app import missing, no_database, static_files
from callpoint_console.database import DatabaseFault
from callpoint_console.pages import language
from callpoint_console.rendering import Frame, language_of, words_in
from callpoint_console.security.endpoints import check_declared
from callpoint_console.security.middleware import Security
from callpoint_district.console import grid_pages, site_pages
from callpoint_district.console.district import DistrictConsole
from callpoint_district.database import DatabaseError
from callpoint_gateway.host.printable import one_line

#: Around the grid's pages, and those of accounts.
FRAME: Final = Frame("", "district/navigation.html", strip=False, people=False, household=False)

log = logging.getLogger(__name__)


async def _no_district(request: Request, error: Exception) -> Response:
    log.error("the district's database: %s", one_line(error))
    return PlainTextResponse(words_in(language_of(request))("district.no_database"), 503)


def build_app(district: DistrictConsole, accounts: Accounts) -> Starlette:
    """Return the application; it follows the district while it runs.

    TypeError: an endpoint does not declare who may open it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        district.start()
        try:
            yield
        finally:
            await district.close()

    routes: list[BaseRoute] = [
        *account_pages.ROUTES,
        *language.ROUTES,
        *grid_pages.ROUTES,
        *site_pages.ROUTES,
        static_files(),
    ]
    check_declared(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Security, settings=accounts.settings)],
        exception_handlers={
            404: missing,
            DatabaseFault: no_database,
            psycopg.Error: _no_district,
            DatabaseError: _no_district,
        },
        lifespan=lifespan,
    )
    app.state.district, app.state.accounts = district, accounts
    app.state.frame = FRAME
    app.state.streams = Counter[int]()  # by account
    return app
