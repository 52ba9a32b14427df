"""The pages of accounts in a real browser: by keyboard alone, and when a session ends."""

import re
import time
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from callpoint_cli.main import main

from .conftest import Pages
from .console_process import ConsoleProcess
from .test_looks import mistakes

PASSWORD = "seven quiet herons"


def user(console: ConsoleProcess, *words: str) -> str:
    """Type `callpoint user` beside the running console."""
    result = CliRunner().invoke(main, ["user", *words, "-c", str(console.config)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_from_the_link_to_the_desk_by_keyboard_alone(
    pages: Pages, written: ConsoleProcess, tmp_path: Path, language: str, scheme: str
) -> None:
    login = f"new-{language}"
    said = user(written, "add", login, "--role", "operator", "--language", language)
    link = re.search(r"/welcome/[\w-]+", said)
    assert link
    page = pages.open(written.address + link[0], language, None, color_scheme=scheme)
    assert list(mistakes(page)) == []
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".qr svg")).to_be_visible()
    assert list(mistakes(page)) == []
    shown = page.locator(".narrow").inner_text()
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", shown)
    assert secret
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    page.keyboard.type(totp.now())
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    assert list(mistakes(page)) == []
    page.goto(f"{written.address}/operator")
    expect(page.locator("body.operator")).to_be_visible()
    # Signed out, and in again with the code of the next half minute.
    page.goto(f"{written.address}/account")
    page.locator("form[action='/logout'] button").press("Enter")
    expect(page.locator("#login")).to_be_focused()
    assert list(mistakes(page)) == []
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    assert list(mistakes(page)) == []
    page.keyboard.type(totp.at(int(time.time()) + 30))
    page.keyboard.press("Enter")
    expect(page.locator("body.manager")).to_be_visible()


def test_a_page_whose_session_ends_leads_to_the_sign_in_and_back(
    pages: Pages, written: ConsoleProcess
) -> None:
    page = pages.open(f"{written.address}/operator", login="leaver")
    expect(page.locator("[data-card]")).to_be_visible()
    user(written, "logout", "leaver")
    expect(page.locator("#login")).to_be_visible()
    assert page.url.startswith(f"{written.address}/login?next=/operator")
    assert page.locator("input[name=next]").get_attribute("value") == "/operator"


def test_a_screen_whose_login_is_revoked_shows_the_site_no_longer(
    pages: Pages, written: ConsoleProcess
) -> None:
    said = user(written, "add", "wall-7", "--role", "viewer", "--screen")
    link = re.search(r"/screen/[\w-]+", said)
    assert link
    page = pages.open(written.address + link[0], login=None)
    page.locator("form[action^='/screen/'] button").click()
    expect(page.locator("body.wall #alarms [data-alarm]").first).to_be_visible()
    user(written, "disable", "wall-7")
    # Nobody touches the screen: its stream says that the session is over.
    signed_out = re.compile(r"/login\?next=/wall$")
    expect(page).to_have_url(signed_out)
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("#alarms")).to_have_count(0)
    page.goto(f"{written.address}/wall")
    expect(page).to_have_url(signed_out)
