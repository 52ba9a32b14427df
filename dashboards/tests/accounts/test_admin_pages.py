"""The pages on which an admin manages accounts and screens, and reads who has looked."""

import asyncio
import re
from collections.abc import Callable

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_gateway.control.roles import Role

from .office import ADMIN, OPERATOR, PASSWORD, VIEWER, Office
from .steps import ORIGIN, admin, alert, sign_in, sign_in_fully
from .web import Web


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
