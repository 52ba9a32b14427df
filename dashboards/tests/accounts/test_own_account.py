"""What people change of their own account on its pages: password, sessions, second factor."""

import asyncio
import re
from collections.abc import Callable

from .office import OPERATOR, PASSWORD, VIEWER, Office
from .steps import ORIGIN, OTHER, alert, sign_in, sign_in_fully
from .web import Web


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
