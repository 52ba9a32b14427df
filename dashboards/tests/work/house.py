"""The console of an estate with its people, each in a browser of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from callpoint_console.accounts.roles import Grant
from callpoint_console.app import build_app
from callpoint_console.database import Database
from callpoint_console.desk import Desk
from callpoint_console.stores import stores_of
from callpoint_console.work.shifts import on_shift
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock

from ..accounts.office import CONFIG, Office, open_database
from ..console.estate import Estate
from ..waiting import page_until, until

HERE = "http://127.0.0.1"


class SetClock(SystemClock):
    """The machine's clock, moved ahead by a test."""

    ahead_ms = 0

    def wall_ms(self) -> int:
        """Return Unix milliseconds."""
        return super().wall_ms() + self.ahead_ms


class Person:
    """Somebody who has signed in with everything."""

    def __init__(self, house: "House", login: str, *grants: Grant) -> None:
        self.login = login
        accounts = house.office.accounts
        accounts.store.add(login, grants, "en")
        account = accounts.store.find(login)
        accounts.credentials.set_password(account.id, "hash")
        house.database.write(
            lambda c: c.execute(
                "UPDATE accounts SET factor = 'SECRET' WHERE id = ?", (account.id,)
            )
        )
        self.cookie = accounts.sessions.begin(account.id, "", "", factor=True)
        session = accounts.sessions.find(self.cookie, click=False)
        assert session is not None
        self._csrf, self._client, self._database = session.csrf, house.client, house.database

    def speak(self, language: str) -> None:
        """Have the pages in another language from now on."""
        change = "UPDATE accounts SET language = ? WHERE login = ?"
        self._database.write(lambda c: c.execute(change, (language, self.login)))

    def get(self, path: str, status: int = 200) -> str:
        """Return the text of a page."""
        return self._ask("GET", path, status).text

    def post(self, path: str, status: int = 303, **fields: str) -> httpx2.Response:
        """Send a form and return the answer; a redirect is not followed."""
        return self._ask("POST", path, status, data={"csrf_token": self._csrf, **fields})

    def _ask(self, method: str, path: str, status: int, **more: object) -> httpx2.Response:
        headers = {"Cookie": f"callpoint-session={self.cookie}", "Origin": HERE}
        answer = self._client.request(
            method, path, headers=headers, follow_redirects=False, **more
        )
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        return answer

    def until(self, path: str, condition: Callable[[str], bool]) -> str:
        """Load a page again and again until its text fulfils a condition; return it."""
        return page_until(lambda: self.get(path), condition)


class House:
    """A console that runs in memory over an estate's journals and a file on disk."""

    def __init__(self, folder: Path, estate: Estate, desk: Desk | None = None) -> None:
        self.estate, self._folder, self._desk = estate, folder, desk
        self.clock = SetClock()

    @contextmanager
    def open(self) -> Iterator["House"]:
        """Run the console until it has read the journals; it may be opened again."""
        self.database: Database = open_database(self._folder)
        stores = stores_of(self.database, self.estate.register, self.clock, CONFIG.console)
        self.office = Office(self.database, self.clock, on_shift)
        self.work = stores.work
        console = self.estate.console(stores, self._desk)
        with TestClient(build_app(console, self.office.accounts), base_url=HERE) as self.client:
            until(lambda: console.broadcaster.snapshot is not None)
            yield self
        self.office.close()

    def hire(self, login: str, *roles: Role, at: str = "") -> Person:
        """Return somebody with roles for the whole site, or at a place."""
        return Person(self, login, *(Grant(role, at) for role in roles))
