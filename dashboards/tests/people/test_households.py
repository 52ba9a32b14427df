"""The note and the access code of a household: for the desk while an alarm is open, no longer."""

import asyncio
import html

import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_people.households import Household, HouseholdStore

from .people_site import BUILDING, FLAT, NAME, PeopleSite

CODE = "4711#canary"


def note_down(site: PeopleSite) -> None:
    with site.store() as people:
        store = HouseholdStore(people)
        store.keep(
            FLAT, Household(note="two dogs\n<b>ring</b>", code=CODE, consent_on="2026-01-02")
        )
        store.keep(BUILDING, Household(code="door 99", consent_on="2026-01-02"))
        store.keep("b2/101", Household(code="elsewhere", consent_on="2026-01-02"))


def test_the_desk_sees_note_and_code_while_the_alarm_is_open(site: PeopleSite) -> None:
    note_down(site)
    alarm = site.written.event("button-1-101")
    path = f"/operator/alarm/{alarm}/household"
    operator, manager = site.signed_in("o", Role.OPERATOR), site.signed_in("m", Role.MANAGER)

    async def run() -> None:
        async with site.running():
            shown = await operator.post(path)
            for said in (CODE, "two dogs", "&lt;b&gt;ring", "door 99", NAME):
                assert said in shown.text
            assert "elsewhere" not in shown.text
            assert shown.headers["cache-control"] == "no-store"
            assert (await manager.post(path)).status_code == 403
            site.written.act(alarm, Action.ACKNOWLEDGE)
            site.written.act(alarm, Action.CLOSE, cause=Cause.REAL)
            await site.until(lambda: not site.is_open(alarm))
            assert CODE not in (await operator.post(path)).text

    asyncio.run(run())
    kinds = [(look.account, look.what, look.place, look.alarm) for look in site.looks()]
    assert kinds == [("o", "notes", FLAT, alarm), ("o", "household", FLAT, alarm)]


def test_an_admin_keeps_and_removes_them_on_the_page(site: PeopleSite) -> None:
    admin = site.signed_in("boss", Role.ADMIN)
    page = f"/contacts?place={FLAT.replace('/', '%2F')}"
    form = {"place": FLAT, "code": CODE, "note": "ring twice", "consent_on": "2026-01-02"}

    async def run() -> None:
        async with site.running():
            done = await admin.post("/contacts/households", data=form)
            assert done.status_code == 303
            assert done.headers["location"] == page
            shown = html.unescape((await admin.get(page)).text)
            assert CODE in shown
            assert "ring twice" in shown
            wrong = await admin.post("/contacts/households", data=form | {"consent_on": ""})
            assert wrong.status_code == 409
            assert "date of the consent" in wrong.text
            assert CODE not in wrong.text
            out = await admin.post("/contacts/households/export")
            assert CODE in out.text
            assert "households.csv" in out.headers["content-disposition"]
            await admin.post("/contacts/households", data={"place": FLAT, "do": "remove"})
            assert CODE not in (await admin.get(page)).text
            back = await admin.post(
                "/contacts/households/import", files={"file": ("h.csv", out.content, "text/csv")}
            )
            assert "Notes of 1 places were stored." in back.text
            assert CODE in html.unescape((await admin.get(page)).text)
            bad = await admin.post(
                "/contacts/households/import", files={"file": ("h.csv", b"x,y\n", "text/csv")}
            )
            assert bad.status_code == 409
            assert "no column" in html.unescape(bad.text)

    asyncio.run(run())
    assert {look.what for look in site.looks()} >= {"notes", "export"}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPERVISOR, Role.OPERATOR])
def test_nobody_else_opens_them(site: PeopleSite, role: Role) -> None:
    note_down(site)
    guest = site.signed_in("g", role)
    there = site.signed_in("a", Role.ADMIN, FLAT)
    assert Grant(Role.ADMIN, FLAT) in site.accounts.store.find("a").grants

    async def run() -> None:
        async with site.running():
            for path in ("", "/import", "/export"):
                for each in (guest, there):
                    answer = await each.post(f"/contacts/households{path}")
                    assert answer.status_code == 403
                    assert CODE not in answer.text

    asyncio.run(run())
