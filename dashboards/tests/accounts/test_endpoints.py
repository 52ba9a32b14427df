"""Every endpoint says who may open it, and lets nobody else: with any method, cookie or body."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.sessions import Stage
from callpoint_console.accounts.sign_in import SignedIn
from callpoint_console.rendering import Frame
from callpoint_console.security.endpoints import check_declared, for_roles, public, signed_in
from callpoint_console.security.middleware import HEADERS, Security
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.roles import DESK, Role

from .office import HERE, OPERATOR, VIEWER, Office
from .web import Web

ORIGIN = {"Origin": "http://127.0.0.1"}


@public()
async def anybody(request: Request) -> Response:
    return PlainTextResponse(request.state.account.login if request.state.account else "nobody")


@signed_in()
async def mine(request: Request) -> Response:
    return JSONResponse(
        {
            "login": request.state.account.login,
            "csrf": request.state.csrf_token,
            "may": _may(request, ""),
            "may in b3": _may(request, "b3-u2-301"),
            "grants": sorted(request.state.visitor.scope.grants),
        }
    )


def _may(request: Request, place: str) -> bool:
    role = request.app.state.accounts.role
    return role(request.state.account, DESK, place) is not None


@signed_in(Stage.FACTOR)
async def factor(request: Request) -> Response:
    return PlainTextResponse("a code, please")


@for_roles({Role.OPERATOR}, place="place")
async def at_a_place(request: Request) -> Response:
    return PlainTextResponse(request.path_params["place"])


@for_roles({Role.OPERATOR})
async def anywhere(request: Request) -> Response:
    form = await request.form()
    return PlainTextResponse(f"done {form.get('text', '')}")


@for_roles({Role.OPERATOR}, kib=200)
async def upload(request: Request) -> Response:
    return PlainTextResponse("stored")


@signed_in(click=False)
async def stream(request: Request) -> Response:
    return PlainTextResponse("data: x\n\n", media_type="text/event-stream")


ROUTES = [
    Route("/anybody", anybody, methods=["GET", "POST"]),
    Route("/mine", mine, methods=["GET", "POST"]),
    Route("/code", factor),
    Route("/at/{place:path}", at_a_place),
    Route("/act", anywhere, methods=["GET", "POST", "DELETE"]),
    Route("/upload", upload, methods=["POST"]),
    Route("/stream", stream),
]


@pytest.fixture
def client(office: Office) -> Web:
    settings = ConsoleSettings()
    app = Starlette(routes=ROUTES, middleware=[Middleware(Security, settings=settings)])
    app.state.accounts = office.accounts
    app.state.frame = Frame()
    return Web(app)


def come_in(client: Web, office: Office, login: str) -> SignedIn:
    """Give the client the cookie of somebody who has typed the password."""
    entered = asyncio.run(office.enter(login))
    assert isinstance(entered, SignedIn)
    client.cookies.set("callpoint-session", entered.session)
    return entered


def come_in_fully(client: Web, office: Office, login: str, *grants: Grant) -> str:
    """Give the client the cookie of an operator with a second factor; return the form's token."""
    secret = asyncio.run(office.hire(login, *grants, factor=True))
    assert secret
    session = asyncio.run(office.session(login))
    whole = asyncio.run(office.accounts.sign_in.with_factor(session, office.code(secret), HERE))
    assert isinstance(whole, SignedIn)
    client.cookies.set("callpoint-session", whole.session)
    return str(client.get("/mine").json()["csrf"])


def test_without_a_session_a_page_leads_to_the_sign_in_and_back(client: Web) -> None:
    answer = client.get("/at/b3?from=//evil.example&x=%0d%0aSet-Cookie:a=b")
    assert answer.status_code == 303
    to = answer.headers["location"]
    assert to.startswith("/login?next=/at/b3%3Ffrom%3D")
    assert "\n" not in to
    assert "set-cookie" not in answer.headers
    assert client.post("/act", headers=ORIGIN).headers["location"] == "/login?next=/"


