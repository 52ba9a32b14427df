"""Who may open an endpoint: each declares it, else the console does not start.

``public`` is for everybody, ``signed_in`` for every account, ``for_roles`` for some. The check is
part of the endpoint: there is no way to it that leads around. An endpoint gets a request whose
``state`` has ``session``, ``account``, ``csrf_token`` and ``visitor``.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message

from callpoint_console.accounts.account import Account, Kind
from callpoint_console.accounts.assembly import Accounts
from callpoint_console.accounts.sessions import Session, Stage
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.cookies import session_token
from callpoint_console.security.hosts import local_path
from callpoint_console.visitor import NOBODY, Scope, Visitor
from callpoint_gateway.control.roles import Role

KIB: Final = 1024
#: As ``place`` of ``for_roles``.
WHOLE_SITE: Final = ""
_FORM_KIB: Final = 64
_BODY_S: Final = 30.0  # for a whole body, however large
_FILES: Final = 1
_FIELDS: Final = 200
_SAFE: Final = frozenset({"GET", "HEAD"})
#: Seconds after which the session of an open stream is looked at again.
LOOK_S: Final = 5.0
#: Open streams of one account: everybody's pages need room among the connections.
MOST_STREAMS: Final = 64
SIGNED_OUT: Final = b"event: signed-out\ndata: -\n\n"

Endpoint = Callable[[Request], Awaitable[Response]]
#: The page on which a session does what it must do first.
STAGE_PAGES: Final = {
    Stage.FACTOR: "/second-factor",
    Stage.PASSWORD: "/password",
    Stage.ENROL: "/second-factor/set-up",
}


@dataclass(frozen=True)
class Access:
    """Who may open an endpoint.

    ``roles``: one of them is needed; None: any account, or with ``public`` anybody. ``place``: the
    path parameter with the place at which the role is needed, "" if it is needed for the whole
    site; None: for any part of it. ``stages``: what a
    session may be at. ``click``: a person opens it, so the session is in use. ``kib``: most of a
    body.
    """

    public: bool = False
    roles: frozenset[Role] | None = None
    place: str | None = None
    stages: frozenset[Stage] = frozenset({Stage.FULL})
    screens: bool = True
    click: bool = True
    kib: int = _FORM_KIB


def public(*, kib: int = _FORM_KIB) -> Callable[[Endpoint], Endpoint]:
    """Declare that anybody may open the endpoint, also without an account."""
    return _declare(Access(public=True, stages=frozenset(Stage), kib=kib))


def signed_in(
    *stages: Stage, screens: bool = True, click: bool = True
) -> Callable[[Endpoint], Endpoint]:
    """Declare that every account may open the endpoint, at these stages or fully signed in."""
    return _declare(
        Access(stages=frozenset(stages) or Access.stages, screens=screens, click=click)
    )


def for_roles(
    roles: Iterable[Role], *, place: str | None = None, click: bool = True, kib: int = _FORM_KIB
) -> Callable[[Endpoint], Endpoint]:
    """Declare that an account needs one of these roles.

    ``place``: the path parameter that names the place at which it must have the role; "": it must
    have it for the whole site; None: for any part, and the endpoint shows that only. ``click``:
    False for what a page asks for by itself. ``kib``: the largest body.
    """
    return _declare(Access(roles=frozenset(roles), place=place, click=click, kib=kib))


def access_of(endpoint: object) -> Access | None:
    """Return what an endpoint declares; None: nothing."""
    found = getattr(endpoint, "access", None)
    return found if isinstance(found, Access) else None


def check_declared(routes: Sequence[BaseRoute]) -> None:
    """Refuse routes whose endpoint declares nothing: TypeError names it."""
    for route in routes:
        if isinstance(route, Mount) and not isinstance(route.app, StaticFiles):
            check_declared(route.routes)
        elif isinstance(route, Route) and access_of(route.endpoint) is None:
            raise TypeError(f"{route.path}: its endpoint does not declare who may open it")
        elif not isinstance(route, Mount | Route):
            raise TypeError(f"{route!r} is no route that can declare who may open it")


def _declare(access: Access) -> Callable[[Endpoint], Endpoint]:
    def around(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def checked(request: Request) -> Response:
            return await _guarded(access, endpoint, request)

        checked.access = access  # type: ignore[attr-defined]
        return checked

    return around


async def _guarded(access: Access, endpoint: Endpoint, request: Request) -> Response:
    accounts: Accounts | None = request.app.state.accounts
    session = None
    if accounts is not None:
        session = await _session(accounts, access, request)
        if refused := _refused(access, accounts, session, request):
            return refused
    if request.method in _SAFE:
        return await endpoint(request)
    request = Request(request.scope, _bounded(request.receive, access.kib * KIB), request._send)
    try:
        async with asyncio.timeout(_BODY_S):
            form = await request.form(max_files=_FILES, max_fields=_FIELDS)
    except TimeoutError:
        return refusal(request, "refused.slow", 408)
    except _TooLarge:
        return refusal(request, "refused.large", 413, kib=access.kib)
    except (HTTPException, ClientDisconnect, UnicodeError):
        return refusal(request, "refused.malformed", 400)
    try:
        given = request.headers.get("x-csrf-token") or form.get("csrf_token")
        genuine = session is not None and isinstance(given, str) and session.has_csrf(given)
        if not genuine and not access.public and accounts is not None:
            return refusal(request, "refused.csrf", 403)
        return await endpoint(request)
    finally:
        await request.close()


async def turned_away(request: Request) -> Response | None:
    """Return why a request gets no further without a full session; None: it may.

    It is for what leads on to another application, whose endpoints declare the rest.
    """
    accounts: Accounts = request.app.state.accounts
    access = Access(click=False)
    session = await _session(accounts, access, request)
    if session is None or session.stage not in access.stages:
        return _refused(access, accounts, session, request)
    return None


async def _session(accounts: Accounts, access: Access, request: Request) -> Session | None:
    """Return the session of a request, and tell the endpoint of it."""
    state, find = request.state, accounts.sessions.find
    session = await accounts.database.in_thread(find, session_token(request), click=access.click)
    state.session = session
    account = accounts.account_here(session.account) if session else None
    state.account = account
    state.csrf_token = session.csrf if session else ""
    state.visitor = _visitor(account) if account else NOBODY
    return session


def _visitor(account: Account) -> Visitor:
    """Return what an account sees and does; a screen's other roles do not count."""
    screen = account.kind is Kind.SCREEN
    grants = ((role, place) for role, place in account.grants if not screen or role is Role.VIEWER)
    return Visitor(account.login, Scope(frozenset(grants)))


