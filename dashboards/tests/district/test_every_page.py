"""Every page over all sites with every role, for all or an area: one table says who may."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from starlette.routing import Route

from callpoint_console.accounts.roles import Grant
from callpoint_district.console import grid_pages
from callpoint_gateway.control.roles import DESK, LEADERS, Role
from callpoint_gateway.journal.entries import Action

from .shown_district import Person, ShownDistrict
from .written_district import CITY, GONGSHU, XIHU, WrittenDistrict

ANY: Final = frozenset(Role)
LEADING: Final = frozenset({Role.SUPERVISOR})
PLANNING: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
#: Who may open what. A new page needs a line here, written by whoever thought about it.
TABLE: Final[dict[str, frozenset[Role]]] = {
    "/": ANY,
    "/area": ANY,
    "/wall": ANY,
    "/operator": DESK,
    "/copied/{code}/{number:int}": DESK,
    "/forgotten/{code}/{epoch}/{number:int}": DESK,
    "/forgotten/{code}/{epoch}/{number:int}/close": DESK,
    "/live/{page}": ANY,
    "/strip": ANY,
    "/gateways": ANY,
    "/map": ANY,
    "/reports": ANY,
    "/reports/{month}": ANY,
    "/situation": ANY,
    "/levels": DESK,
    "/levels/begin": LEADING,
    "/levels/{number:int}/end": LEADING,
    "/plans": ANY,
    "/plans/edit": PLANNING,
    "/plans/give": PLANNING,
}
VALUES: Final = {
    "{code}": "g1",
    "{epoch}": "0" * 15,
    "{number:int}": "1",
    "{page}": "no-such-page",
}
OWN: Final = f"{CITY} / {XIHU}"


@pytest.fixture
def shown(tmp_path: Path, district: WrittenDistrict) -> Iterator[ShownDistrict]:
    """Return a district with two sites, each with an open alarm."""
    district.site("g1", [(CITY, XIHU, "Beishan", "Garden", "3", "101")])
    district.site("g2", [(CITY, GONGSHU, "Mishi", "Bridge", "1", "2")])
    district.event("g1")
    district.event("g2")
    found = ShownDistrict(tmp_path / "console", district)
    yield found
    found.close()


def path_of(route: Route) -> str:
    path = route.path
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return path


async def opened(person: Person, route: Route) -> int:
    """Open a page, or send an empty form; return the status."""
    path = path_of(route)
    if "POST" in (route.methods or ()):
        return (await person.form(path)).status_code
    return (await person.open(path)).status_code


def test_the_table_has_every_page_and_no_other() -> None:
    assert {route.path for route in grid_pages.ROUTES} == TABLE.keys()
    assert LEADERS >= LEADING


def test_every_page_opens_for_its_roles_only(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            for role in Role:
                for place in ("", OWN):
                    name = f"{role.value}-{'area' if place else 'all'}"
                    person = shown.person(name, Grant(role, place))
                    for route in grid_pages.ROUTES:
                        if route.path in ("/reports/{month}", "/situation"):
                            continue  # in a test of their own
                        status = await opened(person, route)
                        assert status < 500, (route.path, role)
                        refused = status == 403
                        assert refused == (role not in TABLE[route.path]), (route.path, role)

    asyncio.run(run())


def test_nobody_opens_a_page_without_signing_in(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            stranger = Person(shown.app, "", "")
            for route in grid_pages.ROUTES:
                assert await opened(stranger, route) == 303, route.path

    asyncio.run(run())


def test_somebody_of_an_area_sees_nothing_of_another(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.OPERATOR))
            await chief.until("/", "2 of 2 sites heard")
            person = shown.person("li", Grant(Role.OPERATOR, OWN), Grant(Role.SUPERVISOR, OWN))
            for path in ("/", "/wall", "/operator", "/gateways", "/map", "/levels", "/situation"):
                answer = await person.open(path)
                assert answer.status_code == 200
                assert "Garden" in answer.text or path == "/situation", path
                for foreign in (GONGSHU, "Bridge", "g2"):
                    assert foreign not in answer.text, (path, foreign)
            area = f"?at={CITY}&at={GONGSHU}"
            month = (await chief.open("/reports")).headers["location"]
            assert GONGSHU in (await chief.open(month + area)).text
            for path in (month, "/situation"):
                assert (await person.open(path + area)).status_code == 403
                assert (await person.open(f"{path}?at={CITY}")).status_code == 403
                own = await person.open(path)
                assert own.status_code == 200
                assert GONGSHU not in own.text
            began = await person.form(
                "/levels/begin", area=f"{CITY} / {GONGSHU}", level="4", hours="1", reason="storm"
            )
            assert began.status_code == 409
            assert began.text == "Choose an area of the list."

    asyncio.run(run())


def test_a_month_is_a_table_of_the_areas(shown: ShownDistrict, district: WrittenDistrict) -> None:
    for action in (Action.ACKNOWLEDGE, Action.DISPATCH, Action.ARRIVE):
        district.act("g1", 1, action)

    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.MANAGER))
            month = (await chief.open("/reports")).headers["location"]
            page = (await chief.open(month)).text
            # Of a single city its districts.
            assert f">{CITY} / {XIHU}</a>" in page
            table = list(csv.DictReader((await chief.open(f"{month}.csv")).text.splitlines()))
            assert [(row["area"], row["alarms"]) for row in table] == [
                ("", "2"),
                (f"{CITY} / {GONGSHU}", "1"),
                (f"{CITY} / {XIHU}", "1"),
            ]
            assert [row["arrived_in_time"] for row in table] == ["1.0", "", "1.0"]
            found = (await chief.open(f"{month}.json")).json()
            assert found["figures"]["whole"]["arrived_in_time"] == 1.0
            assert (await chief.open(f"{month}.exe")).status_code == 404
            for unkept in ("2999-01", "1970-01"):
                wrong = await chief.open(f"/reports/{unkept}")
                assert (wrong.status_code, unkept in wrong.text) == (404, True)
            assert "Earlier month" not in page  # nothing was kept then
            with district.database.transaction() as connection:
                connection.execute("UPDATE epochs SET began_ms = 1")
            assert "2026-02-01 to 2026-02-28" in (await chief.open("/reports/2026-02")).text
            assert "panic" in (await chief.open(f"/situation?at={CITY}")).text

    asyncio.run(run())


def test_a_nul_in_an_address_means_nothing_and_is_no_fault_of_the_database(
    shown: ShownDistrict,
) -> None:
    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.OPERATOR))
            await chief.until("/", "2 of 2 sites heard")
            month = (await chief.open("/reports")).headers["location"]
            for path in ("/area", "/gateways", month, "/situation"):
                assert (await chief.open(f"{path}?at=%00")).status_code == 200, path
            for path in ("/sites/%00/", "/copied/%00/1", "/forgotten/%00/%00/1"):
                assert (await chief.open(path)).status_code == 404, path

    asyncio.run(run())


def test_a_level_of_an_area_shows_who_has_not_confirmed_it(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.SUPERVISOR), Grant(Role.OPERATOR))
            await chief.until("/", "2 of 2 sites heard")
            area = f"{CITY} / {XIHU}"
            began = await chief.form(
                "/levels/begin", area=area, level="2", hours="2", reason="storm"
            )
            assert began.status_code == 204
            page = (await chief.open("/levels")).text
            assert "0 of 1" in page
            assert "Garden: has not confirmed yet" in page
            assert "chief" in page
            await chief.until("/strip", area)
            number = page.partition('hx-post="/levels/')[2].partition("/")[0]
            assert (await chief.form(f"/levels/{number}/end")).status_code == 204
            assert "No level is in force" in (await chief.open("/levels")).text

    asyncio.run(run())


def test_levels_and_plans_of_another_area_are_shown_to_nobody_else(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.SUPERVISOR), Grant(Role.OPERATOR))
            await chief.until("/", "2 of 2 sites heard")
            step = {"order": "1", "id": "call", "action": "", "en": "Call 119", "zh": "拨打 119"}
            for area in (CITY, f"{CITY} / {GONGSHU}"):
                level = {"area": area, "level": "2", "hours": "2", "reason": f"storm in {area}"}
                assert (await chief.form("/levels/begin", **level)).status_code == 204
                key = {"area": area, "kind": "smoke", "profile": ""}
                assert (await chief.form("/plans/give", **key, **step)).status_code == 303
            await chief.until("/strip", GONGSHU)
            for place, sees in ((OWN, "Garden"), ("site:g1", "Garden"), ("site:g2", "Bridge")):
                own = shown.person(place, Grant(Role.OPERATOR, place))
                foreign = {"Garden": ("Bridge", GONGSHU), "Bridge": ("Garden", XIHU)}[sees]
                for path in ("/levels", "/plans", "/strip"):
                    page = (await own.open(path)).text
                    assert CITY in page, path
                    assert sees in page or path == "/strip", path
                    for name in foreign:
                        assert name not in page, (path, place)
                assert "0 of 1" in (await own.open("/levels")).text

    asyncio.run(run())


def test_a_plan_of_an_area_is_written_from_the_shipped_one_and_taken_back(
    shown: ShownDistrict,
) -> None:
    key = {"area": OWN, "kind": "smoke", "profile": ""}

    async def run() -> None:
        async with shown.running():
            chief = shown.person("chief", Grant(Role.SUPERVISOR, OWN))
            await chief.until("/", "1 of 1 sites heard")
            form = (await chief.open(f"/plans/edit?area={quote(OWN)}&kind=smoke&profile=")).text
            assert "fire brigade" in form
            wrong = await chief.form("/plans/give", **key, order="1", id="call", en="Call", zh="")
            assert wrong.status_code == 409
            steps = {"order": "1", "id": "call", "action": "", "en": "Call 119", "zh": "拨打 119"}
            gave = await chief.form("/plans/give", **key, **steps, do="give")
            assert gave.status_code == 303
            page = (await chief.open("/plans")).text
            assert "Call 119" in page
            assert "0 of 1" in page
            elsewhere = await chief.form("/plans/give", **{**key, "area": CITY}, **steps)
            assert elsewhere.status_code == 404
            assert (await chief.form("/plans/give", **key, do="remove")).status_code == 303
            assert "No area has an action plan" in (await chief.open("/plans")).text

    asyncio.run(run())


def test_a_forgotten_alarm_is_closed_at_the_district(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    with district.database.transaction() as connection:
        connection.execute("UPDATE alarms SET forgotten = true WHERE gateway = 'g1'")
        epoch = connection.execute("SELECT epoch FROM alarms WHERE gateway = 'g1'").fetchall()[0][
            0
        ]
    path = f"/forgotten/g1/{epoch}/1"

    async def run() -> None:
        async with shown.running():
            person = shown.person("li", Grant(Role.OPERATOR, OWN))
            page = await person.until("/operator", f'data-card-at="{path}"')
            assert "no longer at the site" in page
            card = (await person.open(path)).text
            assert "was put back from a backup" in card
            assert "call 13912345678" not in card
            wrong = await person.form(f"{path}/close", cause="false", note="call 13912345678")
            assert wrong.status_code == 409
            closed = await person.form(f"{path}/close", cause="false", note="was at the door")
            assert closed.status_code == 204
            again = await person.form(f"{path}/close", cause="false")
            assert again.status_code in (404, 409)

    asyncio.run(run())
    with district.database.transaction() as connection:
        found = connection.execute(
            "SELECT handling, cause, convert_from(state, 'UTF8') FROM alarms WHERE gateway = 'g1'"
        ).fetchall()
    assert found[0][:2] == ("closed", "false")
    assert '"who":"li"' in found[0][2]
    assert Action.CLOSE.value in found[0][2]
