"""The console of a written district, and people who are signed in there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
from starlette.applications import Starlette

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.database import Database as ConsoleFile
from callpoint_console.database import file_in
from callpoint_district.console.app import build_app
from callpoint_district.console.assembly import accounts_of
from callpoint_district.console.district import DistrictConsole
from callpoint_district.settings import District

from ..accounts.web import HERE, Web
from .written_district import WrittenDistrict

SOON_S: Final = 60.0


class Person(Web):
    """A browser in which somebody has signed in."""

    def __init__(self, app: Starlette, cookie: str, csrf: str) -> None:
        super().__init__(app)
        self.cookies.set("callpoint-session", cookie)
        self._csrf = csrf

    async def open(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.send("GET", path)

    async def form(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form."""
        data = {"csrf_token": self._csrf, **fields}
        return await self.send("POST", path, data=data, headers={"Origin": HERE})

    async def until(self, path: str, text: str) -> str:
        """Open a page again and again until it has a text; return it."""
        async with asyncio.timeout(SOON_S):
            while True:
                if text in (shown := (await self.open(path)).text):
                    return shown
                await asyncio.sleep(0.05)


class ShownDistrict:
    """The application of a district."""

    def __init__(
        self, folder: Path, written: WrittenDistrict, server: str = "nats://127.0.0.1:9"
    ) -> None:
        """``server``: the engine; without another there is none."""
        self.settings = District(
            district="d1", servers=[server], database=written.address, state_dir=str(folder)
        )
        self._file = ConsoleFile(file_in(folder), SUBJECTS)
        database, clock = written.database, written.clock
        self.accounts = accounts_of(self._file, self.settings, database, clock)
        self.district = DistrictConsole(self.settings, database, clock)
        self.app = build_app(self.district, self.accounts)

    def close(self) -> None:
        """End the threads and close the file."""
        self.accounts.sign_in.close()
        self._file.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it."""
        async with self.app.router.lifespan_context(self.app):
            yield

    def person(self, login: str, *grants: Grant) -> Person:
        """Return the browser of a new account that has signed in with everything."""
        store, credentials = self.accounts.store, self.accounts.credentials
        store.add(login, grants, "en", Kind.PERSON)
        account = store.find(login)
        credentials.set_password(account.id, "hash")
        self._file.write(
            lambda c: c.execute(
                "UPDATE accounts SET factor = 'SECRET' WHERE id = ?", (account.id,)
            )
        )
        cookie = self.accounts.sessions.begin(account.id, "", "", factor=True)
        session = self.accounts.sessions.find(cookie, click=False)
        assert session is not None
        return Person(self.app, cookie, session.csrf)
