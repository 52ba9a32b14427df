"""``/`` and ``/wall``: the manager's page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.console import MANAGER, WALL
from callpoint_console.pages.requests import console_of, view_of
from callpoint_console.rendering import page
from callpoint_console.security.endpoints import signed_in


def _shown(request: Request, which: str) -> Response:
    console = console_of(request)
    return page(
        request,
        "manager/page.html",
        body_class="manager wall" if which == WALL else "manager",
        live=which,
        wall=which == WALL,
        site=console.map.name,
        sections=console.broadcaster.sections(view_of(request, which)),
    )


@signed_in()
async def overview(request: Request) -> Response:
    """Show the manager's page."""
    return _shown(request, MANAGER)


@signed_in()
async def wall(request: Request) -> Response:
    """Show the manager's page for a screen on the wall: large, and without buttons."""
    return _shown(request, WALL)


ROUTES = [Route("/", overview), Route("/wall", wall)]
