"""The duty rota on its page: the week, who is on duty now, changes within one's own places."""

import asyncio
import html
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callpoint_gateway.control.roles import Role
from callpoint_people.rota import DAYS, Shift
from callpoint_people.rota_store import RotaStore

from .people_site import BUILDING, NAME, Guest, PeopleSite

ALL_DAY = "00:00-00:00"
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


async def text_of(guest: Guest, path: str) -> str:
    shown = await guest.get(path)
    assert shown.status_code == 200, (path, shown.status_code)
    assert shown.headers["cache-control"] == "no-store"
    return html.unescape(shown.text)


def shifts(site: PeopleSite) -> list[Shift]:
    with site.store() as store:
        return RotaStore(store).shifts()


def test_a_shift_is_added_shown_and_removed(site: PeopleSite) -> None:
    leader = site.signed_in("s", Role.SUPERVISOR)
    form = {
        "do": "add",
        "member": f"guard||{site.ids['guard']}",
        "hours": ALL_DAY,
        "days": list(DAYS),
    }

    async def run() -> None:
        async with site.running():
            assert "No role has a rota" in await text_of(leader, "/rota")
            assert (await leader.post("/rota/change", data=form)).status_code == 303
            shown = await text_of(leader, "/rota")
            assert shown.partition("On duty now")[2].partition("<h2")[0].count("Night Guard") == 1
            week = shown.partition('class="rota"')[2].partition("</table>")[0]
            assert week.count("Night Guard") == 7
            assert NAME not in shown
            assert "First Keys" not in shown
            (shift,) = shifts(site)
            number = {"do": "remove", "number": str(shift.number)}
            assert (await leader.post("/rota/change", data=number)).status_code == 303
            assert (await leader.post("/rota/change", data=number)).status_code == 409

    asyncio.run(run())
    assert shifts(site) == []
    assert {(look.account, look.what) for look in site.looks()} == {("s", "rota")}


def test_a_rota_without_people_says_where_they_come_from(site: PeopleSite) -> None:
    leader = site.signed_in("s", Role.SUPERVISOR)
    hint = "an admin adds them on the page Contacts first"

    async def run() -> None:
        async with site.running():
            assert hint not in await text_of(leader, "/rota")
            with site.store() as store:
                for id in store.ids():
                    store.delete(id)
            assert hint in await text_of(leader, "/rota")

    asyncio.run(run())


def test_a_date_and_a_holiday_take_the_place_of_the_week(site: PeopleSite) -> None:
    leader = site.signed_in("s", Role.SUPERVISOR)
    member = f"guard||{site.ids['guard']}"

    async def run() -> None:
        async with site.running():
            weekly = {"do": "add", "member": member, "hours": "08:00-20:00", "days": list(DAYS)}
            await leader.post("/rota/change", data=weekly)
            off = {"do": "add", "member": "guard||", "hours": ALL_DAY, "on_date": str(TODAY)}
            assert (await leader.post("/rota/change", data=off)).status_code == 303
            shown = await text_of(leader, "/rota")
            week = shown.partition('class="rota"')[2].partition("</table>")[0]
            assert week.count("Night Guard") == 6
            assert re.search(r'class="today"><div class="shift">.*nobody.*only this day', week)
            later = TODAY + timedelta(days=7)
            special = {"do": "special", "date": str(later), "like": "holiday"}
            await leader.post("/rota/change", data=special)
            assert "like holiday" in await text_of(leader, f"/rota?week={later}")
            usual = special | {"like": ""}
            await leader.post("/rota/change", data=usual)
            assert "like holiday" not in await text_of(leader, f"/rota?week={later}")

    asyncio.run(run())


def test_what_is_refused_is_said(site: PeopleSite) -> None:
    leader = site.signed_in("s", Role.SUPERVISOR)
    good = {
        "do": "add",
        "member": f"guard||{site.ids['guard']}",
        "hours": ALL_DAY,
        "days": ["mon"],
    }
    wrong = {
        "hours are such as": {"hours": "late"},
        "days are mon": {"days": []},
        "a date is such as": {"on_date": "soon"},
        "give the role first": {"member": f"guard||{site.ids['worker']}"},
    }

    async def run() -> None:
        async with site.running():
            for said, changed in wrong.items():
                refused = await leader.post("/rota/change", data=good | changed)
                assert refused.status_code == 409
                assert said in html.unescape(refused.text)
            assert (await leader.get("/rota?week=never")).status_code == 200
            assert (await leader.get("/rota?week=0001-01-01")).status_code == 200

    asyncio.run(run())
    assert shifts(site) == []


def test_a_manager_changes_the_rota_of_the_own_places_only(site: PeopleSite) -> None:
    manager = site.signed_in("m", Role.MANAGER, BUILDING)
    other = site.signed_in("n", Role.MANAGER, "幸福小区 / 2")
    own = f"grid_worker|{BUILDING}|{site.ids['worker']}"
    site_wide = f"guard||{site.ids['guard']}"
    form = {"do": "add", "hours": ALL_DAY, "days": list(DAYS)}

    async def run() -> None:
        async with site.running():
            assert (
                await manager.post("/rota/change", data=form | {"member": own})
            ).status_code == 303
            for guest, member in ((manager, site_wide), (other, own), (other, site_wide)):
                refused = await guest.post("/rota/change", data=form | {"member": member})
                assert refused.status_code == 403
            (shift,) = shifts(site)
            number = {"do": "remove", "number": str(shift.number)}
            assert (await other.post("/rota/change", data=number)).status_code == 403
            special = {"do": "special", "date": "2026-10-01", "like": "holiday"}
            assert (await manager.post("/rota/change", data=special)).status_code == 403
            assert "Grid Worker" in await text_of(manager, "/rota")
            assert "Grid Worker" in await text_of(manager, "/rota/now")
            for path in ("/rota", "/rota/now", "/responders"):
                assert "Grid Worker" not in await text_of(other, path)

    asyncio.run(run())
    assert len(shifts(site)) == 1


def test_each_building_says_who_is_missing(site: PeopleSite) -> None:
    manager = site.signed_in("m", Role.MANAGER)

    async def run() -> None:
        async with site.running():
            shown = await text_of(manager, "/responders")
            row = shown.partition('<th scope="row">1</th>')[2].partition("</tr>")[0]
            assert row.count("nobody") == 2
            assert "Grid Worker" in row
            assert "Night Guard" in shown.partition("Groups of the site")[2]
            assert NAME not in shown

    asyncio.run(run())
