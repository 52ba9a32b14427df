"""Every endpoint with every role, at its own place and at another: one table says who may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.assembly import Accounts, accounts_of
from callpoint_console.accounts.roles import Grant
from callpoint_console.app import build_app
from callpoint_console.people.assembly import people_of
from callpoint_console.security import endpoints
from callpoint_console.security.endpoints import WHOLE_SITE, Access, access_of
from callpoint_console.stores import stores_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_protocol import names

from ..console.estate import Estate, estate
from .office import CONFIG, ManualClock, open_database

ANY: Final = frozenset(Role)
DESK: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR})
ATTENDANTS: Final = DESK | {Role.MANAGER}
DEVICES: Final = DESK | {Role.TECHNICIAN}
ADMIN: Final = frozenset({Role.ADMIN})
MAKERS: Final = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN})
PLANNERS: Final = frozenset({Role.MANAGER, Role.ADMIN})
LABELLERS: Final = frozenset({Role.TECHNICIAN, Role.ADMIN})
EDITORS: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
#: Who may see names of responders, and who is on duty.
RESPONSIBLE: Final = DESK | {Role.MANAGER, Role.ADMIN}
#: Reports are read by more than make them.
HANDED: Final = DEVICES | {Role.MANAGER, Role.ADMIN}
PUBLIC: Final = None

#: Who may open what. A new endpoint needs a line here, written by whoever thought about it.
TABLE: Final[dict[str, frozenset[Role] | None]] = {
    "/": ANY,
    "/wall": ANY,
    "/live/{page}": ANY,
    "/operator": DESK,
    "/operator/alarm/{number:int}": DESK,
    "/operator/alarm/{number:int}/people": DESK,
    "/operator/alarm/{number:int}/household": DESK,
    "/contacts": ADMIN,
    "/contacts/import": ADMIN,
    "/contacts/export": ADMIN,
    "/contacts/households": ADMIN,
    "/contacts/households/import": ADMIN,
    "/contacts/households/export": ADMIN,
    "/contacts/{person}": ADMIN,
    "/rota": RESPONSIBLE,
    "/rota/now": RESPONSIBLE,
    "/rota/change": frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN}),
    "/responders": RESPONSIBLE,
    "/messages": RESPONSIBLE | {Role.TECHNICIAN},
    "/messages/test": frozenset({Role.SUPERVISOR, Role.ADMIN}),
    "/a/{token}": PUBLIC,
    "/a/{token}/acknowledge": ATTENDANTS,
    "/alarm/{number:int}/responsible": RESPONSIBLE,
    "/alarm/{number:int}/{action}": ATTENDANTS,
    "/alarm/{number:int}/step/{step}": DESK,
    "/exercise": DEVICES,
    "/duty/{centre}": DESK,
    "/device/{device}": ANY,
    "/device/{device}/order/{order}": DEVICES,
    "/place": ANY,
    "/search": ANY,
    "/work-orders": ANY,
    "/work-orders/new": MAKERS,
    "/work-orders/{number:int}": ANY,
    "/work-orders/{number:int}/change": MAKERS | {Role.TECHNICIAN},
    "/snooze": MAKERS,
    "/strip": ANY,
    "/levels": ANY,
    "/levels/begin": frozenset({Role.SUPERVISOR}),
    "/levels/{number:int}/end": frozenset({Role.SUPERVISOR}),
    "/shift": DESK,
    "/shift/hand-over/{number:int}": DESK,
    "/shifts": frozenset({Role.SUPERVISOR}),
    "/shifts/{number:int}/end": frozenset({Role.SUPERVISOR}),
    "/reports": ANY,
    "/reports/{month}": ANY,
    "/situation": ANY,
    "/drills": ANY,
    "/p/{code}": PUBLIC,
    "/commissioning": DEVICES,
    "/test/{code}": DEVICES,
    "/test/{code}/start": DEVICES,
    "/test/{code}/stop": DEVICES,
    "/test/{code}/photo/{device}": DEVICES,
    "/test/{code}/photo/{device}/image": DEVICES,
    "/handover": HANDED,
    "/handover/make": DEVICES,
    "/handover/key": HANDED,
    "/handover/{number:int}": HANDED,
    "/handover/{number:int}/file": HANDED,
    "/points": LABELLERS,
    "/points.csv": LABELLERS,
    "/points/sheet": LABELLERS,
    "/points/sheet.css": LABELLERS,
    "/storeys": PLANNERS,
    "/storey/{storey:int}": ANY,
    "/storey/{storey:int}/image": ANY,
    "/storey/{storey:int}/place": PLANNERS,
    "/storey/{storey:int}/take-off": PLANNERS,
    "/storey/{storey:int}/delete": PLANNERS,
    "/plans": ANY,
    "/plans/{kind}/{profile}": ANY,
    "/plans/{kind}/{profile}/edit": EDITORS,
    "/plans/{kind}/{profile}/back": EDITORS,
    "/language": PUBLIC,
    "/static": PUBLIC,
    "/login": PUBLIC,
    "/logout": ANY,
    "/second-factor": ANY,
    "/second-factor/set-up": ANY,
    "/password": ANY,
    "/welcome/{token}": PUBLIC,
    "/screen/{token}": PUBLIC,
    "/account": ANY,
    "/account/sessions": ANY,
    "/account/second-factor": ANY,
    "/accounts": ADMIN,
    "/accounts/{login}": ADMIN,
    "/looks": ADMIN,
}
#: The second factor is typed by whoever has not done so yet.
ELSEWHERE: Final = {"/second-factor", "/second-factor/set-up"}
OWN, FOREIGN = "b1/101", "b2/101"
ORIGIN: Final = "http://127.0.0.1"


class Site:
    """The console of an estate with an account for each role, and what a browser is answered."""

    def __init__(self, folder: Path, written: Estate) -> None:
        self.alarms = {
            OWN: written.event("button-1-101"),
            FOREIGN: written.event("button-2-101"),
        }
        self.database = open_database(folder)
        self.accounts: Accounts = accounts_of(
            self.database, CONFIG, written.register, ManualClock()
        )
        self.console = written.console(
            stores_of(self.database, written.register, SystemClock(), CONFIG.console)
        )
        people = people_of(folder, CONFIG, written.register, written.clock, self.accounts.looks)
        self.app: Starlette = build_app(self.console, self.accounts, people)

    def close(self) -> None:
        """End the threads."""
        self.accounts.sign_in.close()
        self.database.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the console until it has read the estate's journals."""
        async with self.app.router.lifespan_context(self.app):
            async with asyncio.timeout(60):
                while self.console.broadcaster.snapshot is None:  # noqa: ASYNC110 - no news of it
                    await asyncio.sleep(0.01)
            yield

    def session(self, login: str, *grants: Grant, kind: Kind = Kind.PERSON) -> tuple[str, str]:
        """Return cookie and form token of an account that has signed in with everything."""
        self.accounts.store.add(login, grants, "en", kind)
        account = self.accounts.store.find(login)
        if kind is Kind.PERSON:
            self.accounts.credentials.set_password(account.id, "hash")
            self.database.write(
                lambda c: c.execute(
                    "UPDATE accounts SET factor = 'SECRET' WHERE id = ?", (account.id,)
                )
            )
        cookie = self.accounts.sessions.begin(account.id, "", "", factor=True)
        session = self.accounts.sessions.find(cookie, click=False)
        assert session is not None
        return cookie, session.csrf

    async def answer(
        self, method: str, path: str, cookie: str = "", token: str = "", **fields: str
    ) -> tuple[int, str]:
        """Return status and location of an answer, also of one that never ends."""
        path, _, query = path.partition("?")
        body = urlencode({"csrf_token": token, **fields}).encode()
        headers = [
            (b"host", b"127.0.0.1"),
            (b"origin", ORIGIN.encode()),
            (b"cookie", f"callpoint-session={cookie}".encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("192.0.2.7", 50_000),
            "root_path": "",
            "headers": headers,
        }
        started: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start" and not started.done():
                started.set_result(message)

        serving = asyncio.create_task(self.app(scope, receive, send))
        try:
            await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done() and not started.done():
                await serving
            message = await started
        finally:
            serving.cancel()
            await asyncio.wait({serving})
        location = dict(message["headers"]).get(b"location", b"").decode()
        return int(message["status"]), location


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with estate(tmp_path) as written:
        found = Site(tmp_path, written)
        yield found
        found.close()


def path_of(route: Route, site: Site, place: str = OWN) -> str:
    """Return an address of a route about a place of the estate."""
    building = place[1]
    values = {
        "{page}": "manager",
        "{number:int}": str(site.alarms[place]),
        "{action}": "acknowledge",
        "{step}": site.console.plans.plan_for(names.PANIC, place).step[0].id,
        "{centre}": "fire",
        "{device}": f"button-{building}-101",
        "{order}": "identify",
        "{month}": "2026-11",
        "{token}": "no-such-link",
        "{login}": "somebody",
        "{kind}": "panic",
        "{storey:int}": "1",
        "{code}": "no-such-code",
        "{profile}": "estate",
        "{person}": "p-nobody",
    }
    path = route.path
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{route.path}: give a value for each of its parameters here"
    return path


def routes_of(routes: list[BaseRoute]) -> list[Route]:
    return [route for route in routes if isinstance(route, Route)]


def for_the_site(route: Route) -> bool:
    access = access_of(route.endpoint)
    return access is not None and access.place == WHOLE_SITE


def let_in(status: int, location: str) -> bool:
    """Say whether the endpoint was reached: what it then answers is its own matter."""
    return status not in (401, 403, 421) and not location.startswith("/login?")


def test_the_table_has_every_endpoint(site: Site) -> None:
    paths = {route.path for route in site.app.routes if isinstance(route, Route | Mount)}
    assert len(paths) > 25
    assert paths == set(TABLE), "every endpoint needs one line in TABLE"
    assert all(isinstance(route, Route | Mount) for route in site.app.routes)


def declared(access: Access) -> frozenset[Role] | None:
    return PUBLIC if access.public else (access.roles if access.roles is not None else ANY)


def test_every_endpoint_declares_what_the_table_says(site: Site) -> None:
    for route in routes_of(site.app.routes):
        access = access_of(route.endpoint)
        assert access is not None, route.path
        assert declared(access) == TABLE[route.path], route.path


def test_a_stranger_gets_nowhere_but_to_the_sign_in(site: Site) -> None:
    async def walk() -> None:
        async with site.running():
            for route in routes_of(site.app.routes):
                for method in route.methods or ():
                    answer = await site.answer(method, path_of(route, site))
                    if TABLE[route.path] is not PUBLIC:
                        assert not let_in(*answer), (method, route.path, answer)
                        assert answer[1].startswith("/login?next="), (method, route.path, answer)

    asyncio.run(walk())


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_the_table_says(site: Site, role: Role) -> None:
    async def walk() -> None:
        async with site.running():
            for route in routes_of(site.app.routes):
                allowed = TABLE[route.path]
                for method in route.methods or ():
                    cookie, token = site.session(
                        f"{role}-{len(site.accounts.store.all())}", Grant(role)
                    )
                    form = {"do": "start-drill"} if route.path == "/exercise" else {}
                    if route.path == "/rota/change":
                        form = {"do": "special", "date": "2026-10-01", "like": "holiday"}
                    if "second-factor" in route.path and method == "POST":
                        continue  # a wrong code is refused like a wrong role
                    if route.path in ("/login", "/password") and method == "POST":
                        continue  # so is a wrong password
                    answer = await site.answer(method, path_of(route, site), cookie, token, **form)
                    expected = allowed is PUBLIC or role in allowed
                    assert let_in(*answer) is expected, (method, route.path, answer)

    asyncio.run(walk())


@pytest.mark.parametrize("role", sorted(DEVICES | {Role.ADMIN}))
def test_a_role_at_one_place_does_nothing_at_another(site: Site, role: Role) -> None:
    async def walk() -> None:
        cookie, token = site.session("own", Grant(role, OWN))
        async with site.running():
            acting = [route for route in routes_of(site.app.routes) if "{number" in route.path]
            acting += [route for route in routes_of(site.app.routes) if "{order}" in route.path]
            # Those for whoever has the role for the whole site are tried below.
            acting = [route for route in acting if not for_the_site(route)]
            assert len(acting) >= 4
            for route in acting:
                method = "POST" if "POST" in (route.methods or ()) else "GET"
                allowed = TABLE[route.path]
                assert allowed is not None
                own = await site.answer(method, path_of(route, site, OWN), cookie, token)
                assert let_in(*own) is (role in allowed), (route.path, own)
                foreign = await site.answer(method, path_of(route, site, FOREIGN), cookie, token)
                assert foreign[0] in (403, 404), (route.path, foreign)
            assert (await site.answer("GET", "/device/button-1-101", cookie))[0] == 200
            assert (await site.answer("GET", "/device/button-2-101", cookie))[0] == 404
            whole = await site.answer("POST", "/exercise", cookie, token, do="start-drill")
            assert whole[0] == 403
            for path in ("/accounts", "/looks", "/shifts"):
                assert (await site.answer("GET", path, cookie))[0] == 403
            for path in ("/accounts/own", "/shifts/1/end"):
                assert (await site.answer("POST", path, cookie, token))[0] == 403

    asyncio.run(walk())


def test_a_screen_sees_pages_and_acts_nowhere(site: Site) -> None:
    async def walk() -> None:
        every = [Grant(role) for role in Role]
        cookie, token = site.session("wall", *every, kind=Kind.SCREEN)
        async with site.running():
            for route in routes_of(site.app.routes):
                if "POST" in (route.methods or ()) and TABLE[route.path] is not PUBLIC:
                    answer = await site.answer("POST", path_of(route, site), cookie, token)
                    assert not let_in(*answer) or answer[0] == 303, (route.path, answer)
            assert (await site.answer("GET", "/wall", cookie))[0] == 200
            assert (await site.answer("GET", "/live/wall", cookie))[0] == 200

    asyncio.run(walk())


def test_a_stream_ends_with_its_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LOOK_S", 0.0)
    cookie, _ = site.session("o", Grant(Role.OPERATOR))
    session = site.accounts.sessions.find(cookie, click=False)
    request = Request({"type": "http", "app": site.app, "state": {"session": session}})

    async def beats() -> AsyncIterator[bytes]:
        while True:
            yield b"event: beat\n\n"

    async def read() -> list[bytes]:
        stream = endpoints.while_signed_in(request, beats())
        parts = [await anext(stream), await anext(stream)]
        site.accounts.store.log_out("o")
        return [*parts, *[part async for part in stream]]

    assert asyncio.run(read()) == [b"event: beat\n\n"] * 2 + [endpoints.SIGNED_OUT]


def test_one_account_leaves_room_for_the_streams_of_others(site: Site) -> None:
    greedy, other = (
        Request(
            {
                "type": "http",
                "app": site.app,
                "state": {"session": site.accounts.sessions.find(cookie, click=False)},
            }
        )
        for cookie, _ in (site.session(login, Grant(Role.VIEWER)) for login in ("v", "w"))
    )

    async def beats() -> AsyncIterator[bytes]:
        while True:
            yield b"event: beat\n\n"

    async def play() -> None:
        held = []
        for _ in range(endpoints.MOST_STREAMS):
            held.append(endpoints.while_signed_in(greedy, beats()))
            await anext(held[-1])
        assert [part async for part in endpoints.while_signed_in(greedy, beats())] == []
        assert await anext(endpoints.while_signed_in(other, beats()))
        await held[0].aclose()  # type: ignore[attr-defined]
        assert await anext(endpoints.while_signed_in(greedy, beats()))
        for stream in held:
            await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(play())


def test_the_operators_stream_is_for_operators(site: Site) -> None:
    async def walk() -> None:
        manager, _ = site.session("m", Grant(Role.MANAGER))
        operator, _ = site.session("o", Grant(Role.OPERATOR))
        async with site.running():
            assert (await site.answer("GET", "/live/operator", manager))[0] == 403
            assert (await site.answer("GET", "/live/manager", manager))[0] == 200
            assert (await site.answer("GET", "/live/operator", operator))[0] == 200

    asyncio.run(walk())
