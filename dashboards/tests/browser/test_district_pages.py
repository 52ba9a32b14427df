"""The pages over all sites of a district in a browser: live, by keyboard, narrow, with axe."""

import secrets
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from callpoint_gateway.journal.entries import Action, Cause
from callpoint_protocol import names
from callpoint_rig.district_parts import Database as Server

from ..district.busy_district import CITY, busy_district
from ..district.written_district import WrittenDistrict
from .conftest import Pages
from .console_process import ConsoleProcess
from .test_looks import mistakes

AREA = f"/area?at={CITY}&at=西湖"
PATHS = ("/", AREA, "/wall", "/operator", "/operator?mine=1", "/gateways", "/map", "/reports")
PATHS += ("/situation", "/levels", "/plans", f"/plans/edit?area={CITY}&kind=smoke&profile=")


class Shown(NamedTuple):
    """A district and its console."""

    written: WrittenDistrict
    console: ConsoleProcess


@pytest.fixture(scope="module")
def shown(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return a district where much is the matter."""
    name = f"t{secrets.token_hex(6)}"
    server.create(name)
    folder = tmp_path_factory.mktemp("district")
    with busy_district(folder, server.address(name)) as (written, console):
        yield Shown(written, console)


def settled(page: Page) -> None:
    """Wait until the page shows what there is."""
    expect(page.locator("#strip")).to_contain_text("3")
    if page.locator("body.operator").count():
        expect(page.locator("#card article")).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_mistake_and_a_phone_scrolls_to_no_side(
    pages: Pages, shown: Shown, path: str
) -> None:
    page = pages.open(shown.console.address + path, "zh", color_scheme="dark")
    settled(page)
    for details in page.locator("details").all():
        details.evaluate("each => { each.open = true; }")
    assert list(mistakes(page)) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = """[...document.querySelectorAll(".queue .what, #card article")]
        .filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"""
    assert page.evaluate(cut) == []
    # The numbers of a report scroll; a long name beside them has more than a letter a line.
    narrow = """[...document.querySelectorAll(".report tbody tr > :first-child")]
        .filter(each => each.getBoundingClientRect().width < 80).map(each => each.innerText)"""
    assert page.evaluate(narrow) == []


def test_an_alarm_comes_to_its_place_in_the_queue_and_goes(pages: Pages, shown: Shown) -> None:
    page = pages.open(f"{shown.console.address}/operator")
    settled(page)
    rows = page.locator("#queue [data-alarm]")
    before = rows.count()
    names_of = page.evaluate(
        "[...document.querySelectorAll('#queue [data-alarm]')].map(each => each.dataset.alarm)"
    )
    assert len(set(names_of)) == before
    chosen = page.locator("#queue [data-choose][aria-current]").get_attribute("data-choose")
    alarm = shown.written.event("g2", 4, names.GAS)
    row = page.locator(f'#queue [data-alarm="g2.{alarm}"]')
    expect(row).to_contain_text("gas")
    expect(rows).to_have_count(before + 1)
    orders = page.evaluate(
        "[...document.querySelectorAll('#queue-list > li')].map(each => each.dataset.order)"
    )
    assert orders == sorted(orders)
    assert (
        page.locator("#queue [data-choose][aria-current]").get_attribute("data-choose") == chosen
    )
    shown.written.act("g2", alarm, Action.ACKNOWLEDGE)
    expect(row.locator(".state")).to_have_text("desk-7")
    shown.written.act("g2", alarm, Action.CLOSE, Cause.FALSE)
    expect(row).to_have_count(0)
    expect(rows).to_have_count(before)


def test_the_keyboard_alone_moves_through_alarms_of_several_sites(
    pages: Pages, shown: Shown
) -> None:
    page = pages.open(f"{shown.console.address}/operator")
    settled(page)
    chosen, article = (
        page.locator("#queue [data-choose][aria-current]"),
        page.locator("#card article"),
    )
    page.keyboard.press("Home")
    seen = []
    for _ in range(3):
        name = chosen.get_attribute("data-choose") or ""
        seen.append(name)
        expect(article).to_have_attribute("data-at", f"/sites/{name.partition('.')[0]}")
        row = page.locator("#queue [data-choose][aria-current]").inner_text()
        expect(article).to_contain_text(f"/ {row.partition(' / ')[0].splitlines()[-1]} /")
        page.keyboard.press("ArrowDown")
        expect(chosen).not_to_have_attribute("data-choose", name)
    assert len(set(seen)) == 3
    assert {name.partition(".")[0] for name in seen} == {"g1", "g4", "g6"}
    page.locator("#queue [data-alarm]", has_text="provisional").locator("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_contain_text("A copy came ahead of the entry")
    page.locator("#links a", has_text="Sites").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("9 sites")


def test_the_map_leads_to_an_area_by_keyboard(pages: Pages, shown: Shown) -> None:
    page = pages.open(f"{shown.console.address}/map")
    settled(page)
    link = page.locator(".grid-map a", has_text="西湖").first
    expect(link).to_have_attribute(
        "aria-label", "杭州 / 西湖: open alarms 4, sites not heard 0 of 3"
    )
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("杭州 / 西湖")
    expect(page.locator("#parts .tile")).to_have_count(2)
