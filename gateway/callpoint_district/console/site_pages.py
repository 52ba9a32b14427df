"""``/sites/<gateway>/…``: the pages of each site, which are the site console's own."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import turned_away
from callpoint_district.console.district import DistrictConsole
from callpoint_district.console.open_sites import TooMany
from callpoint_district.console.site_addresses import SITES, gateway_of


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request on to the pages of its site, for whoever has a role there (ASGI).

    404 for everybody else, as for a site that there is not.
    """
    request = Request(scope, receive)
    if away := await turned_away(request):
        await away(scope, receive, send)
        return
    district: DistrictConsole = request.app.state.district
    accounts, streams = request.app.state.accounts, request.app.state.streams
    gateway = gateway_of(request.path_params["code"])
    try:
        found = await district.sites.enter(gateway, accounts, streams)
    except TooMany:
        await _said(request, "sites.too_many", 503)(scope, receive, send)
        return
    if found is None:
        await _said(request, "page.missing", 404)(scope, receive, send)
        return
    try:
        seen = found.grants.of(request.state.account.grants)
        app = found.app if seen else _said(request, "page.missing", 404)
        await app(scope, receive, send)
    finally:
        found.leave()


def _said(request: Request, key: str, status: int) -> Response:
    text = words_in(language_of(request))(key)
    return page(request, "missing.html", status, text=text)


ROUTES: Final = [Mount(f"{SITES}/{{code}}", site, name="site")]