def test_a_part_of_a_page_is_told_where_to_sign_in(client: Web) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/operator?a=1"}
    answer = client.post("/act", headers={**headers, **ORIGIN})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=/operator%3Fa%3D1"
    headers["HX-Current-URL"] = "https://evil.example//evil.example"
    assert client.get("/act", headers=headers).headers["hx-redirect"] == "/login?next=/"
    # A page hears nothing of a stream but its events.
    assert client.get("/stream", headers={"Accept": "text/event-stream"}).text == (
        "event: signed-out\ndata: -\n\n"
    )


@pytest.mark.parametrize("cookie", ["", "x", "\u00e9", "x" * 4000, "../../etc/passwd", "'--"])
def test_a_cookie_that_was_never_given(client: Web, cookie: str) -> None:
    client.cookies.clear()
    answer = client.get("/mine", headers={"Cookie": f"callpoint-session={cookie}".encode()})
    assert answer.status_code == 303


def test_half_a_session_does_nothing_but_its_next_step(client: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    come_in(client, office, "wang")
    assert client.get("/mine?a=1").headers["location"] == "/second-factor?next=/mine%3Fa%3D1"
    assert client.get("/act").headers["location"] == "/second-factor?next=/act"
    assert client.get("/code").status_code == 200
    assert client.post("/act", headers=ORIGIN).headers["location"] == "/second-factor?next=/"
    asyncio.run(office.hire("li", OPERATOR))
    come_in(client, office, "li")
    assert client.get("/mine").headers["location"] == "/second-factor/set-up?next=/mine"
    assert client.get("/code").headers["location"] == "/second-factor/set-up?next=/code"


def test_a_role_counts_at_its_place(client: Web, office: Office) -> None:
    come_in_fully(client, office, "wang", Grant(Role.OPERATOR, "b3"), VIEWER)
    assert client.get("/at/b3-u2-301").text == "b3-u2-301"
    assert client.get("/at/b30-101").status_code == 403
    assert client.get("/at/elsewhere").status_code == 403
    assert client.get("/act").status_code == 200
    mine = client.get("/mine").json()
    assert (mine["may"], mine["may in b3"]) == (False, True)


def test_another_role_is_refused_in_words(client: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER, Grant(Role.MANAGER)))
    come_in(client, office, "wang")
    answer = client.get("/act")
    assert answer.status_code == 403
    assert "Your account may not do this" in answer.text
    part = client.get("/act", headers={"HX-Request": "true"})
    assert (part.status_code, part.text[:12]) == (403, "Your account")


def test_a_form_needs_the_token_of_its_session(client: Web, office: Office) -> None:
    token = come_in_fully(client, office, "wang", OPERATOR)
    assert client.post("/act", data={"csrf_token": token, "text": "a"}, headers=ORIGIN).text == (
        "done a"
    )
    with_header = {**ORIGIN, "X-CSRF-Token": token}
    assert client.post("/act", headers=with_header, data={"text": "b"}).text == "done b"
    assert client.request("DELETE", "/act", headers=with_header).status_code == 200
    for wrong in ("", "x", token[:-1], token + "x", token.upper(), "\u00e9"):
        refused = client.post("/act", data={"csrf_token": wrong}, headers=ORIGIN)
        assert refused.status_code == 403, wrong
    assert client.post("/act", headers=ORIGIN).status_code == 403
    assert client.request("DELETE", "/act", headers=ORIGIN).status_code == 403
    assert client.post(f"/act?csrf_token={token}", headers=ORIGIN).status_code == 403
    files = {"csrf_token": ("token.txt", token)}
    assert client.post("/act", files=files, headers=ORIGIN).status_code == 403


