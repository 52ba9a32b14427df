"""Makes a picture of every page in both languages: ``make pictures``, into build/pictures.

Names of pictures after the folder make only those.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from callpoint_rig.district_parts import Database
from callpoint_rig.ports import free_port

from ..district.busy_district import busy_district
from .console_process import ConsoleProcess
from .written_site import written_site

PLACE: Final = "/place?at=%E5%B9%B8%E7%A6%8F%E5%B0%8F%E5%8C%BA&at=7"
Picture = tuple[str, str, int, int, str]
#: Name, path, width, height, dark or light.
PICTURES: Final = (
    ("manager-phone", "/", 360, 740, "light"),
    ("manager", "/", 1280, 900, "light"),
    ("manager-dark", "/", 1280, 900, "dark"),
    ("wall", "/wall", 1920, 1080, "dark"),
    ("operator", "/operator", 1920, 1080, "light"),
    ("operator-dark", "/operator", 1920, 1080, "dark"),
    ("device", "/device/button-1-101", 1000, 900, "light"),
    ("place", PLACE, 1000, 900, "light"),
    ("search", "/search?q=12", 1000, 700, "light"),
    ("account", "/account", 1000, 900, "light"),
    ("accounts", "/accounts", 1280, 900, "light"),
    ("work-orders", "/work-orders", 1280, 900, "light"),
    ("work-orders-phone", "/work-orders", 360, 740, "light"),
    ("work-order", "/work-orders/1", 1000, 900, "light"),
    ("new-work-order", "/work-orders/new?about=device/button-3-101", 1000, 900, "light"),
    ("shift", "/shift", 1000, 900, "light"),
    ("hand-over", "/shift/hand-over/1", 1000, 900, "dark"),
    ("hand-over-phone", "/shift/hand-over/1", 360, 740, "light"),
    ("shifts", "/shifts", 1280, 900, "light"),
    ("levels", "/levels", 1000, 900, "light"),
    ("levels-phone", "/levels", 360, 740, "dark"),
    ("plans", "/plans", 1000, 900, "light"),
    ("plan", "/plans/smoke/estate", 1000, 900, "light"),
    ("plan-phone", "/plans/smoke/estate", 360, 740, "dark"),
    ("drills", "/drills", 1000, 900, "light"),
    ("drills-phone", "/drills", 360, 740, "light"),
    ("storey", "/storey/1", 1000, 900, "light"),
    ("storey-phone", "/storey/1", 360, 740, "dark"),
    ("storey-large", "/storey/1", 1920, 1080, "light"),
    ("storeys", "/storeys?at=%E5%B9%B8%E7%A6%8F%E5%B0%8F%E5%8C%BA&at=7", 1000, 900, "light"),
    ("labels", "/points", 1000, 900, "light"),
    ("point", "/p/works", 360, 740, "light"),
    ("point-mended", "/p/mended", 1000, 900, "dark"),
    ("handover", "/handover/1", 1000, 1200, "light"),
    ("handover-phone", "/handover/1", 360, 740, "light"),
    ("handovers-phone", "/handover", 360, 740, "light"),
    ("left-phone", "/commissioning", 360, 740, "light"),
    ("household", "/operator", 1920, 1080, "light"),
    ("rota", "/rota", 1280, 900, "light"),
    ("rota-phone", "/rota", 360, 740, "dark"),
    ("responders", "/responders", 1000, 900, "light"),
    ("messages", "/messages", 1000, 900, "light"),
    ("contacts", "/contacts?place=b3%2F101", 1000, 900, "light"),
    ("reports", "/reports", 1000, 1400, "light"),
    ("situation", "/situation", 1000, 1400, "light"),
)
#: The same of a site on which walk tests are under way.
TESTING: Final = (
    ("test-start-phone", "/test/untested", 360, 740, "light"),
    ("test-half-phone", "/test/half", 360, 740, "light"),
    ("test-half-dark-phone", "/test/half", 360, 740, "dark"),
    ("test-done-phone", "/test/done", 360, 740, "light"),
    ("test-photo-phone", "/test/done/photo/button-11-101", 360, 740, "light"),
)
#: Of a district.
DISTRICT: Final = (
    ("district", "/", 1280, 900, "light"),
    ("district-phone", "/", 360, 740, "light"),
    ("district-operator", "/operator", 1280, 800, "light"),
    ("district-operator-phone", "/operator", 360, 740, "dark"),
    ("district-map", "/map", 1280, 900, "light"),
    ("district-map-dark", "/map", 1280, 900, "dark"),
    ("district-gateways", "/gateways", 1280, 900, "light"),
    ("district-report", "/reports", 1000, 900, "light"),
    ("district-levels", "/levels", 1000, 900, "light"),
    ("district-plans", "/plans", 1000, 900, "light"),
    ("district-wall", "/wall", 1920, 1080, "dark"),
    ("district-site", "/sites/g1/", 1280, 900, "light"),
)
#: What is pressed before the picture is made: the row of a flat, then its household.
KEYS: Final = {"household": ("ArrowDown", "h")}
LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}


def take(folder: Path, wanted: Collection[str] = ()) -> None:
    """Make every picture, or those that are wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = shutil.which("playwright-node") or ""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for pictures, testing in ((PICTURES, False), (TESTING, True)):
            chosen = [each for each in pictures if not wanted or each[0] in wanted]
            if chosen:
                _of_a_site(browser, chosen, folder, testing=testing)
        if chosen := [each for each in DISTRICT if not wanted or each[0] in wanted]:
            _of_a_district(browser, chosen, folder)
        browser.close()


def _of_a_site(
    browser: Browser, pictures: Sequence[Picture], folder: Path, *, testing: bool
) -> None:
    site_folder = Path(tempfile.mkdtemp(prefix="callpoint-pictures-"))
    with written_site(site_folder, testing=testing) as config:
        console = ConsoleProcess(config)
        _of_a_console(browser, console, pictures, folder)
        console.stop()
    shutil.rmtree(site_folder, ignore_errors=True)


def _of_a_district(browser: Browser, pictures: Sequence[Picture], folder: Path) -> None:
    # Playwright's loop runs in this thread.
    with ThreadPoolExecutor(1) as thread, ExitStack() as stack:
        console = thread.submit(stack.enter_context, _busy_district()).result()
        _of_a_console(browser, console, pictures, folder)
        thread.submit(stack.close).result()


@contextmanager
def _busy_district() -> Iterator[ConsoleProcess]:
    folder = Path(tempfile.mkdtemp(prefix="callpoint-pictures-"))
    server = Database(folder, free_port())
    server.make()
    with asyncio.Runner() as runner:
        runner.run(server.start())
        server.create()
        with busy_district(folder, server.address()) as (_, console):
            yield console
        runner.run(server.stop())
    server.remove()
    shutil.rmtree(folder, ignore_errors=True)


def _of_a_console(
    browser: Browser, console: ConsoleProcess, pictures: Sequence[Picture], folder: Path
) -> None:
    for name, path, width, height, scheme in pictures:
        for language, locale in LOCALES.items():
            page = browser.new_page(
                locale=locale,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": height},
                reduced_motion="reduce",
            )
            if not path.startswith("/p/"):  # that is for those who have not signed in
                page.context.add_cookies([console.cookie(language)])
            page.goto(console.address + path)
            page.wait_for_timeout(800)
            for key in KEYS.get(name, ()):
                page.keyboard.press(key)
                page.wait_for_timeout(800)
            page.screenshot(path=folder / f"{name}-{language}.png", full_page=width < 1920)
            page.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2:])
