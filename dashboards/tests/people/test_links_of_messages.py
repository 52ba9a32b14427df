"""The links of messages: opening one does nothing, a person presses a button and has signed in."""

import asyncio
import re
import time

import pytest

from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_gateway.words.said import said
from callpoint_gateway.words.text import LANGUAGES
from callpoint_people.links import Link

from .people_site import NAME, PeopleSite


def token(site: PeopleSite, alarm: int, life_s: int = 600, message: int = 5) -> str:
    """Return a link as the notifier writes it into a message."""
    with site.store() as store:
        return store.links.token(Link(alarm, message, int(time.time()) + life_s))


def used(site: PeopleSite) -> int:
    with site.store() as store:
        return len(store.rows("SELECT 1 FROM used_link"))


def test_opening_a_link_shows_the_alarm_and_does_nothing(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"

    async def run() -> None:
        async with site.running():
            for _ in range(40):
                shown = await site.guest().get(path)
                assert shown.status_code == 200
            assert "panic" in shown.text
            assert "1 / 101" in shown.text
            assert f'href="/login?next={path}"' in shown.text
            assert "<button class=" not in shown.text
            assert NAME not in shown.text
            assert shown.headers["referrer-policy"] == "same-origin"
            assert shown.headers["cache-control"] == "no-store"
            head = await site.guest().send("HEAD", path)
            assert head.status_code == 200

    asyncio.run(run())
    assert site.desk.asked == []
    assert used(site) == 0
    assert site.looks() == []


def test_a_press_acknowledges_once_under_the_account_and_uses_the_link_up(
    site: PeopleSite,
) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"
    operator = site.signed_in("o", Role.OPERATOR)

    async def run() -> None:
        async with site.running():
            stranger = await site.guest().post(f"{path}/acknowledge")
            assert stranger.status_code == 303
            assert stranger.headers["location"].startswith("/login")
            forged = await operator.post(f"{path}/acknowledge", headers={"X-CSRF-Token": "x"})
            assert forged.status_code == 403
            assert used(site) == 0
            shown = await operator.get(path)
            assert f'action="{path}/acknowledge"' in shown.text
            done = await operator.post(f"{path}/acknowledge")
            assert done.headers["location"] == f"/operator#alarm-{alarm}"
            assert (await operator.post(f"{path}/acknowledge")).status_code == 404
            assert (await operator.get(path)).status_code == 404

    asyncio.run(run())
    ((question, by),) = site.desk.asked
    assert question == ActOnAlarm(alarm=alarm, action=Action.ACKNOWLEDGE)
    assert by is not None
    assert (by.account, by.role) == ("o", Role.OPERATOR)
    assert used(site) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "failure",
    [Unanswered(said("socket.no_gateway", folder="here")), QuestionRefused(said("refused.empty"))],
)
def test_a_press_that_did_nothing_leaves_the_link(
    site: PeopleSite, failure: Unanswered | QuestionRefused, language: str
) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"
    operator = site.signed_in("o", Role.OPERATOR, language=language)
    site.desk.refuses = failure

    async def run() -> None:
        async with site.running():
            for asked in (f"{path}/acknowledge", "/device/button-1-101/order/identify"):
                refused = await operator.post(asked)
                assert refused.status_code in (409, 503)
                assert failure.why.in_(language) in refused.text
            site.desk.refuses = None
            assert (await operator.post(f"{path}/acknowledge")).status_code == 303

    asyncio.run(run())
    assert len(site.desk.asked) == 1


def test_who_does_not_handle_alarms_there_sees_it_and_has_no_button(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"
    elsewhere = site.signed_in("e", Role.OPERATOR, "b2/101")
    technician = site.signed_in("t", Role.TECHNICIAN)
    manager = site.signed_in("m", Role.MANAGER)

    async def run() -> None:
        async with site.running():
            for guest in (elsewhere, technician):
                shown = await guest.get(path)
                assert "does not handle alarms at this place" in shown.text
                assert (await guest.post(f"{path}/acknowledge")).status_code == 403
            assert site.desk.asked == []
            assert used(site) == 0
            done = await manager.post(f"{path}/acknowledge")
            assert done.headers["location"] == f"/#alarm-{alarm}", "managers have no desk"

    asyncio.run(run())
    assert [by.account for _, by in site.desk.asked if by] == ["m"]


def test_every_link_that_is_not_valid_looks_the_same(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    good = token(site, alarm)
    with site.store() as store:
        spent = token(site, alarm, message=6)
        store.use_link(spent)
    wrong = ["x", good[:-2], good[::-1], "%00", token(site, alarm, -5), spent]
    wrong += [token(site, 10**12), token(site, alarm + 10**6)]

    async def run() -> None:
        async with site.running():
            answers = set()
            for each in wrong:
                shown = await site.guest().get(f"/a/{each}")
                # The page's own address is in it, for the switch of the language.
                text = re.sub(r'name="to" value="[^"]*"', "", shown.text)
                answers.add((shown.status_code, text))
            assert len(answers) == 1
            assert next(iter(answers))[0] == 404

    asyncio.run(run())


def test_who_tries_many_links_waits_and_nobody_else_does(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"

    async def run() -> None:
        async with site.running():
            guesser = site.guest("203.0.113.4")
            for number in range(40):
                assert (await guesser.get(f"/a/guess-{number}")).status_code == 404
            assert (await guesser.get(path)).status_code == 404
            assert (await site.guest("203.0.113.5").get(path)).status_code == 200

    asyncio.run(run())


def test_a_closed_alarm_is_shown_as_such(site: PeopleSite) -> None:
    alarm = site.written.event("button-1-101")
    path = f"/a/{token(site, alarm)}"
    operator = site.signed_in("o", Role.OPERATOR)
    site.written.act(alarm, Action.ACKNOWLEDGE)
    site.written.act(alarm, Action.CLOSE, cause=Cause.FALSE)

    async def run() -> None:
        async with site.running():
            shown = await operator.get(path)
            assert "closed" in shown.text
            assert "acknowledge" not in shown.text.partition("<main")[2].partition("</main")[0]
            chinese = await site.guest().get(path, headers={"Accept-Language": "zh"})
            assert "已结案" in chinese.text

    asyncio.run(run())
