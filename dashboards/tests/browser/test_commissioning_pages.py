"""A technician's pages in real browsers, with a real gateway and real boards."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.questions import AskExercises, StopExercise
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.journal.entries import Mark

from ..console.photos import jpeg
from .conftest import Pages
from .console_process import ConsoleProcess
from .real_site import RealSite
from .test_looks import mistakes

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(400)]

PHONE = {"width": 360, "height": 740}
STALE_MS = 16_000


@pytest.fixture
def codes(real_site: RealSite, console: ConsoleProcess) -> Iterator[dict[str, str]]:
    """Return the code of each point by its device; no walk test is left running."""
    database = Database(file_in(real_site.rig.state_dir), SUBJECTS)
    try:
        rows = database.read(lambda c: c.execute("SELECT place, code FROM points").fetchall())
    finally:
        database.close()
    yield dict(rows)
    for each in real_site.run(ask_async(real_site.rig.state_dir, AskExercises())).exercises:
        stop = StopExercise(mark=Mark.TEST, exercise=each.exercise)
        real_site.run(ask_async(real_site.rig.state_dir, stop))


def code_of(codes: dict[str, str], device: str) -> str:
    """Return the code of the place of a device of the rig."""
    return next(code for place, code in codes.items() if device in place)


def fits(page: Page) -> None:
    """Check what holds for every state of a page: no mistake, nothing beside the screen."""
    assert list(mistakes(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    low = page.evaluate(
        """() => [...document.querySelectorAll("main button, main a.button")]
        .map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect().height])
        .filter(([, height]) => height && height < 44)"""
    )
    assert low == [], "a glove needs large targets"


@pytest.mark.parametrize(("language", "start", "now"), [
    ("en", "Start test", "Set it off now:"),
    ("zh", "开始测试", "现在请触发："),
])  # fmt: skip
def test_scan_start_press_and_tick(
    pages: Pages,
    real_site: RealSite,
    console: ConsoleProcess,
    codes: dict[str, str],
    language: str,
    start: str,
    now: str,
) -> None:
    code = code_of(codes, "button")
    page = pages.open(f"{console.address}/p/{code}", language, viewport=PHONE)
    expect(page).to_have_url(f"{console.address}/test/{code}")
    button = page.get_by_role("button", name=start, exact=True)
    expect(button).to_be_visible()
    fits(page)
    button.click()
    expect(page.locator("#job")).to_contain_text(now)
    expect(page.locator("#not-live")).to_be_hidden()
    fits(page)
    real_site.press()
    expect(page.locator("#job .sign.done").first).to_be_visible()
    expect(page.locator("#job")).to_have_attribute("data-left", "0")
    expect(page.locator("body")).to_have_attribute("data-beeps", re.compile(r"\d+"))
    # What was sent by itself may be older: this was asked for. A virtual board has no radio.
    expect(page.locator(".measured")).to_contain_text("3.30 V")
    fits(page)
    page.locator("[name=exercise]").click()
    expect(page.get_by_role("button", name=start, exact=True)).to_be_visible()


def test_two_technicians_test_two_points_at_once(
    pages: Pages, real_site: RealSite, console: ConsoleProcess, codes: dict[str, str]
) -> None:
    button, smoke = code_of(codes, "button"), code_of(codes, "smoke")
    here = pages.open(f"{console.address}/test/{button}", login="tech-1", viewport=PHONE)
    there = pages.open(f"{console.address}/test/{smoke}", login="tech-2", viewport=PHONE)
    for page in (here, there):
        page.get_by_role("button", name="Start test", exact=True).click()
        expect(page.locator("#job")).to_contain_text("Set it off now:")
    expect(here.locator(".runs")).to_contain_text("started by tech-1")
    expect(there.locator(".runs")).to_contain_text("started by tech-2")
    real_site.press()
    expect(here.locator("#job")).to_have_attribute("data-left", "0")
    expect(there.locator("#job")).not_to_have_attribute("data-left", "0")
    # The first one's end leaves the second one's test running.
    here.locator("[name=exercise]").click()
    expect(here.get_by_role("button", name="Start test", exact=True)).to_be_visible()
    real_site.run(real_site.smoke.set("relay", 1))
    expect(there.locator("#job")).to_have_attribute("data-left", "0")
    real_site.run(real_site.smoke.set("relay", 0))
    manager = pages.open(console.address)
    expect(manager.locator("#alarms [data-alarm]")).to_have_count(0)


def test_a_press_during_a_dropped_connection_is_ticked_afterwards(
    pages: Pages, real_site: RealSite, console: ConsoleProcess, codes: dict[str, str]
) -> None:
    page = pages.open(f"{console.address}/test/{code_of(codes, 'button')}", viewport=PHONE)
    page.get_by_role("button", name="Start test", exact=True).click()
    expect(page.locator("#job")).to_contain_text("Set it off now:")
    page.clock.install()
    page.reload()
    expect(page.locator("#job")).to_contain_text("Set it off now:")
    console.freeze()
    try:
        real_site.press()
        page.clock.fast_forward(STALE_MS)
        expect(page.locator("#not-live")).to_be_visible()
        expect(page.locator("#not-live")).to_contain_text("NOT LIVE")
    finally:
        console.thaw()
    expect(page.locator("#job")).to_have_attribute("data-left", "0")
    expect(page.locator("#not-live")).to_be_hidden()


def test_without_a_script_the_same_can_be_done(
    pages: Pages, real_site: RealSite, console: ConsoleProcess, codes: dict[str, str]
) -> None:
    address = f"{console.address}/test/{code_of(codes, 'button')}"
    page = pages.open(address, viewport=PHONE, java_script_enabled=False)
    page.get_by_role("button", name="Start test", exact=True).click()
    expect(page.locator("#job")).to_contain_text("Set it off now:")
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    real_site.press()
    page.reload()
    expect(page.locator("#job")).to_contain_text("All done here")
    page.locator("[name=exercise]").click()
    expect(page.get_by_role("button", name="Start test", exact=True)).to_be_visible()


def test_a_photo_is_made_smaller_and_a_report_is_printed(
    pages: Pages, real_site: RealSite, console: ConsoleProcess, codes: dict[str, str]
) -> None:
    code = code_of(codes, "button")
    page = pages.open(f"{console.address}/test/{code}/photo/button", viewport=PHONE)
    photo = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": jpeg(6, 2400, 1600)}
    page.locator("#photo").set_input_files(photo)  # type: ignore[arg-type]
    expect(page.locator("#photo")).to_have_attribute("data-bytes", re.compile(r"\d+"))
    page.get_by_role("button", name="Keep photo").click()
    expect(page.locator("svg.photo")).to_be_visible()
    database = Database(file_in(real_site.rig.state_dir), SUBJECTS)
    try:
        (size,) = database.read(
            lambda c: c.execute("SELECT max(width, height) FROM photos").fetchone()
        )
    finally:
        database.close()
    assert size == 1600
    fits(page)
    page.goto(f"{console.address}/handover")
    page.get_by_role("button", name="Make the report").click()
    expect(page.locator("article.handover h1")).to_contain_text("Hand-over report")
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF-")
