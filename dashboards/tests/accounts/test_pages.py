"""Signing in on the pages, in both languages: links, what is typed, cookies, sessions."""

import asyncio
import re
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from callpoint_console.accounts.routes import ROUTES
from callpoint_console.rendering import Frame

from .office import ADMIN, OPERATOR, PASSWORD, VIEWER, Office
from .steps import ORIGIN, OTHER, admin, alert, home, sign_in
from .web import Web


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
    app.state.frame = Frame()
    asyncio.run(office.hire("wang", VIEWER))
    web = Web(app, "https://127.0.0.1")
    answer = web.submit("/login", login="wang", password=PASSWORD)
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-callpoint-")
        assert "Secure" in cookie
    assert web.get("/").text == "home of wang"
