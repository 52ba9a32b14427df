"""``/sites/<gateway>/…``: the pages of each site, which are the site console's own."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import turned_away
from callpoint_district.console.district import DistrictConsole
from callpoint_district.console.open_sites import TooMany
from callpoint_district.console.site_addresses import SITES, gateway_of

# A text within an event has no line feeds.
_BEAT: Final = b"event: beat\n"


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request on to the pages of its site, for whoever has a role there (ASGI).

    404 for everybody else, as for a site that there is not. While the database is not read, a
    stream has no beats, so the page says that it is not live.
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

    async def send_live(message: Message) -> None:
        if not (district.overview.unread and _BEAT in message.get("body", b"")):
            await send(message)

    try:
        seen = found.grants.of(request.state.account.grants)
        app = found.app if seen else _said(request, "page.missing", 404)
        await app(scope, receive, send_live)
    finally:
        found.leave()


def _said(request: Request, key: str, status: int) -> Response:
    text = words_in(language_of(request))(key)
    return page(request, "missing.html", status, text=text)


ROUTES: Final = [Mount(f"{SITES}/{{code}}", site, name="site")]
