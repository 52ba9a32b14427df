"""The pages of accounts, as people use them: in both languages, with a keyboard only."""

import asyncio
import re
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.routes import ROUTES
from callpoint_console.security.endpoints import check_declared, signed_in
from callpoint_console.security.middleware import Security
from callpoint_gateway.control.roles import Role

from .office import ADMIN, OPERATOR, PASSWORD, VIEWER, Office
from .web import HERE, Web

ORIGIN = {"Origin": HERE}
OTHER = "eight loud herons"


@signed_in()
async def home(request: Request) -> Response:
    return PlainTextResponse(f"home of {request.state.account.login}")


@pytest.fixture
def open_browser(office: Office) -> Callable[[], Web]:
    routes = [*ROUTES, Route("/", home), Route("/wall", home)]
    check_declared(routes)
    settings = office.accounts.settings
    app = Starlette(routes=routes, middleware=[Middleware(Security, settings=settings)])
    app.state.accounts = office.accounts
    return lambda: Web(app)


@pytest.fixture
def web(open_browser: Callable[[], Web]) -> Web:
    return open_browser()


def sign_in(web: Web, login: str, password: str = PASSWORD, to: str = "") -> str:
    """Type login name and password; return where that leads, or what the page says."""
    answer = web.submit("/login", f"/login?next={to}", login=login, password=password, next=to)
    return answer.headers["location"] if answer.status_code == 303 else alert(answer.text)


def alert(text: str) -> str:
    found = re.search(r'class="said-here" role="alert">(.*?)<', text, re.S)
    return found[1] if found else ""


def sign_in_fully(web: Web, office: Office, login: str, secret: str | None) -> None:
    assert secret
    assert sign_in(web, login) == "/"
    answer = web.submit("/second-factor", code=office.code(secret))
    assert answer.headers["location"] == "/"
    office.clock.advance(30)


def admin(web: Web, office: Office) -> None:
    sign_in_fully(web, office, "boss", asyncio.run(office.hire("boss", ADMIN, factor=True)))


def test_a_console_without_an_account_says_the_one_line_to_type(web: Web, office: Office) -> None:
    assert web.get("/").headers["location"] == "/login?next=/"
    shown = web.get("/login").text
    assert "callpoint user add admin --role admin" in shown
    assert 'name="password"' not in shown
    office.accounts.store.add("boss", [ADMIN], "en")
    assert 'name="password"' in web.get("/login").text


def test_from_the_link_to_the_desk(web: Web, office: Office) -> None:
    link = office.accounts.store.add("wang", [OPERATOR], "en")
    for _ in range(3):  # opening it, as messengers do, uses nothing up
        assert "wang" in web.get(f"/welcome/{link}").text
    short = web.submit(f"/welcome/{link}", new="short", again="short")
    assert alert(short.text) == "It is too short."
    differ = web.submit(f"/welcome/{link}", new=PASSWORD, again=OTHER)
    assert alert(differ.text) == "The two are not the same."
    common = web.submit(f"/welcome/{link}", new="password1234", again="password1234")
    assert alert(common.text).startswith("Everybody tries this one first")
    done = web.submit(f"/welcome/{link}", new=PASSWORD, again=PASSWORD)
    assert done.headers["location"] == "/"
    assert web.get("/").headers["location"] == "/second-factor/set-up?next=/"
    assert web.get(f"/welcome/{link}").status_code == 410
    shown = web.get("/second-factor/set-up?next=/").text
    assert "<svg" in shown
    assert "style=" not in shown
    found = re.search(r"Key: ([A-Z2-7 ]+)", shown)
    assert found
    wrong = web.submit("/second-factor/set-up", code="000000")
    assert alert(wrong.text).startswith("The code is wrong")
    codes = web.submit("/second-factor/set-up", code=office.code(found[1].replace(" ", "")))
    listed = re.findall(r"<code>(.{19})</code>", codes.text)
    assert len(listed) == 10
    assert web.get("/").text == "home of wang"
    # Next time the recovery code does instead of the telephone, once.
    web.submit("/logout", "/account")
    assert sign_in(web, "wang") == "/"
    assert web.submit("/second-factor", code=listed[0]).headers["location"] == "/"
    assert web.get("/").text == "home of wang"
    web.submit("/logout", "/account")
    sign_in(web, "wang")
    assert web.submit("/second-factor", code=listed[0]).status_code == 403