def test_the_token_of_another_session_is_wrong(client: Web, office: Office) -> None:
    token = come_in_fully(client, office, "li", OPERATOR)
    come_in_fully(client, office, "wang", OPERATOR)
    assert client.post("/act", data={"csrf_token": token}, headers=ORIGIN).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_form_of_another_site_is_refused(
    client: Web, office: Office, headers: dict[str, str]
) -> None:
    token = come_in_fully(client, office, "wang", OPERATOR)
    answer = client.post("/act", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403
    assert "Another site sent this form" in answer.text
    assert "其他网站" in answer.text
    assert client.post("/anybody", headers=headers).status_code == 403


def test_a_cookie_is_worth_nothing_after_the_session(client: Web, office: Office) -> None:
    token = come_in_fully(client, office, "wang", OPERATOR)
    office.accounts.store.log_out("wang")
    assert client.get("/mine").status_code == 303
    answer = client.post("/act", data={"csrf_token": token}, headers=ORIGIN)
    assert answer.status_code == 303
    assert client.get("/anybody").text == "nobody"


def test_a_screen_shows_and_never_acts(client: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", OPERATOR))
    store = office.accounts.store
    store.add("wall", [VIEWER, OPERATOR], "zh", Kind.SCREEN)
    account = store.find("wall")
    token = office.accounts.sessions.begin(account.id, "", "")
    client.cookies.set("callpoint-session", token)
    mine = client.get("/mine").json()
    assert (mine["login"], mine["grants"]) == ("wall", [["viewer", ""]])
    answer = client.post("/act", data={"csrf_token": mine["csrf"]}, headers=ORIGIN)
    assert answer.status_code == 403
    assert "done" not in answer.text
    assert (
        client.post("/mine", data={"csrf_token": mine["csrf"]}, headers=ORIGIN).status_code == 403
    )


@pytest.mark.parametrize("path", ["/act", "/anybody"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large(client: Web, office: Office, path: str, announced: bool) -> None:
    token = come_in_fully(client, office, "wang", OPERATOR)
    text = f"csrf_token={token}&text={'x' * 70_000}".encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(text), 1000):
            yield text[start : start + 1000]

    headers = {**ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    content = text if announced else pieces()
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code == 413
    assert "64 KiB" in answer.text
    assert client.get("/mine").status_code == 200


def test_an_upload_has_a_bound_of_its_own(client: Web, office: Office) -> None:
    token = come_in_fully(client, office, "wang", OPERATOR)
    data = {"csrf_token": token}
    small = client.post("/upload", data=data, files={"plan": b"x" * 150_000}, headers=ORIGIN)
    assert small.text == "stored"
    large = client.post("/upload", data=data, files={"plan": b"x" * 250_000}, headers=ORIGIN)
    assert large.status_code == 413
    two = [("plan", ("a", b"x")), ("plan", ("b", b"x"))]
    assert client.post("/upload", data=data, files=two, headers=ORIGIN).status_code == 400


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: nonsense\r\n\r\n"),
        ("application/x-www-form-urlencoded", b"=&" * 1000),
        ("application/x-www-form-urlencoded", b"a=%ff%fe&csrf_token=\xff"),
        ("application/json", b"{}"),
        ("nonsense\x00", b"\x00" * 100),
    ],
)
def test_a_body_that_is_no_form(client: Web, office: Office, kind: str, content: bytes) -> None:
    come_in_fully(client, office, "wang", OPERATOR)
    answer = client.post("/act", content=content, headers={**ORIGIN, "Content-Type": kind})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("path", ["/anybody", "/mine", "/act", "/missing", "/stream"])
def test_every_answer_has_the_headers(client: Web, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_a_request_for_another_address(client: Web) -> None:
    answer = client.get("/anybody", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "public_url" in answer.text
    assert answer.headers["content-security-policy"]


def test_an_endpoint_that_declares_nothing_is_refused() -> None:
    async def open_to_all(request: Request) -> Response:
        return PlainTextResponse("x")

    async def socket(websocket: object) -> None:
        return None

    check_declared(ROUTES)
    check_declared([Mount("/static", StaticFiles(directory="/")), Mount("/a", routes=ROUTES)])
    with pytest.raises(TypeError, match="/open"):
        check_declared([*ROUTES, Route("/open", open_to_all)])
    with pytest.raises(TypeError, match="/open"):
        check_declared([Mount("/a", routes=[Route("/open", open_to_all)])])
    with pytest.raises(TypeError, match="no route that can declare"):
        check_declared([WebSocketRoute("/socket", socket)])
