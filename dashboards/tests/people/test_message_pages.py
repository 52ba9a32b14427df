"""The notifier's state on its page: what lives, what was sent, what could not be delivered."""

import asyncio
import html
import sqlite3

from callpoint_gateway.control.roles import Role
from callpoint_notify.outbox import NewMessage, Outbox
from callpoint_notify.stories import Story, What
from callpoint_people.outbox_file import path_in

from .people_site import NAME, NUMBER, Guest, PeopleSite


async def text_of(guest: Guest, path: str = "/messages", language: str = "en") -> str:
    shown = await guest.get(path, headers={"Accept-Language": language})
    assert shown.status_code == 200, (path, shown.status_code)
    return html.unescape(shown.text)


def test_the_page_says_what_was_sent_and_what_was_not(site: PeopleSite) -> None:
    manager = site.signed_in("m", Role.MANAGER)
    outbox = Outbox(site.folder, site.written.clock)
    story = Story(what=What.ALARM, priority=1, position=3, at_ms=0, alarm=3)
    outbox.put(
        [
            NewMessage(story=story, role=role, person=site.ids["resident"], due_ms=0)
            for role in ("grid_worker", "guard")
        ],
        3,
    )
    sent, stuck = outbox.open_after(0)
    outbox.succeeded(outbox.begin("sms", [sent], urgent=True))
    outbox.failed(outbox.begin("sms", [stuck], urgent=True), "HTTP 500")
    outbox.tried(stuck.id, 1)
    outbox.close()

    async def run() -> None:
        async with site.running():
            shown = await text_of(manager)
            assert "its last sign of life is less than 60 s old" in shown
            assert "Not delivered (1)" in shown
            assert "HTTP 500" in shown
            assert "sent over sms" in shown
            assert site.ids["resident"] not in shown
            assert NAME not in shown
            site.written.fault("notifier")
            await site.until(
                lambda: any(
                    fault.source == "notifier"
                    for fault in site.console.broadcaster.snapshot.situation.faults  # type: ignore[union-attr]
                )
            )
            assert "THE NOTIFIER IS SILENT since" in await text_of(manager)
            site.written.stop_gateway()
            await site.until(lambda: site.console.broadcaster.snapshot.gateway is False)  # type: ignore[union-attr]
            assert "No gateway runs" in await text_of(manager)

    asyncio.run(run())


def test_a_message_of_test_is_asked_for_each_person(site: PeopleSite) -> None:
    leader, manager = site.signed_in("s", Role.SUPERVISOR), site.signed_in("m", Role.MANAGER)

    async def run() -> None:
        async with site.running():
            never = await leader.post("/messages/test", data={"channel": ""})
            assert "has never run here" in await text_of(leader, never.headers["location"])
            Outbox(site.folder, site.written.clock).close()
            asked = await leader.post("/messages/test", data={"channel": "sms"})
            assert "Asked for" in await text_of(leader, asked.headers["location"])
            assert "Send one to everybody" in await text_of(leader)
            assert "Send one to everybody" not in await text_of(manager)
            assert (await manager.post("/messages/test")).status_code == 403

    asyncio.run(run())
    outbox = Outbox(site.folder, site.written.clock)
    assert [(person, channel) for _, person, channel in outbox.asked()] == [("", "sms")]
    outbox.close()


def test_a_file_that_cannot_be_read_is_said(site: PeopleSite) -> None:
    manager = site.signed_in("m", Role.MANAGER)
    path = path_in(site.folder)
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE other (x INTEGER)")
    other.close()

    async def run() -> None:
        async with site.running():
            shown = await text_of(manager)
            assert "cannot be read; the console's log says why" in shown
            assert NUMBER not in shown

    asyncio.run(run())
