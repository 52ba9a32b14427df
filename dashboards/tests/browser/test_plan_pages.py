"""Storey plans in a real browser: a device is placed by a click, by keys, and by numbers."""

import re
import urllib.parse

from playwright.sync_api import Page, expect

from .conftest import Pages
from .console_process import ConsoleProcess

ESTATE = urllib.parse.quote("幸福小区")
BUILDING = f"/storeys?at={ESTATE}&at=8"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200">%s</svg>'
RECT = b'<rect x="5" y="5" width="390" height="190" fill="none" stroke="#333"/>'


def uploaded(pages: Pages, written: ConsoleProcess, name: str, inside: bytes = RECT) -> Page:
    page = pages.open(written.address + BUILDING)
    page.get_by_label("Name of the storey").fill(name)
    plan = {"name": "plan.svg", "mimeType": "image/svg+xml", "buffer": DRAWING % inside}
    page.get_by_label(re.compile("^File")).set_input_files(plan)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Storey {name}")
    # Before a drawing is there, its place on the page is not known.
    page.wait_for_function("[...document.images].every(each => each.naturalWidth > 0)")
    return page


def position(page: Page, device: str) -> str:
    return page.get_by_role("row").filter(has_text=device).locator("td").last.inner_text()


def test_a_device_is_placed_by_a_click(pages: Pages, written: ConsoleProcess) -> None:
    page = uploaded(pages, written, "click")
    page.locator("#placed-device").select_option("button-8-201")
    plan = page.locator("#placing-plan .storey")
    box = plan.bounding_box()
    assert box is not None
    plan.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
    page.get_by_role("button", name="Place it there").click()
    expect(page.get_by_role("row").filter(has_text="button-8-201")).to_be_visible()
    x, y = (float(part.strip(" %")) for part in position(page, "button-8-201").split(","))
    assert abs(x - 25) < 1
    assert abs(y - 50) < 1


def test_a_device_is_placed_by_keyboard_alone(pages: Pages, written: ConsoleProcess) -> None:
    page = uploaded(pages, written, "keys")
    page.locator("#placed-device").focus()
    page.keyboard.type("button-8-102")
    page.locator("#placing-plan").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#placed-x")).to_have_value("52")
    expect(page.locator("#placed-y")).to_have_value("54")
    page.locator("#placed-y").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="button-8-102")).to_be_visible()
    assert position(page, "button-8-102") == "52.0 %, 54.0 %"


def test_an_attack_in_a_plan_does_nothing(pages: Pages, written: ConsoleProcess) -> None:
    attack = b"<script>window.top.document.title='taken'</script><g onload='alert(1)'/>" + RECT
    page = uploaded(pages, written, "attack", attack)
    loaded = page.evaluate(
        "[...document.querySelectorAll('.storey img')].every(each => each.naturalWidth > 0)"
    )
    assert loaded, "the drawing is still shown"
    source = page.locator(".storey img").get_attribute("src")
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(written.address + str(source))
    assert page.locator("rect").count() == 1
    assert page.locator("script").count() == 0
    assert said == []


def test_the_card_of_an_alarm_shows_where_it_is(pages: Pages, written: ConsoleProcess) -> None:
    page = pages.open(f"{written.address}/operator", viewport={"width": 1920, "height": 1080})
    page.locator("#queue [data-alarm]").filter(has_text="7 / 201").first.click()
    part = page.locator(".storey-part")
    expect(part).to_be_visible()
    expect(part).to_have_attribute("aria-label", "Part of storey 1F around button-7-201")


def test_residents_read_their_page_without_signing_in(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(f"{written.address}/p/works", login=None)
    expect(page.get_by_text("This alarm point works.")).to_be_visible()
    expect(page.get_by_text("本报警点工作正常。")).to_be_visible()
    assert page.context.cookies() == []
    mended = pages.open(f"{written.address}/p/mended", login=None)
    expect(mended.get_by_text("This alarm point is being mended.")).to_be_visible()
