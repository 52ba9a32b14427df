"""A console of an estate in which people live, and browsers that are signed in to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
from starlette.applications import Starlette

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.assembly import Accounts, accounts_of
from callpoint_console.accounts.looks import Look
from callpoint_console.accounts.roles import Grant
from callpoint_console.app import build_app
from callpoint_console.people.assembly import people_of
from callpoint_gateway.configuration.config import Config, GatewaySettings
from callpoint_gateway.configuration.notify import Channel, NotifySettings
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.roles import Role
from callpoint_people.person import Person, Responsibility
from callpoint_people.store import PeopleStore

from ..accounts.office import open_database
from ..console.estate import Estate, estate

ORIGIN: Final = "http://127.0.0.1"
#: No page of the wrong role, no log and no journal may ever have these.
NAME: Final = "欧阳金丝雀"
NUMBER: Final = "+8613900004711"
FLAT: Final = "b1/101"
BUILDING: Final = "幸福小区 / 1"
NOTIFY: Final = NotifySettings(
    enabled=True, channel=[Channel(name="sms", url_file="sms.url", address="phone")]
)
CONFIG: Final = Config(
    gateway=GatewaySettings(
        site="estate", state_dir="state", register="r.toml", time_zone="Asia/Shanghai"
    ),
    notify=NOTIFY,
)


def person(name: str, phone: str = "", language: str = "zh") -> Person:
    """Return somebody who consented."""
    addresses = {"phone": phone} if phone else {}
    return Person(name=name, language=language, consent_on="2026-01-02", addresses=addresses)


class Listener:
    """The desk of a gateway that does whatever it is asked, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question[Any], By | None]] = []
        self.refuses: Exception | None = None

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Remember the question, or refuse it."""
        if self.refuses is not None:
            raise self.refuses
        self.asked.append((question, by))
        return None  # type: ignore[return-value]


class Guest:
    """A browser, signed in or not."""

    def __init__(self, app: Starlette, cookie: str, token: str, address: str) -> None:
        self._app, self._cookie, self.token, self._address = app, cookie, token, address

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send one request; a redirect is not followed."""
        headers = {"Origin": ORIGIN, "X-CSRF-Token": self.token, "Accept-Language": "en"}
        headers |= dict(more.pop("headers", {}))
        cookies = {"callpoint-session": self._cookie} if self._cookie else {}
        transport = httpx2.ASGITransport(self._app, client=(self._address, 50_000))
        async with httpx2.AsyncClient(
            transport=transport, base_url=ORIGIN, cookies=cookies
        ) as client:
            return await client.request(method, path, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page."""
        return await self.send("GET", path, **more)

    async def post(self, path: str, **more: Any) -> httpx2.Response:
        """Send a form."""
        return await self.send("POST", path, **more)


class PeopleSite:
    """The estate, its people by what they are, and its console."""

    def __init__(self, folder: Path, written: Estate) -> None:
        self.folder, self.written = folder, written
        self.desk = Listener()
        self.database = open_database(folder)
        self.accounts: Accounts = accounts_of(
            self.database, CONFIG, written.register, written.clock
        )
        self.ids: dict[str, str] = {}
        with self.store() as store:
            self._move_in(store)
        self.console = written.console(desk=self.desk)
        people = people_of(folder, CONFIG, written.register, written.clock, self.accounts.looks)
        self.app: Starlette = build_app(self.console, self.accounts, people)

    def _move_in(self, store: PeopleStore) -> None:
        for who, name, phone, role, cell, order in (
            ("resident", NAME, NUMBER, "resident", FLAT, 0),
            ("second", "Second Keys", "13800000002", "key_holder", FLAT, 2),
            ("first", "First Keys", "13800000001", "key_holder", FLAT, 1),
            ("worker", "Grid Worker", "13800000003", "grid_worker", BUILDING, 0),
            ("guard", "Night Guard", "13800000004", "guard", "", 0),
        ):
            given = [Responsibility(role, cell, order)]
            self.ids[who] = store.add(person(name, phone), given)

    def store(self) -> PeopleStore:
        """Open the people's store."""
        return PeopleStore(self.folder)

    def close(self) -> None:
        """End the threads."""
        self.accounts.sign_in.close()
        self.database.close()

    def looks(self) -> list[Look]:
        """Return every look on record, the newest first."""
        return self.accounts.looks.looks()

    def guest(self, address: str = "192.0.2.9") -> Guest:
        """Return a browser in which nobody is signed in."""
        return Guest(self.app, "", "", address)

    def signed_in(self, login: str, role: Role, place: str = "", language: str = "en") -> Guest:
        """Return a browser of an account with one role, whose pages are in ``language``."""
        self.accounts.store.add(login, [Grant(role, place)], language, Kind.PERSON)
        account = self.accounts.store.find(login)
        self.accounts.credentials.set_password(account.id, "hash")
        self.database.write(
            lambda c: c.execute(
                "UPDATE accounts SET factor = 'SECRET' WHERE id = ?", (account.id,)
            )
        )
        cookie = self.accounts.sessions.begin(account.id, "", "", factor=True)
        session = self.accounts.sessions.find(cookie, click=False)
        assert session is not None
        return Guest(self.app, cookie, session.csrf, "192.0.2.7")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the console until it has read the estate's journals."""
        async with self.app.router.lifespan_context(self.app):
            await self.until(lambda: self.console.broadcaster.snapshot is not None)
            yield

    async def until(self, holds: Any) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - no news of it
                await asyncio.sleep(0.01)

    def is_open(self, alarm: int) -> bool:
        """Say whether the console knows that an alarm is open."""
        snapshot = self.console.broadcaster.snapshot
        return snapshot is not None and any(
            each.alarm == alarm for each in snapshot.situation.alarms
        )


@contextmanager
def people_site(folder: Path) -> Iterator[PeopleSite]:
    """Yield the console; nothing of it is left at the end."""
    with estate(folder) as written:
        site = PeopleSite(folder, written)
        try:
            yield site
        finally:
            site.close()
