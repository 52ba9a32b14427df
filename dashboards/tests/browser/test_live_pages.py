"""A press on a virtual board, in real browsers: rows, work on an alarm, pages that are live."""

from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from callpoint_gateway.journal.entries import ActionBody, Type
from callpoint_gateway.journal.reader import Reader

from .conftest import Pages, reload_until_seen
from .console_process import ConsoleProcess
from .real_site import WITHIN_S, RealSite

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(400)]

STALE_MS = 16_000


def actions(site: RealSite) -> list[str]:
    """Return what people did, as the journal has it."""
    with Reader(site.rig.state_dir / "alarms.db") as reader:
        entries = reader.read(0, 1000, (Type.ACTION,))
    return [entry.body.action.value for entry in entries if isinstance(entry.body, ActionBody)]


def close_all(page: Page) -> None:
    """Close every alarm that an earlier test has left, from the operator's page."""
    while page.locator("#queue [data-alarm]").count():
        number = page.locator("#queue [data-alarm]").first.get_attribute("data-alarm")
        page.keyboard.press("Home")
        if page.locator(f'#queue [data-alarm="{number}"][data-new="1"]').count():
            page.locator("#acknowledge").click()
        row = page.locator(f'#queue [data-alarm="{number}"]')
        for _ in range(20):  # the card may be replaced between two of these steps
            with suppress(TimeoutError):
                page.locator("details.close").evaluate("each => { each.open = true; }")
                page.locator('details.close input[value="test"]').check(timeout=5000)
                page.locator("details.close button").click(timeout=5000)
                row.wait_for(state="detached", timeout=10_000)
                break
        expect(row).to_have_count(0)


