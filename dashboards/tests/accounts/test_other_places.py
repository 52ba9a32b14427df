"""Whoever has roles at one building learns nothing of the others, whatever number is typed.

A site in which everything happens; each role at building 1; every page that can be opened, with
the ids of other buildings.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import httpx2
import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.sessions import SessionStore
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock

from ..browser.console_process import ConsoleProcess
from ..browser.written_people import alarm_of
from ..browser.written_site import written_site
from .test_every_endpoint import TABLE

AREA: Final = "幸福小区 / 1"
#: Devices, places and buildings of others, and people there.
FOREIGN: Final = re.compile(
    r"button-(?!1-)\d+-\d+|b(?!1/)\d+/\w+|幸福小区 / (?!1\b)\d+|赵小满|钱大雪|周清明|吴白露"
)
AT: Final = "at=幸福小区&at=7"
#: What is typed for each part of an address, beside the number of an alarm and this month.
PARTS: Final = {
    "device": "button-3-101",
    "storey:int": "1",
    "kind": "smoke",
    "profile": "estate",
    "code": "mended",
    "person": "p-aaaaaaaaaa",
    "centre": "police",
    "action": "acknowledge",
    "step": "call",
    "order": "test",
    "login": "wang-2",
    "token": "none",
}
#: What is typed beside that: other numbers, and queries.
MORE: Final = (
    *("/device/button-7-201", f"/place?{AT}", "/place?at=幸福小区", "/place?at=b3/101"),
    *("/search?q=button", "/search?q=幸福", "/search?q=101", f"/storeys?{AT}"),
    *("/work-orders/1", "/work-orders/2", "/work-orders/3", "/shift/hand-over/1"),
    *("/work-orders/new?about=device/button-3-101", "/work-orders/new?about=place/b3/101"),
    *("/work-orders/new?about=fault/centre/police/path/2", "/rota/now?role=guard&cell=b3/101"),
    *("/messages?alarm={alarm}", "/reports/{month}.csv", "/reports/{month}.json"),
    *("/handover/1", "/handover/1/file"),
)
#: Whoever has the code of a label sees that point without an account; streams are ``LIVE``.
ELSEWHERE: Final = ("/p/{code}", "/live/{page}")
LIVE: Final = ("manager", "wall", "operator", "frame", "levels")


class Site(NamedTuple):
    """A console, its accounts' cookies by role, and an alarm in building 3."""

    address: str
    cookies: dict[Role, str]
    alarm: int

    def browser(self, role: Role) -> httpx2.Client:
        """Return a browser in which an account with a role at building 1 is signed in."""
        cookie = {"callpoint-session": self.cookies[role]}
        return httpx2.Client(base_url=self.address, cookies=cookie, timeout=30)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with written_site(folder) as config:
        state = folder / "state"
        console = ConsoleProcess(config)
        try:
            yield Site(console.address, cookies(state), alarm_of(state, "button-3-101"))
        finally:
            console.stop()


def cookies(state: Path) -> dict[Role, str]:
    """Make an account of each role at building 1; return the cookies of their sessions."""
    database, clock = Database(file_in(state), SUBJECTS), SystemClock()
    store, sessions = (
        AccountStore(database, clock),
        SessionStore(database, ConsoleSettings(), clock),
    )
    found = {}
    for role in Role:
        store.add(f"only-{role}", [Grant(role, AREA)], "en")
        account = store.find(f"only-{role}").id
        ready = "UPDATE accounts SET factor = 'SECRET', must_change = 0 WHERE id = ?"
        database.write(lambda c, ready=ready, account=account: c.execute(ready, (account,)))
        found[role] = sessions.begin(account, "127.0.0.1", "a test", factor=True)
    database.close()
    return found


def addresses(alarm: int) -> list[str]:
    """Return everything that is typed."""
    month = datetime.now(UTC).strftime("%Y-%m")
    parts = PARTS | {"number:int": str(alarm), "alarm": str(alarm), "month": month}
    return [
        re.sub(r"\{([^}]+)\}", lambda part: parts[part[1]], path)
        for path in (*TABLE, *MORE)
        if path not in ELSEWHERE
    ]


@pytest.mark.parametrize("role", Role)
def test_no_page_says_anything_of_another_building(site: Site, role: Role) -> None:
    with site.browser(role) as browser:
        own = browser.get("/search", params={"q": "101"})
        assert "button-1-101" in own.text
        for path in addresses(site.alarm):
            answer = browser.get(path)
            assert answer.status_code < 500, path
            # A page may repeat the address that was typed.
            learnt = set(FOREIGN.findall(answer.text)) - set(FOREIGN.findall(path))
            assert not learnt, path
        for page in LIVE:
            with browser.stream("GET", f"/live/{page}") as stream:
                if stream.status_code != 200:
                    continue
                lines = stream.iter_lines()
                first = next(line for line in lines if '"id"' in line)
                assert not FOREIGN.findall(first), page
