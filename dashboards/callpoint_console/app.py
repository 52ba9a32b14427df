"""The console as an ASGI application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

from callpoint_console.console import Console
from callpoint_console.pages import (
    alarm_actions,
    device_orders,
    exercise_actions,
    language,
    live,
    manager,
    operator,
    places,
    reports,
)
from callpoint_console.rendering import STATIC, language_of, page, words_in

_KEPT = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: AsgiScope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _KEPT if scope["query_string"] else "no-cache"
        return answer


async def _missing(request: Request, error: Exception) -> Response:
    return page(request, "missing.html", 404, text=words_in(language_of(request))("page.missing"))


def build_app(
    console: Console,
    routes: Sequence[BaseRoute] = (),
    middleware: Sequence[Middleware] = (),
) -> Starlette:
    """Return the application; it follows the site while it runs.

    ``routes`` and ``middleware`` are those of the accounts, who come before everything else.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        console.start()
        try:
            yield
        finally:
            console.close()

    app = Starlette(
        routes=[
            *routes,
            *manager.ROUTES,
            *operator.ROUTES,
            *places.ROUTES,
            *live.ROUTES,
            *reports.ROUTES,
            *alarm_actions.ROUTES,
            *exercise_actions.ROUTES,
            *device_orders.ROUTES,
            *language.ROUTES,
            Mount("/static", _Static(directory=STATIC), name="static"),
        ],
        middleware=middleware,
        exception_handlers={404: _missing},
        lifespan=lifespan,
    )
    app.state.console = console
    return app
