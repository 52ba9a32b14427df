"""People on the pages in a real browser: a household that comes and goes, axe-core, widths."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from callpoint_people.households import Household, HouseholdStore
from callpoint_people.links import Link
from callpoint_people.person import Person, Responsibility
from callpoint_people.store import PeopleStore

from .conftest import Pages
from .console_process import ConsoleProcess
from .real_site import RealSite
from .test_looks import mistakes, settled
from .written_people import CODE, FLAT, RESIDENT, alarm_of, person_id

NAME = "欧阳金丝雀"


def state_dir(console: ConsoleProcess) -> Path:
    return console.config.parent / "state"


def link(folder: Path) -> str:
    """Return the path of a link about an open alarm."""
    alarm = alarm_of(folder, "button-3-102")
    with PeopleStore(folder) as store:
        return "/a/" + store.links.token(Link(alarm, 1, int(time.time()) + 600))


def paths(console: ConsoleProcess) -> list[str]:
    """Return every page about people."""
    folder = state_dir(console)
    fixed = ["/rota", "/responders", "/messages", "/contacts", f"/contacts?place={FLAT}"]
    return [*fixed, f"/contacts/{person_id(folder, RESIDENT)}", link(folder), "/a/nothing"]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_no_mistake(
    pages: Pages, written: ConsoleProcess, language: str, scheme: str
) -> None:
    page = pages.open(f"{written.address}/rota", language, color_scheme=scheme)
    for path in paths(written):
        page.goto(written.address + path)
        for details in page.locator("details").all():
            details.evaluate("each => { each.open = true; }")
        assert list(mistakes(page)) == [], path


def test_a_narrow_phone_shows_everything_without_scrolling_sideways(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(f"{written.address}/rota", "zh", viewport={"width": 360, "height": 740})
    for path in paths(written):
        page.goto(written.address + path)
        for details in page.locator("details").all():
            details.evaluate("each => { each.open = true; }")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_household_comes_by_a_key_and_goes_with_its_card(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(
        f"{written.address}/operator", "zh", viewport={"width": 1920, "height": 1080}
    )
    settled(page)
    number = page.locator("#queue [data-alarm]", has_text="3 / 101").get_attribute("data-alarm")
    page.goto(f"{written.address}/operator#alarm-{number}")
    page.reload()
    expect(page.locator(f'[data-card="{number}"]')).to_be_visible()
    expect(page.locator("#people")).to_contain_text("民警")
    expect(page.locator("#people")).to_contain_text("对外通知")
    expect(page.locator("#household")).to_be_empty()
    page.keyboard.press("h")
    expect(page.locator("#household")).to_contain_text(RESIDENT)
    assert list(mistakes(page)) == []
    assert RESIDENT not in page.url
    page.keyboard.press("h")
    expect(page.locator("#household")).to_be_empty()
    page.locator("#show-household").click()
    expect(page.locator("#household")).to_contain_text(RESIDENT)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#household")).to_be_empty()
    # What is typed into a field is no key.
    page.locator(".add-note input").fill("h")
    expect(page.locator("#household")).to_be_empty()
    looks = pages.open(f"{written.address}/looks")
    expect(looks.locator("tbody tr", has_text="household").first).to_contain_text(FLAT)


def test_the_resident_is_called_from_the_overview(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    with PeopleStore(real_site.rig.state_dir) as store:
        resident = Person(
            name=NAME, language="zh", consent_on="2026-01-01", addresses={"phone": "13900004711"}
        )
        store.add(resident, [Responsibility("resident", "button")])
        store.add(resident, [Responsibility("volunteer", "")])
        HouseholdStore(store).keep("button", Household(code=CODE, consent_on="2026-01-01"))
    page = pages.open(console.address, "zh", viewport={"width": 360, "height": 740})
    real_site.press()
    card = page.locator("#alarms [data-alarm]")
    expect(card.locator(".who")).to_contain_text("志愿者")
    expect(card.locator(".who")).to_contain_text(NAME)
    card.get_by_role("button", name="联系住户").click()
    dialog = page.locator("#call")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(CODE)
    assert dialog.locator("a.phone").first.get_attribute("href") == "tel:13900004711"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert list(mistakes(page)) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#household")).to_be_empty()
    # A change of the page fetches nobody again, and hides nobody.
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    card.get_by_role("button", name="已看到").click()
    expect(card.get_by_role("button", name="正在赶往")).to_be_visible()
    expect(card.locator(".who")).to_contain_text(NAME)
    assert not [url for url in asked if url.endswith("/responsible")]
    card.get_by_role("button", name="联系住户").click()
    expect(dialog).to_be_visible()
    other = pages.open(f"{console.address}/operator")
    expect(other.locator("[data-step]")).to_be_visible()
    for key in ("c", "3", "Enter"):
        other.keyboard.press(key)
    expect(page.locator("#alarms [data-alarm]")).to_have_count(0)
    expect(dialog).to_be_hidden()
    expect(page.locator("#household")).to_be_empty()
    assert CODE not in page.content()


def test_a_household_goes_when_its_alarm_is_closed(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    with PeopleStore(real_site.rig.state_dir) as store:
        resident = Person(name=NAME, language="zh", consent_on="2026-01-01")
        store.add(resident, [Responsibility("resident", "button")])
    page = pages.open(f"{console.address}/operator")
    real_site.press()
    expect(page.locator("[data-card]")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator("#household")).to_contain_text(NAME)
    page.keyboard.press("Space")
    expect(page.locator("[data-step]")).to_be_visible()
    expect(page.locator("#household")).to_contain_text(NAME)
    for key in ("c", "3", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#queue [data-alarm]")).to_have_count(0)
    expect(page.locator("#household")).to_be_empty()
    expect(page.locator("#people")).to_be_empty()
    assert NAME not in page.content()


def test_a_link_of_a_message_is_pressed_and_leads_to_the_alarm(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    desk = pages.open(f"{console.address}/operator")
    real_site.press()
    expect(desk.locator("[data-card]")).to_be_visible()
    number = int(desk.locator("[data-card]").get_attribute("data-card") or "0")
    with PeopleStore(real_site.rig.state_dir) as store:
        token = store.links.token(Link(number, 7, int(time.time()) + 600))
    page = pages.open(f"{console.address}/a/{token}", "zh")
    page.locator("button.acknowledge").press("Enter")
    expect(page).to_have_url(re.compile(f"/operator#alarm-{number}$"))
    expect(desk.locator("[data-step]")).to_be_visible()
    page.goto(f"{console.address}/a/{token}")
    expect(page.locator("h1")).to_have_text("链接无效")
    for key in ("c", "3", "Enter"):
        desk.keyboard.press(key)
    expect(desk.locator("#queue [data-alarm]")).to_have_count(0)
