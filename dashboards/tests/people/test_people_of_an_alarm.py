"""Who is responsible where an alarm is, and the household, which only an open alarm shows."""

import asyncio
import html

import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_console.console import MANAGER
from callpoint_console.database import DatabaseFault
from callpoint_console.live.broadcaster import View
from callpoint_console.visitor import EVERYTHING
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action, Cause, Mark
from callpoint_notify.outbox import NewMessage, Outbox
from callpoint_notify.stories import Story, What

from .people_site import FLAT, NAME, NUMBER, PeopleSite


def test_the_responsible_are_shown_to_who_handles_alarms_there(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/operator/alarm/{alarm}/people"
    operator = site.signed_in("o", Role.OPERATOR)
    elsewhere = site.signed_in("e", Role.OPERATOR, "b2/101")
    manager = site.signed_in("m", Role.MANAGER)

    async def run() -> None:
        async with site.running():
            shown = await operator.get(path)
            assert shown.headers["cache-control"] == "no-store"
            text = html.unescape(shown.text)
            for said in ("Grid Worker", "13800000003", "幸福小区 / 1", "Night Guard"):
                assert said in text
            officer, _, rest = text.partition("police officer")[2].partition("</div>")
            assert "nobody" in officer, "who is missing of 1+1+N is said"
            assert "volunteer" in rest
            assert NAME not in text
            assert "First Keys" not in text
            assert (await operator.get(path)).text == shown.text
            assert (await elsewhere.get(path)).status_code == 403
            assert (await manager.get(path)).status_code == 403

    asyncio.run(run())
    assert [(look.account, look.what, look.place, look.persons) for look in site.looks()] == [
        ("o", "responsible", FLAT, 2)
    ]


def test_a_household_is_shown_while_an_alarm_is_open_there_and_each_look_is_on_record(
    site: PeopleSite,
) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/operator/alarm/{alarm}/household"
    operator, leader = site.signed_in("o", Role.OPERATOR), site.signed_in("s", Role.SUPERVISOR)
    denied = [
        site.signed_in("e", Role.OPERATOR, "b2/101"),
        site.signed_in("m", Role.MANAGER),
        site.signed_in("a", Role.ADMIN),
        site.signed_in("t", Role.TECHNICIAN),
        site.signed_in("v", Role.VIEWER),
    ]

    async def run() -> None:
        async with site.running():
            shown = await operator.post(path)
            assert shown.status_code == 200
            assert shown.headers["cache-control"] == "no-store"
            names = [shown.text.index(name) for name in (NAME, "First Keys", "Second Keys")]
            assert names == sorted(names), "the key holders in their order"
            assert NUMBER in shown.text
            assert "Grid Worker" not in shown.text
            assert (await leader.post(path)).status_code == 200
            for guest in denied:
                refused = await guest.post(path)
                assert refused.status_code == 403
                assert NAME not in refused.text
            assert (await operator.get(path)).status_code == 405
            forged = await operator.post(path, headers={"X-CSRF-Token": "x"})
            assert forged.status_code == 403
            site.written.act(alarm, Action.ACKNOWLEDGE)
            site.written.act(alarm, Action.CLOSE, cause=Cause.REAL)
            await site.until(lambda: not site.is_open(alarm))
            gone = await operator.post(path)
            assert gone.status_code == 404
            assert NAME not in gone.text

    asyncio.run(run())
    admin = site.signed_in("boss", Role.ADMIN)
    record = asyncio.run(admin.get("/looks")).text
    assert f"<td>household</td><td>{FLAT}</td>" in record
    assert NAME not in record
    looks = [(look.account, look.what, look.place, look.alarm) for look in site.looks()]
    assert looks == [
        ("s", "household", FLAT, alarm),
        ("o", "household", FLAT, alarm),
    ], "no more than those who saw it"


def test_a_manager_sees_who_is_responsible_on_the_card_and_not_who_lives_there(
    site: PeopleSite,
) -> None:
    alarm = site.written.event("button-1-101")
    other = site.written.event("button-2-101")
    manager = site.signed_in("m", Role.MANAGER, "b1/101")
    operator, viewer = site.signed_in("o", Role.OPERATOR), site.signed_in("v", Role.VIEWER)

    async def run() -> None:
        async with site.running():
            card = (await manager.get("/")).text
            assert f'hx-get="/alarm/{alarm}/responsible"' in card
            assert f"/operator/alarm/{alarm}/household" not in card
            assert "13800000003" not in card, "what all who look share names nobody"
            shown = await manager.get(f"/alarm/{alarm}/responsible")
            assert shown.headers["cache-control"] == "no-store"
            assert "Grid Worker" in shown.text
            assert 'href="tel:13800000003"' in shown.text
            assert NAME not in shown.text
            assert (await manager.get(f"/alarm/{other}/responsible")).status_code == 403
            assert (await viewer.get(f"/alarm/{alarm}/responsible")).status_code == 403
            desk = (await operator.get("/")).text
            assert f"/operator/alarm/{alarm}/household" in desk
            assert 'id="call"' in desk
            seen = (await viewer.get("/")).text
            assert "/responsible" not in seen
            assert "/household" not in seen

    asyncio.run(run())
    assert [(look.account, look.what) for look in site.looks()] == [("m", "responsible")]


def test_a_manager_sees_an_alarm_and_goes_there_and_the_desk_ends_it(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    manager = site.signed_in("m", Role.MANAGER)
    both = site.signed_in("b", Role.MANAGER)
    site.accounts.store.regrant("b", [Grant(Role.OPERATOR)], [])

    async def run() -> None:
        async with site.running():
            card = (await manager.get("/")).text
            assert f'hx-post="/alarm/{alarm}/acknowledge"' in card
            for action in ("acknowledge", "dispatch", "arrive"):
                assert (await manager.post(f"/alarm/{alarm}/{action}")).status_code == 204
            for action in ("close", "resolve", "reinforce", "note"):
                refused = await manager.post(f"/alarm/{alarm}/{action}", data={"cause": "real"})
                assert refused.status_code == 403, action
            asked = [by for _, by in site.desk.asked]
            assert [by.role for by in asked if by] == [Role.MANAGER] * 3
            await both.post(f"/alarm/{alarm}/close", data={"cause": "real"})
            by = site.desk.asked[-1][1]
            assert by is not None
            assert by.role is Role.OPERATOR, "of two roles, one that is enough"
            site.written.act(alarm, Action.ACKNOWLEDGE, "m")
            await site.until(lambda: "seen by m" in _alarms(site))
            after = (await manager.get("/")).text
            assert f'hx-post="/alarm/{alarm}/dispatch"' in after
            assert f'hx-post="/alarm/{alarm}/close"' not in after

    asyncio.run(run())


def _alarms(site: PeopleSite) -> str:
    view = View(MANAGER, "en", EVERYTHING)
    return site.console.broadcaster.sections(view)["alarms"].html


def test_a_drill_shows_no_household(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101", mark=Mark.DRILL)
    operator = site.signed_in("o", Role.OPERATOR)

    async def run() -> None:
        async with site.running():
            refused = await operator.post(f"/operator/alarm/{alarm}/household")
            assert refused.status_code == 403
            assert NAME not in refused.text

    asyncio.run(run())
    assert site.looks() == []


def test_without_its_key_people_are_one_sentence_and_the_desk_works(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    operator = site.signed_in("o", Role.OPERATOR)
    key = site.folder / "people" / "people.key"
    content = key.read_text()

    async def run() -> None:
        async with site.running():
            for spoil, said in (
                (key.unlink, "people.key is missing"),
                (lambda: write(content[::-1]), "cannot be read: the key is another one"),
                (lambda: write("no key"), "is no key of contacts"),
            ):
                spoil()
                shown = await operator.get(f"/operator/alarm/{alarm}/people")
                assert shown.status_code == 200
                assert said in html.unescape(shown.text)
                refused = await operator.post(f"/operator/alarm/{alarm}/household")
                assert refused.status_code == 503
                assert said in refused.text
                for path in ("/", "/operator", f"/operator/alarm/{alarm}", "/reports"):
                    answer = await operator.get(path)
                    assert answer.status_code in (200, 303, 307), path
            write(content)
            assert (await operator.post(f"/operator/alarm/{alarm}/household")).status_code == 200

    def write(text: str) -> None:
        key.write_text(text)
        key.chmod(0o600)

    asyncio.run(run())


def test_who_cannot_be_put_on_record_sees_nobody(
    site: PeopleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = site.written.event("button-1-101")
    operator = site.signed_in("o", Role.OPERATOR)

    def full(*given: object, **more: object) -> None:
        raise DatabaseFault("no space left")

    monkeypatch.setattr(site.accounts.looks, "record_look", full)

    async def run() -> None:
        async with site.running():
            for answer in (
                await operator.post(f"/operator/alarm/{alarm}/household"),
                await operator.get(f"/operator/alarm/{alarm}/people"),
            ):
                assert answer.status_code == 503
                assert NAME not in answer.text
                assert "Grid Worker" not in answer.text

    asyncio.run(run())


def test_what_was_told_is_shown_by_role_and_channel(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    operator = site.signed_in("o", Role.OPERATOR)
    outbox = Outbox(site.folder, site.written.clock)
    story = Story(what=What.ALARM, priority=1, position=alarm, at_ms=0, alarm=alarm)
    roles = ("grid_worker", "guard", "volunteer")
    outbox.put([NewMessage(story=story, role=role, person="", due_ms=0) for role in roles], alarm)
    sent, failed, _ = outbox.open_after(0)
    number = outbox.begin("sms", [sent], urgent=True)
    outbox.succeeded(number)
    outbox.nobody(failed.id, "no channel")
    outbox.close()

    async def run() -> None:
        async with site.running():
            shown = html.unescape((await operator.get(f"/operator/alarm/{alarm}/people")).text)
            told = shown.partition("Told outside")[2]
            assert "grid worker" in told
            assert "sent over sms" in told
            assert "NOBODY TO TELL (no channel)" in told
            assert "waiting" in told

    asyncio.run(run())
