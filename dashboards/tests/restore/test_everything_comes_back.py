"""A site in which people have done everything is copied, wiped and restored: what was, is again.

It is looked at as people do: on the pages, and with the commands.
"""

import difflib
import re
import shutil
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx2
import pyotp
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_console.accounts.credentials import Credentials
from callpoint_console.accounts.passwords import Passwords
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import hold

from ..accounts.office import PASSWORD
from ..browser.console_process import ConsoleProcess
from ..browser.written_people import RESIDENT, person_id
from ..browser.written_site import written_site

BUILDING: Final = {"at": ["幸福小区", "7"]}
PAGES: Final = (
    *("/accounts", "/work-orders", "/work-orders/1", "/work-orders/3", "/shifts"),
    *("/shift/hand-over/1", "/levels", "/plans", "/plans/smoke/estate", "/plans/smoke/estate?v=1"),
    *("/drills", "/storey/1", "/storey/1/image", "/points", "/test/works", "/rota"),
    *("/responders", "/messages", "/contacts?place=b3%2F101"),
)
COMMANDS: Final = (
    ("user", "list"),
    ("rota", "show"),
    ("notify", "status"),
    ("contact", "list"),
    ("events", "--json"),
)
#: What is new with each request: tokens, the time, and how long ago something was.
FRESH: Final = re.compile(
    r'name="csrf(?:_|-)token" (?:value|content)="[^"]*"|data-v="[^"]*"|\b\d+ (?:min|h|s)\b'
    r'|\d{2}:\d{2}:\d{2}|<section id="strip".*?</section>',
    re.DOTALL,
)


def account(state: Path) -> str:
    """Make an account with every role, a password and an authenticator; return its secret."""
    database, clock = Database(file_in(state), SUBJECTS), SystemClock()
    try:
        store, credentials = AccountStore(database, clock), Credentials(database, clock)
        link = store.add("chief", [Grant(role) for role in Role], "en")
        number = store.find("chief").id
        assert credentials.set_password(number, Passwords().hashed(PASSWORD), link)
        secret = credentials.pending_factor(number)
        # The code of the moment before: that of now signs in.
        code = pyotp.TOTP(secret).at(clock.wall_ms() // 1000 - 30)
        assert credentials.confirm_factor(number, code) is not None
        return secret
    finally:
        database.close()


def signed_in(address: str, secret: str, ahead_s: int) -> httpx2.Client:
    """Return a browser in which somebody has signed in with password and authenticator."""
    browser = httpx2.Client(base_url=address, headers={"Origin": address}, timeout=30)
    answer = browser.post("/login", data={"login": "chief", "password": PASSWORD})
    assert answer.headers["location"].startswith("/"), answer.text
    page = browser.get("/second-factor").text
    token = re.search(r'name="csrf_token" value="([^"]*)"', page)
    assert token
    code = pyotp.TOTP(secret).at(SystemClock().wall_ms() // 1000 + ahead_s)
    answer = browser.post("/second-factor", data={"csrf_token": token[1], "code": code})
    assert answer.status_code == 303, answer.text
    return browser


def pages(browser: httpx2.Client, more: str) -> dict[str, str]:
    """Return every page, without what is new each time."""
    found = {}
    for path in (*PAGES, more):
        # The public page leads a technician on to the test of the place.
        answer = browser.get(path, follow_redirects=path == "/p/works")
        assert answer.status_code == 200, (path, answer.status_code)
        found[path] = FRESH.sub("", answer.text)
    return found


def commands(config: Path) -> dict[str, str]:
    """Return what each command prints."""
    found = {}
    for words in COMMANDS:
        result = CliRunner().invoke(main, [*words, "-c", str(config)])
        # 4: it says that something is not as it should be.
        assert result.exit_code in (0, 4), (words, result.output)
        found[" ".join(words)] = FRESH.sub("", result.output)
    return found


def run(config: Path, *words: str) -> None:
    result = CliRunner().invoke(main, [*words, "-c", str(config)])
    assert result.exit_code == 0, result.output


def test_pages_and_commands_say_the_same_after_a_restore(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with written_site(tmp_path) as config:
        state = tmp_path / tomllib.loads(config.read_text("utf-8"))["gateway"]["state_dir"]
        secret = account(state)
        resident = f"/contacts/{person_id(state, RESIDENT)}"
        console = ConsoleProcess(config)
        try:
            with closing(signed_in(console.address, secret, 0)) as browser:
                before = pages(browser, resident)
            told = commands(config)
            for name in ("sms.toml", "wecom.url"):
                (tmp_path / name).write_text("")
            # Console and gateway run meanwhile.
            run(config, "backup", str(copy), "--secrets")
        finally:
            console.stop()
    shutil.rmtree(state)
    run(config, "restore", str(copy))
    assert commands(config) == told
    with hold(state):  # as a gateway that runs
        console.start()
        try:
            with closing(signed_in(console.address, secret, 30)) as browser:
                after = pages(browser, resident)
        finally:
            console.stop()
    for path, text in before.items():
        difference = difflib.unified_diff(text.splitlines(), after[path].splitlines(), n=0)
        assert not list(difference), path