def _refused(
    access: Access, accounts: Accounts, session: Session | None, request: Request
) -> Response | None:
    if access.public:
        return None
    if session is None:
        return _elsewhere(request, f"/login?next={quote(_here(request))}")
    if session.stage not in access.stages:
        first = STAGE_PAGES.get(session.stage)
        return _elsewhere(request, f"{first}?next={quote(_here(request))}" if first else "/")
    is_screen = session.account.kind is Kind.SCREEN
    if is_screen and (not access.screens or request.method not in _SAFE):
        return refusal(request, "refused.role", 403)
    if access.roles is None:
        return None
    place = request.path_params[access.place] if access.place else access.place
    if accounts.role(session.account, access.roles, place) is None:
        return refusal(request, "refused.role", 403)
    return None


def refusal(request: Request, key: str, status: int, **values: object) -> Response:
    """Return a page that says why nothing was done, or only the text to a part of a page."""
    text = words_in(language_of(request))(key, **values)
    if _is_part(request):
        return PlainTextResponse(text, status)
    return page(request, "accounts/refused.html", status, text=text)


def _is_part(request: Request) -> bool:
    return "hx-request" in request.headers or _is_stream(request)


def _is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


async def while_signed_in(request: Request, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass on a stream of server-sent events as long as the session of its request goes on.

    It looks each ``LOOK_S`` when the stream has something; the last event is ``signed-out``. An
    account has at most ``MOST_STREAMS``; one more ends at once, and its page tries again.
    """
    accounts: Accounts | None = request.app.state.accounts
    if accounts is None:
        async for part in stream:
            yield part
        return
    session, of_account = request.state.session, request.app.state.streams
    if of_account[session.account.id] >= MOST_STREAMS:
        return
    of_account[session.account.id] += 1
    try:
        looked = time.monotonic()
        async for part in stream:
            if time.monotonic() - looked >= LOOK_S:
                if not await accounts.database.in_thread(accounts.sessions.lives, session.number):
                    yield SIGNED_OUT
                    return
                looked = time.monotonic()
            yield part
    finally:
        of_account[session.account.id] -= 1


def _here(request: Request) -> str:
    """Return the page to which somebody comes back after signing in."""
    if _is_part(request):
        current = urlsplit(request.headers.get("hx-current-url", ""))
        here = current.path + (f"?{current.query}" if current.query else "")
        return local_path(here)
    if request.method not in _SAFE:
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return local_path(request.url.path + query)


def _elsewhere(request: Request, path: str) -> Response:
    """Send a browser to another page; a part of a page is told so with 401."""
    if _is_stream(request):
        # A browser tells a page neither status nor headers of a stream, only its events.
        return Response(SIGNED_OUT, media_type="text/event-stream")
    if _is_part(request):
        text = words_in(language_of(request))("refused.session")
        return PlainTextResponse(text, 401, {"HX-Redirect": path})
    return RedirectResponse(path, 303)


class _TooLarge(Exception):
    """A body has more bytes than the endpoint takes."""


def _bounded(
    receive: Callable[[], Awaitable[Message]], most: int
) -> Callable[[], Awaitable[Message]]:
    left = most

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _TooLarge
        return message

    return bounded