def test_a_press_comes_to_both_pages_and_a_case_needs_only_the_keyboard(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    manager = pages.open(console.address, "zh")
    operator = pages.open(f"{console.address}/operator")
    expect(manager.locator("h1")).to_contain_text("起一切正常")
    expect(operator.locator(".nothing").first).to_have_text("No open alarm")

    real_site.press()
    card = manager.locator("#alarms [data-alarm]")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("紧急求助")
    expect(card).to_contain_text("button")
    # The gateway itself says how long ago its centre answered.
    expect(manager.locator("#foot .answered").first).to_contain_text("前")
    expect(manager.locator("#foot .answered").first).not_to_contain_text("未知")
    row = operator.locator("#queue [data-alarm]")
    expect(row).to_contain_text("panic")
    expect(operator.locator("[data-card]")).to_contain_text("panic: ")

    # The whole case without a mouse: taken, each step of the plan, closed with a cause.
    keys = operator.keyboard
    expect(operator.locator("#acknowledge")).to_be_focused()
    keys.press("Space")
    expect(operator.locator("#step-dispatch")).to_be_focused()
    for done in ("dispatch", "police", "watch", "arrive", "resolve"):
        expect(operator.locator(f"#step-{done}")).to_be_visible()
        keys.press("Enter")
        expect(operator.locator(f"#step-{done}")).to_have_count(0)
    expect(operator.locator(".plan .done")).to_have_count(5)
    real_site.run(real_site.button.until_lamp("operator", WITHIN_S))
    keys.press("c")
    keys.press("2")
    keys.press("Enter")
    expect(operator.locator("#queue [data-alarm]")).to_have_count(0)
    expect(manager.locator("#alarms [data-alarm]")).to_have_count(0)
    expect(manager.locator("#week")).to_contain_text("误报")
    assert actions(real_site) == [
        *("acknowledge", "dispatch", "note", "note", "arrive", "resolve", "close"),
    ]


def test_of_two_who_take_the_same_alarm_the_second_is_told_who_has_it(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    first, second = (pages.open(f"{console.address}/operator") for _ in range(2))
    real_site.press()
    for page in (first, second):
        expect(page.locator("#acknowledge")).to_be_visible()
    # The second page learns of nothing before its own click.
    second.evaluate(
        "document.addEventListener('callpoint:changed', e => e.stopPropagation(), true)"
    )
    taken = second.locator("#acknowledge").element_handle()
    assert taken is not None
    before = actions(real_site).count("acknowledge")
    first.locator("#acknowledge").click()
    expect(first.locator("[data-step]")).to_be_visible()
    taken.evaluate("button => button.click()")
    expect(second.locator("#said")).to_contain_text("has acknowledged alarm")
    assert actions(real_site).count("acknowledge") == before + 1
    close_all(first)


def test_who_looks_at_an_alarm_that_another_takes_sees_at_once_who_has_it(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    first, second = (
        pages.open(f"{console.address}/operator", login=login) for login in ("li-3", "zhao-4")
    )
    real_site.press()
    for page in (first, second):
        expect(page.locator("#acknowledge")).to_be_visible()
    second.evaluate("window.loaded_once = true")
    first.locator("#acknowledge").click()
    expect(second.locator("[data-card]")).to_contain_text("li-3 has it since")
    expect(second.locator("#queue [data-alarm] .state")).to_have_text("li-3")
    expect(second.locator("#acknowledge")).to_have_count(0)
    assert second.evaluate("window.loaded_once")
    close_all(first)


def test_the_language_is_switched_on_the_page_and_stays(
    pages: Pages, console: ConsoleProcess
) -> None:
    page = pages.open(f"{console.address}/operator", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.url == f"{console.address}/operator"
    page.goto(console.address)
    expect(page.locator("h1")).to_contain_text("起一切正常")
    page.get_by_role("button", name="EN").click()
    expect(page.locator("h1")).to_contain_text("All quiet since")


def test_sound_is_off_until_a_person_starts_the_shift(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    page = pages.open(f"{console.address}/operator")
    expect(page.locator("#sound-off")).to_be_visible()
    page.get_by_role("button", name="Start shift").click()
    expect(page.locator("#sound-off")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-played", "1")
    real_site.press()
    expect(page.locator("body")).to_have_attribute("data-played", "2")
    close_all(page)


def test_a_console_that_stands_still_or_ends_is_shown_and_comes_back_by_itself(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    page = pages.open(console.address)
    page.clock.install()
    page.reload()
    expect(page.locator("h1")).to_contain_text("All quiet since")
    banner = page.locator("#not-live")
    for end, begin in ((console.freeze, console.thaw), (console.kill, console.start)):
        expect(banner).to_be_hidden()
        end()
        page.clock.fast_forward(STALE_MS)
        expect(banner).to_contain_text("NOT LIVE - last update")
        expect(page.locator("body.stale")).to_have_count(1)
        begin()
        real_site.press()
        expect(page.locator("body.stale")).to_have_count(0)
        expect(page.locator("#alarms [data-alarm]")).not_to_have_count(0)
        close_all(pages.open(f"{console.address}/operator"))


def test_a_gateway_that_has_ended_is_shown_until_it_runs_again(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    shown = [
        pages.open(f"{console.address}{path}") for path in ("/", "/operator", "/device/smoke")
    ]
    real_site.run(real_site.rig.gateway.stop())
    for page in shown:
        expect(page.locator("[data-stopped]")).to_be_visible()
        expect(page.locator("body.stopped")).to_have_count(1)
    real_site.run(real_site.rig.start_gateway())
    for page in shown:
        expect(page.locator("[data-stopped]")).to_have_count(0)
        expect(page.locator("body.stopped")).to_have_count(0)


def test_a_device_obeys_an_order_of_its_page(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    page = pages.open(f"{console.address}/device/smoke")
    expect(page.locator("#device")).to_contain_text("Last heard")
    page.get_by_role("button", name="Let it blink").click()
    expect(page.locator("#order-answer")).to_have_text("Let it blink: done")


def test_a_drill_is_started_and_ended_on_the_page_and_visible_on_every_page(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    operator = pages.open(f"{console.address}/operator")
    manager = pages.open(console.address)
    operator.locator("#exercises summary").click()
    operator.get_by_role("button", name="Start a drill").click()
    for page in (operator, manager):
        expect(page.locator(".exercise-runs")).to_contain_text("drill runs until")
    real_site.press()
    card = manager.locator("#alarms .exercise[data-alarm]")
    expect(card).to_contain_text("drill")
    expect(card.locator(".level-1")).to_have_count(0)
    operator.get_by_role("button", name="End: drill, the whole site").click()
    for page in (operator, manager):
        expect(page.locator(".exercise-runs")).to_have_count(0)
    expect(manager.locator("#alarms [data-alarm]")).to_have_count(0)


def test_a_shift_is_begun_by_the_button_of_the_sound_and_handed_over(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    first = pages.open(f"{console.address}/operator", login="li-3")
    viewer = pages.open(console.address)
    first.get_by_role("button", name="Start shift").click()
    for page in (first, viewer):
        expect(page.locator(".on-shift")).to_contain_text("On shift: li-3 since")
    first.get_by_role("link", name="Hand over").click()
    first.locator("#note").fill("the gate sticks")
    first.get_by_role("button", name="Hand over").click()
    expect(viewer.locator(".hand-over")).to_contain_text("li-3 handed over at")
    second = pages.open(f"{console.address}/operator", login="zhao-4")
    second.get_by_role("link", name="Look at it").click()
    expect(second.locator("main")).to_contain_text("the gate sticks")
    console.kill()
    console.start()
    take_over = second.get_by_role("button", name="I take over")
    # A console that has just started may not have read the journals yet.
    reload_until_seen(second, take_over)
    take_over.click()
    expect(second.locator("main")).to_contain_text("zhao-4, 20")
    expect(viewer.locator(".on-shift")).to_contain_text("On shift: zhao-4 since")
    expect(viewer.locator(".hand-over")).to_have_count(0)


def test_a_level_is_begun_and_ended_on_its_page_and_shown_on_the_others(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    page = pages.open(f"{console.address}/levels")
    manager, report = pages.open(console.address), pages.open(f"{console.address}/reports")
    page.locator("#reason").fill("storm")
    page.locator("#level").select_option("2")
    page.get_by_role("button", name="Begin it").click()
    for each in (page, manager, report):
        expect(each.locator(".banner.response")).to_contain_text("Response level II: the whole")
    page.get_by_role("button", name="End level II").click()
    for each in (page, manager, report):
        expect(each.locator(".banner.response")).to_have_count(0)


def test_a_work_order_follows_a_device_that_is_lost_and_heard_again(
    pages: Pages, real_site: RealSite, console: ConsoleProcess
) -> None:
    page = pages.open(console.address)
    real_site.run(real_site.smoke.kill())
    group = page.locator(".fault", has=page.locator('a[href="/device/smoke"]'))
    group.get_by_role("link", name="Make work order").click()
    page.get_by_role("button", name="Make work order").click()
    expect(page.locator("h1")).to_contain_text("Work order")
    real_site.run(real_site.smoke.start())
    real_site.run(real_site.smoke.until_up(WITHIN_S))
    reload_until_seen(page, page.locator("main", has_text="done: the fault is over"))
