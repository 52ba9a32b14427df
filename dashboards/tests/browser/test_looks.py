"""How pages look and whom they shut out: sizes, colours, print, and axe-core on every page."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import Pages
from .console_process import ConsoleProcess

PLACE = "/place?at=%E5%B9%B8%E7%A6%8F%E5%B0%8F%E5%8C%BA&at=7"
PATHS = ("/", "/wall", "/operator", "/device/button-1-101", PLACE, "/search?q=12", "/nowhere")
PATHS += ("/work-orders", "/work-orders/1", "/work-orders/new?about=device/button-3-101")
PATHS += ("/shift", "/shift/hand-over/1", "/shifts", "/levels", "/reports", "/situation")
PATHS += (
    "/plans",
    "/plans/smoke/estate",
    "/drills",
    "/storey/1",
    "/points",
    "/p/works",
    "/p/mended",
)
PATHS += ("/storeys?at=%E5%B9%B8%E7%A6%8F%E5%B0%8F%E5%8C%BA&at=7",)
PATHS += ("/test/untested", "/test/half", "/test/done/photo/button-11-101")
PATHS += ("/commissioning", "/handover", "/handover/1")
PATHS += ("/account", "/accounts", "/looks", "/password")


def who(path: str) -> str | None:
    """Return who looks at a path: public pages are for those who have not signed in."""
    return None if path.startswith("/p/") else ""


def settled(page: Page) -> None:
    """Wait until the page is live and shows what there is."""
    if page.locator("body[data-live]").count():
        expect(page.locator("#not-live")).to_be_hidden()
    if page.locator("body.operator").count():
        expect(page.locator("[data-card]")).to_be_visible()


def mistakes(page: Page) -> Iterator[str]:
    for violation in Axe().run(page).response["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_no_mistake(
    pages: Pages, written: ConsoleProcess, path: str, language: str, scheme: str
) -> None:
    page = pages.open(written.address + path, language, who(path), color_scheme=scheme)
    settled(page)
    for details in page.locator("details").all():
        details.evaluate("each => { each.open = true; }")
    assert list(mistakes(page)) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_narrow_phone_shows_everything_without_scrolling_sideways(
    pages: Pages, written: ConsoleProcess, path: str
) -> None:
    page = pages.open(
        written.address + path, "zh", who(path), viewport={"width": 360, "height": 740}
    )
    settled(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360


def test_targets_are_large_enough_for_a_finger(pages: Pages, written: ConsoleProcess) -> None:
    page = pages.open(written.address, "en", viewport={"width": 360, "height": 740})
    settled(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, input, select")]
        .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
        .map(([html]) => html).filter(html => !html.includes('class="skip"'))"""
    )
    assert small == []
    low = page.evaluate(
        """() => [...document.querySelectorAll("[data-level='1'] button")]
        .map(each => each.getBoundingClientRect().height)
        .filter(height => height && height < 44)"""
    )
    assert low == []


def test_who_has_no_desk_can_type_into_the_search_on_a_phone(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(written.address, "zh", viewport={"width": 360, "height": 740})
    settled(page)
    page.locator('nav a[href="/operator"]').evaluate("each => each.remove()")
    box = page.locator(".search input").bounding_box()
    assert box is not None
    assert box["width"] >= 80


def test_a_large_screen_shows_twenty_rows_and_counts_the_others(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(f"{written.address}/operator", viewport={"width": 1920, "height": 1080})
    settled(page)
    assert page.locator("#queue [data-alarm]").count() == 22
    visible = page.evaluate(
        """() => { const end = document.querySelector("#queue").getBoundingClientRect().bottom;
        return [...document.querySelectorAll("#queue [data-alarm]")]
        .filter(each => each.getBoundingClientRect().bottom <= end + 1).length; }"""
    )
    assert visible >= 20
    levels = page.evaluate(
        "[...document.querySelectorAll('#queue [data-alarm]')].map(each => each.dataset.level)"
    )
    assert levels == sorted(levels)
    page.set_viewport_size({"width": 1920, "height": 700})
    expect(page.locator(".below")).to_contain_text("more below")


def test_nothing_is_coloured_but_what_is_not_as_it_should_be(
    pages: Pages, written: ConsoleProcess
) -> None:
    for scheme in ("light", "dark"):
        page = pages.open(f"{written.address}{PLACE}", color_scheme=scheme)
        settled(page)
        coloured = page.evaluate(
            """() => { const grey = text => { const n = (text.match(/[\\d.]+/g) || []).map(Number);
              return n.length < 3 || n[3] === 0 || Math.max(n[0], n[1], n[2])
                - Math.min(n[0], n[1], n[2]) < 24; };
            return [...document.querySelectorAll("body *")].filter(each => {
              if (each.closest(".level, [class*=level-edge]")) return false;
              const style = getComputedStyle(each);
              return ![style.color, style.backgroundColor, style.borderTopColor].every(grey);
            }).map(each => each.outerHTML.slice(0, 80)); }"""
        )
        assert coloured == []


def test_paper_gets_no_buttons_and_the_levels_their_shapes(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(written.address, "zh")
    settled(page)
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator(".buttons").first).to_be_hidden()
    expect(page.locator("#alarms .level-1 text").first).to_have_text("1")
    assert page.pdf(format="A4").startswith(b"%PDF-")


def test_a_choice_and_a_text_outlive_a_change_of_the_page(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(f"{written.address}/operator")
    settled(page)
    page.keyboard.press("ArrowDown")
    number = page.locator("#queue [aria-current]").get_attribute("data-choose")
    field = page.locator(f"#own-note-{number}")
    field.fill("behind the house")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('callpoint:changed', {detail: 'queue'}))"
    )
    expect(field).to_have_value("behind the house")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    assert page.locator("#queue [aria-current]").get_attribute("data-choose") != number
