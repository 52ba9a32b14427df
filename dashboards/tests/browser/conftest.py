"""A real browser for the tests of pages, and consoles for it to look at."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from .console_process import ConsoleProcess
from .real_site import RealSite
from .written_site import written_site

SOON_MS = 60_000
expect.set_options(timeout=SOON_MS)
HINT = "make browser fetches the browser of the tests"


# Its event loop runs as long as it does, and no other test of the process could have its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return Debian's headless Chromium, as ``make browser`` has unpacked it."""
    program, node = shutil.which("chromium"), shutil.which("playwright-node")
    assert program, HINT
    assert node, HINT
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = node
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, timeout=120_000
        )
        yield browser
        browser.close()


class Pages:
    """Opens pages that a test looks at, and says what their scripts have complained about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts = []
        self.complaints: list[str] = []

    def open(
        self, address: str, language: str = "en", login: str | None = "", **more: object
    ) -> Page:
        """Open an address in a browser of its own, with a language and further settings.

        Somebody has signed in there, who has every role; ``login``: under this name, None: nobody.
        """
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = self._browser.new_context(locale=locale, **more)  # type: ignore[arg-type]
        self._contexts.append(context)
        if login is not None:
            console = ConsoleProcess.running["/".join(address.split("/")[:3])]
            context.add_cookies([console.cookie(language, login)])  # type: ignore[list-item]
        page = context.new_page()
        page.set_default_timeout(SOON_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if refused(said.text) else None,
        )
        page.goto(address)
        return page

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()


def reload_until_seen(page: Page, found: Locator) -> None:
    """Load a page again and again until something is on it that comes from the journals."""
    ends = time.monotonic() + SOON_MS / 1000
    while not found.count():
        assert time.monotonic() < ends, page.locator("main").inner_text()
        page.reload()


def refused(text: str) -> bool:
    """Say whether a line of the browser's console is about what its policy forbids."""
    return "Content Security Policy" in text or "Uncaught" in text


@pytest.fixture
def pages(chromium: Browser) -> Iterator[Pages]:
    """Return what opens pages; no script of any of them may have failed at the end."""
    opened = Pages(chromium)
    yield opened
    opened.close()
    assert opened.complaints == []


@pytest.fixture(scope="module")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """Return a real gateway with a virtual board."""
    site = RealSite(tmp_path_factory.mktemp("real"))
    yield site
    site.close()


@pytest.fixture(scope="module")
def console(real_site: RealSite) -> Iterator[ConsoleProcess]:
    """Return a console of the real gateway."""
    process = ConsoleProcess(real_site.config)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """Return a console of a site whose journal was written: much is the matter there."""
    folder: Path = tmp_path_factory.mktemp("written")
    with written_site(folder) as config:
        process = ConsoleProcess(config)
        yield process
        process.stop()
