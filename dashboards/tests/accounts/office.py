"""Accounts of an estate on disk, with a clock that a test moves."""

import sqlite3
from functools import cache
from pathlib import Path

import pyotp

from callpoint_console.accounts.assembly import Accounts, accounts_of
from callpoint_console.accounts.passwords import Passwords
from callpoint_console.accounts.roles import Grant, PlaceTree
from callpoint_console.accounts.sessions import OnShift, Session
from callpoint_console.accounts.sign_in import Browser, Refused, SignedIn
from callpoint_console.database import Database
from callpoint_console.stores import SUBJECTS
from callpoint_gateway.configuration.config import Config, GatewaySettings
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.control.roles import Role

PASSWORD = "seven quiet herons"
HERE = Browser("192.0.2.7", "Firefox on the desk", "")
PLACES = [
    Place(id="b3", community="Garden", building="3"),
    Place(id="b3-u2-301", community="Garden", building="3", unit="2", room="301"),
    Place(id="b30-101", community="Garden", building="30", room="101"),
    Place(id="unit-3", community="Garden", unit="3"),
    Place(id="kiosk"),
]
REGISTER = Register(PLACES, [])
TREE = PlaceTree(PLACES)
CONFIG = Config(gateway=GatewaySettings(site="garden", state_dir="state", register="r.toml"))


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.wall = 1_795_000_000_000
        self.monotonic = 1_000

    def wall_ms(self) -> int:
        """Return Unix milliseconds."""
        return self.wall

    def monotonic_ms(self) -> int:
        """Return milliseconds that never step."""
        return self.monotonic

    def boot_id(self) -> str:
        """Return the boot, which is always the same."""
        return "test-boot"

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += int(seconds * 1000)
        self.monotonic += int(seconds * 1000)


class CountedPasswords(Passwords):
    """Passwords that count how many were compared."""

    compared = 0

    def right(self, stored: str | None, password: str) -> bool:
        """Compare, and count it."""
        self.compared += 1
        return super().right(stored, password)


@cache
def hashed_once() -> str:
    """Return the hash of the password of all: each hash takes a tenth of a second."""
    return Passwords().hashed(PASSWORD)


def _no_shift(connection: sqlite3.Connection, account: int) -> bool:
    return False


class Office:
    """Accounts, and what a test does with them."""

    def __init__(
        self, database: Database, clock: ManualClock, on_shift: OnShift | None = None
    ) -> None:
        self.clock = clock
        self.database = database
        self.passwords = CountedPasswords()
        self.accounts: Accounts = accounts_of(
            database, CONFIG, REGISTER, clock, on_shift or _no_shift, self.passwords
        )

    def close(self) -> None:
        """End the threads and close the file."""
        self.accounts.sign_in.close()
        self.database.close()

    async def hire(self, login: str, *grants: Grant, factor: bool = False) -> str | None:
        """Make an account with the password of all; return the secret of its second factor."""
        accounts = self.accounts
        link = accounts.store.add(login, grants, "en")
        account = accounts.store.find(login)
        assert accounts.credentials.set_password(account.id, hashed_once(), link)
        if not factor:
            return None
        secret = accounts.credentials.pending_factor(account.id)
        assert accounts.credentials.confirm_factor(account.id, self.code(secret)) is not None
        self.clock.advance(60)
        return secret

    def code(self, secret: str, ahead_s: int = 0) -> str:
        """Return the code that an authenticator shows."""
        return pyotp.TOTP(secret).at(self.clock.wall // 1000 + ahead_s)

    async def enter(
        self, login: str, password: str = PASSWORD, browser: Browser = HERE
    ) -> SignedIn | Refused:
        """Type login name and password."""
        return await self.accounts.sign_in.with_password(login, password, browser)

    async def session(self, login: str) -> Session:
        """Return the session of somebody who has typed the password."""
        entered = await self.enter(login)
        assert isinstance(entered, SignedIn), entered
        found = self.accounts.sessions.find(entered.session, click=False)
        assert found is not None
        return found


def open_database(folder: Path) -> Database:
    """Return a database on disk."""
    return Database(folder / "console" / "console.sqlite3", SUBJECTS)


ADMIN = Grant(Role.ADMIN)
OPERATOR = Grant(Role.OPERATOR)
VIEWER = Grant(Role.VIEWER)