def test_a_one_time_link_speaks_the_language_of_its_account(
    open_browser: Callable[[], Web], office: Office
) -> None:
    for login, language, said in (("li", "zh", "密码"), ("ann", "en", "password")):
        token = office.accounts.store.add(login, [VIEWER], language)
        other = "en" if language == "zh" else "zh"
        browser = open_browser()
        headers = {"Accept-Language": other}
        shown = browser.get(f"/welcome/{token}", headers=headers)
        assert said in shown.text.casefold()
        assert shown.headers["content-language"].startswith(language)
        browser.cookies["language"] = other
        shown = browser.get(f"/welcome/{token}", headers=headers)
        assert shown.headers["content-language"].startswith(other), "the switch counts"


def test_wrong_and_unknown_say_the_same(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    asyncio.run(office.hire("gone", VIEWER))
    asyncio.run(office.hire("boss", ADMIN))
    office.accounts.store.disable("gone", disabled=True)
    office.accounts.store.add("new", [VIEWER], "zh")
    answers = set()
    for login in ("wang", "none", "gone", "new1", "new"):
        password = "a wrong password" if login == "wang" else PASSWORD
        answer = web.submit("/login", login=login, password=password)
        shown = answer.text.replace(f'value="{login}"', 'value=""')
        answers.add((answer.status_code, shown, tuple(sorted(answer.headers.items()))))
        assert not web.cookies
    assert len({(status, text) for status, text, _ in answers}) == 1
    assert alert(answers.pop()[1]) == "Login name or password is wrong."


def test_guessing_is_told_to_wait(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    said = [sign_in(web, "wang", f"guess number {n}") for n in range(7)]
    assert said[-1] == "Too many tries; try again in 1 s."
    assert web.submit("/login", login="wang", password=PASSWORD).status_code == 429


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_link_leads_elsewhere_after_signing_in(web: Web, office: Office, to: str) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    assert sign_in(web, "wang", to=to) == "/"
    assert web.get(f"/login?next={to}").headers["location"] == "/"


def test_a_link_leads_back_to_its_page_through_the_second_factor(web: Web, office: Office) -> None:
    secret = asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert secret
    to = sign_in(web, "wang", to="/wall")
    assert to == "/wall"
    step = web.get(to).headers["location"]
    assert step == "/second-factor?next=/wall"
    answer = web.submit("/second-factor", step, code=office.code(secret), next="/wall")
    assert answer.headers["location"] == "/wall"


def test_nothing_that_is_typed_gets_into_a_header(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    to = "/wall\r\nSet-Cookie: a=b"
    answer = web.submit("/login", login="wang", password=PASSWORD, next=to)
    assert answer.headers["location"] == "/"
    assert "a" not in web.cookies
    answer = web.get("/account?x=%0d%0aSet-Cookie:%20a=b")
    assert "a" not in web.cookies
    web.cookies.clear()
    answer = web.get("/account?x=%0d%0aSet-Cookie:%20a=b")
    assert "\n" not in answer.headers["location"]
    assert "a" not in web.cookies


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "<b>wang", "{{ 777 * 111 }}", "'--"]
)
def test_html_in_what_is_typed_is_shown_as_text(web: Web, office: Office, text: str) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    for path, fields in (
        ("/login", {"login": text, "password": text, "next": text}),
        ("/login", {"login": "wang", "password": text, "next": f"/{text}"}),
    ):
        shown = web.submit(path, **fields).text
        assert "<script>alert" not in shown
        assert "<b>" not in shown
        assert "86247" not in shown
    admin(web, office)
    for fields in (
        {"login": text, "roles": "viewer"},
        {"login": "li", "roles": text},
        {"login": "li", "roles": f"viewer@{text}"},
    ):
        shown = web.submit("/accounts", kind="person", language="en", **fields).text
        assert "<script>alert" not in shown
        assert "<b>wang" not in shown
    office.accounts.looks.record_look(text, text, text, why=text)
    shown = web.get("/looks").text
    assert "<script>alert" not in shown
    assert "<b>wang" not in shown


def test_a_browser_that_calls_itself_html(web: Web, office: Office) -> None:
    web.headers["User-Agent"] = "<script>alert(1)</script>" + "x" * 10_000
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    shown = web.get("/account").text
    assert "<script>alert" not in shown
    assert "x" * 200 not in shown


def test_the_cookies_are_closed_to_scripts_and_other_sites(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    answer = web.submit("/login", login="wang", password=PASSWORD)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "Secure" not in cookie  # there is no TLS on loopback
    assert "Max-Age" not in cookies[0]


def test_each_sign_in_has_another_cookie_and_ends_the_one_before(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    first = web.cookies["callpoint-session"]
    web.post("/login", data={"login": "wang", "password": PASSWORD}, headers=ORIGIN)
    assert web.cookies["callpoint-session"] != first
    web.cookies.set("callpoint-session", first, domain="127.0.0.1")
    assert web.get("/").status_code == 303


def test_a_cookie_of_a_stranger_is_not_taken_over(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    web.cookies.set("callpoint-session", "chosen-by-a-stranger", domain="127.0.0.1")
    sign_in(web, "wang")
    stranger = Web(web.app)
    stranger.cookies.set("callpoint-session", "chosen-by-a-stranger", domain="127.0.0.1")
    assert stranger.get("/").status_code == 303


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    stolen = web.cookies["callpoint-session"]
    answer = web.submit("/logout", "/account")
    assert answer.headers["location"] == "/login"
    assert "callpoint-session" not in web.cookies
    web.cookies.set("callpoint-session", stolen, domain="127.0.0.1")
    assert web.get("/").headers["location"] == "/login?next=/"


def test_a_password_is_changed_with_the_present_one(
    web: Web, open_browser: Callable[[], Web], office: Office
) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    elsewhere = open_browser()
    sign_in(elsewhere, "wang")
    sign_in(web, "wang")

    def change(old: str, new: str, again: str = "") -> str:
        answer = web.submit("/password", old=old, new=new, again=again or new)
        return answer.headers.get("location") or alert(answer.text)

    assert change("wrong", OTHER) == "The present password is wrong."
    assert change(PASSWORD, PASSWORD) == "It is the present one."
    assert change(PASSWORD, OTHER, PASSWORD) == "The two are not the same."
    assert change(PASSWORD, "wang 2026 wang") == "Your login name makes up most of it."
    before = web.cookies["callpoint-session"]
    assert change(PASSWORD, OTHER) == "/"
    assert web.cookies["callpoint-session"] != before
    assert web.get("/").text == "home of wang"
    assert elsewhere.get("/").status_code == 303
    assert sign_in(elsewhere, "wang", PASSWORD) == "Login name or password is wrong."
    assert sign_in(elsewhere, "wang", OTHER) == "/"


def test_guessing_the_present_password_is_slow(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    for number in range(6):
        last = web.submit("/password", old=f"guess {number}", new=OTHER, again=OTHER)
    last = web.submit("/password", old=PASSWORD, new=OTHER, again=OTHER)
    assert alert(last.text).startswith("Too many tries")


def test_everybody_sees_and_ends_their_own_sessions(
    web: Web, open_browser: Callable[[], Web], office: Office
) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    asyncio.run(office.hire("li", VIEWER))
    phone, other = open_browser(), open_browser()
    phone.headers["User-Agent"] = "Chrome on the phone"
    sign_in(phone, "wang")
    sign_in(other, "li")
    sign_in(web, "wang")
    shown = web.get("/account").text
    assert "Chrome on the phone" in shown
    assert "192.0.2.7" in shown
    assert shown.count("this browser") == 1
    theirs = office.accounts.sessions.of(office.accounts.store.find("li").id)[0].number
    web.submit("/account/sessions", "/account", end=str(theirs))
    assert other.get("/").status_code == 200
    for nonsense in ("", "x", "-1", "9" * 40, "１"):
        assert web.submit("/account/sessions", "/account", end=nonsense).status_code == 303
    (number,) = re.findall(r'name="end" value="(\d+)"', shown)
    web.submit("/account/sessions", "/account", end=number)
    assert phone.get("/").status_code == 303
    assert web.get("/").status_code == 200
    sign_in(phone, "wang")
    web.submit("/account/sessions", "/account", end="others")
    assert phone.get("/").status_code == 303
    assert web.get("/").status_code == 200


def test_a_session_that_ends_in_the_middle_of_a_form(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', web.get("/password").text)[0]
    office.accounts.store.log_out("wang")
    fields = {"csrf_token": token, "old": PASSWORD, "new": OTHER, "again": OTHER}
    answer = web.post("/password", data=fields, headers=ORIGIN)
    assert answer.headers["location"].startswith("/login")
    assert sign_in(web, "wang", OTHER) == "Login name or password is wrong."
    assert sign_in(web, "wang") == "/"


def test_the_second_factor_is_set_up_anew_with_a_code(web: Web, office: Office) -> None:
    secret = asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert secret
    sign_in_fully(web, office, "wang", secret)
    refused = web.submit("/account/second-factor", "/account", code="000000", do="anew")
    assert refused.status_code == 403
    assert office.accounts.store.find("wang").factor
    codes = web.submit("/account/second-factor", "/account", code=office.code(secret), do="codes")
    assert len(re.findall(r"<code>(.{19})</code>", codes.text)) == 10
    office.clock.advance(30)
    anew = web.submit("/account/second-factor", "/account", code=office.code(secret), do="anew")
    assert anew.headers["location"] == "/second-factor/set-up"
    assert web.get("/").headers["location"] == "/second-factor/set-up?next=/"
    assert secret[:4] not in web.get("/second-factor/set-up").text


def test_a_viewer_may_have_a_second_factor_too(web: Web, office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    sign_in(web, "wang")
    assert "/second-factor/set-up" in web.get("/account").text
    found = re.search(r"Key: ([A-Z2-7 ]+)", web.get("/second-factor/set-up").text)
    assert found
    web.submit("/second-factor/set-up", code=office.code(found[1].replace(" ", "")))
    assert web.get("/").status_code == 200
    web.submit("/logout", "/account")
    sign_in(web, "wang")
    assert web.get("/").headers["location"] == "/second-factor?next=/"


def test_a_screen_is_opened_once_and_shows_only(
    web: Web, open_browser: Callable[[], Web], office: Office
) -> None:
    asyncio.run(office.hire("boss", ADMIN))
    link = office.accounts.store.add("wall-1", [VIEWER], "zh", Kind.SCREEN)
    for _ in range(3):
        assert "wall-1" in web.get(f"/screen/{link}").text
    assert web.get(f"/welcome/{link}").status_code == 410
    answer = web.submit(f"/screen/{link}")
    assert answer.headers["location"] == "/wall"
    assert "Max-Age=34560000" in answer.headers["set-cookie"]
    assert web.get("/wall").text == "home of wall-1"
    other = open_browser()
    assert other.get(f"/screen/{link}").status_code == 410
    assert web.get("/accounts").status_code == 403
    assert web.get("/password").status_code == 403
    token = re.findall(r'name="csrf_token" value="([^"]+)"', web.get("/account").text)[0]
    for path in ("/account/sessions", "/logout", "/password"):
        answer = web.post(path, data={"csrf_token": token, "end": "others"}, headers=ORIGIN)
        assert answer.status_code == 403, path
    office.accounts.store.disable("wall-1", disabled=True)
    assert web.get("/wall").status_code == 303
    assert sign_in(web, "wall-1") == "Login name or password is wrong."


def test_the_admin_adds_changes_and_ends_accounts(
    web: Web, open_browser: Callable[[], Web], office: Office
) -> None:
    admin(web, office)

    def add(**fields: str) -> str:
        answer = web.submit("/accounts", **{"kind": "person", "language": "en", **fields})
        return alert(answer.text) or answer.text

    assert add(login="1", roles="viewer").startswith("A login name has 1 to 32")
    assert add(login="wang", roles="boss").startswith("&#39;boss&#39; is no role")
    assert add(login="wang", roles=" , ") == "Give at least one role."
    assert add(login="wang", roles="viewer@b9").startswith("The register has no place")
    assert add(login="tv", roles="operator", kind="screen").startswith("A screen is a viewer")
    assert add(login="boss", roles="viewer") == "There is an account boss already."
    shown = add(login="Wang", roles="manager@b3， viewer")
    found = re.search(r"<code>http://127\.0\.0\.1:8480(/welcome/[\w-]{43})</code>", shown)
    assert found
    assert office.accounts.store.find("wang").grants == (
        Grant(Role.MANAGER, "b3"),
        Grant(Role.VIEWER),
    )
    person = open_browser()
    assert person.submit(found[1], new=PASSWORD, again=PASSWORD).status_code == 303
    assert person.get("/").text == "home of wang"
    assert person.get("/accounts").status_code == 403

    def change(do: str, login: str = "wang", **fields: str) -> str:
        answer = web.submit(f"/accounts/{login}", "/accounts", do=do, **fields)
        return alert(answer.text) or answer.text

    assert "manager@b3, viewer" in web.get("/accounts").text
    change("roles", roles="值机员＠b3、 物业经理")
    assert set(office.accounts.store.find("wang").grants) == {
        Grant(Role.OPERATOR, "b3"),
        Grant(Role.MANAGER),
    }
    office.accounts.store.set_language(office.accounts.store.find("boss").id, "zh")
    shown = web.get("/accounts").text
    assert "值机员@b3" in shown
    assert "operator@b3" not in shown
    office.accounts.store.set_language(office.accounts.store.find("boss").id, "en")
    change("roles", roles="viewer")
    assert office.accounts.store.find("wang").grants == (VIEWER,)
    assert person.get("/").status_code == 303
    sign_in(person, "wang")
    change("log-out")
    assert person.get("/").status_code == 303
    change("disable")
    assert "disabled" in web.get("/accounts").text
    assert sign_in(person, "wang") == "Login name or password is wrong."
    change("enable")
    assert sign_in(person, "wang") == "/"
    assert re.search(r"/welcome/[\w-]{43}<", change("link"))
    assert person.get("/").status_code == 303
    assert "/screen/" in add(login="tv", roles="viewer@b3", kind="screen")
    assert change("disable", "boss").startswith("Nobody could manage accounts")
    assert change("roles", "boss", roles="viewer").startswith("Nobody could manage accounts")
    assert change("disable", "nobody") == "There is no account nobody."
    assert change("nonsense")


def test_an_admin_of_one_building_manages_no_accounts(web: Web, office: Office) -> None:
    secret = asyncio.run(office.hire("wang", Grant(Role.ADMIN, "b3"), factor=True))
    sign_in_fully(web, office, "wang", secret)
    assert web.get("/accounts").status_code == 403
    assert web.get("/looks").status_code == 403


def test_a_lost_telephone_is_taken_out_by_the_admin(web: Web, office: Office) -> None:
    admin(web, office)
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    shown = web.submit("/accounts/wang", "/accounts", do="link-and-factor").text
    assert "/welcome/" in shown
    assert not office.accounts.store.find("wang").factor


def test_the_admin_reads_who_looked(web: Web, office: Office) -> None:
    admin(web, office)
    assert "Nobody has looked" in web.get("/looks").text
    looks = office.accounts.looks
    for number in range(150):
        looks.record_look("wang", "household", "b3", alarm=number)
    looks.record_look("li", "export", "", persons=80, why="yearly letter")
    first = web.get("/looks").text
    assert "yearly letter" in first
    assert "alarm 149" in first
    assert "alarm 20" not in first
    older = re.findall(r'href="(/looks\?[^"]+)"', first)[0].replace("&amp;", "&")
    assert "alarm 20" in web.get(older).text
    by = web.get("/looks?by=li").text
    assert "yearly letter" in by
    assert "alarm" not in re.sub(r"<head>.*</head>", "", by, flags=re.S).split("<table")[1]
    assert web.get("/looks?before=x&by=%00&place=%27").status_code == 200


@pytest.mark.parametrize(
    ("path", "text"),
    [("/login", "登录名"), ("/account", "我的账号"), ("/password", "修改密码")],
)
def test_the_pages_speak_chinese(web: Web, office: Office, path: str, text: str) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    if path != "/login":
        sign_in(web, "wang")
        office.accounts.store.set_language(office.accounts.store.find("wang").id, "zh")
    assert text in web.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text


def test_over_tls_cookies_are_bound_to_this_host(office: Office) -> None:
    app = Starlette(routes=[*ROUTES, Route("/", home)])
    app.state.accounts = office.accounts
    asyncio.run(office.hire("wang", VIEWER))
    web = Web(app, "https://127.0.0.1")
    answer = web.submit("/login", login="wang", password=PASSWORD)
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-callpoint-")
        assert "Secure" in cookie
    assert web.get("/").text == "home of wang"
