"""Signing in: the password and the second factor, with limits against guessing.

Nobody learns from an answer whether a login name exists: the words are the same, and so is the
work. A try counts before it is judged, so a thousand at once are no way around a limit.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Final, NamedTuple

from callpoint_console.accounts.account import Account, login_name
from callpoint_console.accounts.credentials import Credentials
from callpoint_console.accounts.limits import GrowingWait, network_of
from callpoint_console.accounts.passwords import Passwords
from callpoint_console.accounts.sessions import Session, SessionStore
from callpoint_console.database import Database
from callpoint_gateway.host.clock import Clock

_FREE: Final = 5  # failures of an account, a browser or a second factor before the first wait
_FREE_OF_NETWORK: Final = 20  # a whole office may have one address
_MOST_S: Final = 60
_MOST_OF_NETWORK_S: Final = 300
_MOST_OF_FACTOR_S: Final = 900  # of a million codes some hundred can be tried in a day
_QUEUE: Final = 32  # passwords that wait to be compared


class Browser(NamedTuple):
    """Where a request comes from: address, what it says of itself, the token of its cookie."""

    address: str
    description: str
    device: str


class SignedIn(NamedTuple):
    """The tokens for the cookies of session and browser."""

    session: str
    device: str


class Refusal(StrEnum):
    """Why nobody is signed in; ``WAIT``: tries come too fast."""

    WRONG = "wrong"
    WAIT = "wait"
    BUSY = "busy"


class Refused(NamedTuple):
    """Nobody is signed in. ``wait_s``: seconds until the next try counts."""

    why: Refusal
    wait_s: int = 0


class SignIn:
    """Signs accounts in. DatabaseFault: the file cannot be used."""

    def __init__(
        self, database: Database, sessions: SessionStore, passwords: Passwords, clock: Clock
    ) -> None:
        """Use the stores of an open database."""
        self._database, self._sessions, self._passwords = database, sessions, passwords
        self._credentials = Credentials(database, clock)
        # One at a time: each needs 19 MiB.
        self._hashing = ThreadPoolExecutor(1, thread_name_prefix="console-passwords")
        self._waiting = 0
        self._by_login = GrowingWait(_FREE, _MOST_S, clock)
        self._by_device = GrowingWait(_FREE, _MOST_S, clock)
        self._by_network = GrowingWait(_FREE_OF_NETWORK, _MOST_OF_NETWORK_S, clock)
        self._by_factor = GrowingWait(_FREE, _MOST_OF_FACTOR_S, clock)

    async def with_password(
        self, login: str, password: str, browser: Browser
    ) -> SignedIn | Refused:
        """Return the cookies of a new session, which still lacks the second factor; or why not."""
        name = login_name(login) or login.strip().lower()[:64]
        in_thread = self._database.in_thread
        known = await self._knows(browser, name)
        limits = [(self._by_login, name), (self._by_network, network_of(browser.address))]
        if known:
            limits = [(self._by_device, browser.device)]
        if wait_s := max(limit.wait_s(key) for limit, key in limits):
            return Refused(Refusal.WAIT, wait_s)
        if self._waiting >= _QUEUE:
            return Refused(Refusal.BUSY, 1)
        for limit, key in limits:
            limit.tried(key)
        self._waiting += 1
        try:
            found = await in_thread(self._credentials.of, name)
            stored = found[1] if found else None
            right = await self._right(stored, password)
        finally:
            self._waiting -= 1
        if not right or found is None or stored is None:
            return Refused(Refusal.WRONG)
        account = found[0]
        for limit, key in limits:
            if limit is self._by_network:
                limit.take_back(key)  # whoever has one account may guess at others
            else:
                limit.succeeded(key)
        if self._passwords.outdated(stored):
            hashed = await self._hashed(password)
            await in_thread(self._credentials.rehash, account.id, stored, hashed)
        return await self._begun(account, browser, known=known)

    async def _begun(self, account: Account, browser: Browser, *, known: bool) -> SignedIn:
        in_thread = self._database.in_thread
        session = await in_thread(
            self._sessions.begin, account.id, browser.address, browser.description
        )
        if known or account.factor:
            # With a second factor the browser is known once that was right, too.
            return SignedIn(session, browser.device if known else "")
        return SignedIn(session, await in_thread(self._credentials.new_device, account.id))

    async def with_factor(
        self, session: Session, code: str, browser: Browser
    ) -> SignedIn | Refused:
        """Return the cookies of the session with its second factor; or why not."""
        if refused := await self.checked_factor(session, code, browser):
            return refused
        in_thread = self._database.in_thread
        token = await in_thread(self._sessions.renew, session, factor=True)
        if await self._knows(browser, session.account.login):
            return SignedIn(token, browser.device)
        return SignedIn(token, await in_thread(self._credentials.new_device, session.account.id))

    async def checked_factor(
        self, session: Session, code: str, browser: Browser
    ) -> Refused | None:
        """Check a code of the session's account and use it up; None: it is right."""
        login = session.account.login
        key = browser.device if await self._knows(browser, login) else login
        if wait_s := self._by_factor.wait_s(key):
            return Refused(Refusal.WAIT, wait_s)
        self._by_factor.tried(key)
        check = self._credentials.check_factor
        if not await self._database.in_thread(check, session.account.id, code):
            return Refused(Refusal.WRONG)
        self._by_factor.succeeded(key)
        return None

    async def checked_password(self, session: Session, password: str) -> Refused | None:
        """Check the password of the session's account once more; None: it is right."""
        limit, key = self._by_device, f"session {session.number}"
        if wait_s := limit.wait_s(key):
            return Refused(Refusal.WAIT, wait_s)
        limit.tried(key)
        found = await self._database.in_thread(self._credentials.of, session.account.login)
        if not await self._right(found[1] if found else None, password):
            return Refused(Refusal.WRONG)
        limit.succeeded(key)
        return None

    async def set_password(
        self, account: Account, password: str, browser: Browser, *, factor: bool, link: str | None
    ) -> SignedIn | None:
        """Set a password and begin the only session that then lives. None: the link was used.

        ``password`` has passed ``passwords.mistake``; ``factor``: the second factor was checked.
        """
        hashed = await self._hashed(password)
        in_thread = self._database.in_thread
        if not await in_thread(self._credentials.set_password, account.id, hashed, link):
            return None
        session = await in_thread(
            self._sessions.begin,
            account.id,
            browser.address,
            browser.description,
            factor=factor,
        )
        known = factor or not account.factor
        device = await in_thread(self._credentials.new_device, account.id) if known else ""
        return SignedIn(session, device)

    async def _knows(self, browser: Browser, login: str) -> bool:
        if not browser.device:
            return False
        knows = self._credentials.knows_device
        return await self._database.in_thread(knows, browser.device, login)

    async def _right(self, stored: str | None, password: str) -> bool:
        return await asyncio.get_running_loop().run_in_executor(
            self._hashing, self._passwords.right, stored, password
        )

    async def _hashed(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(
            self._hashing, self._passwords.hashed, password
        )

    def close(self) -> None:
        """End the thread that compares passwords."""
        self._hashing.shutdown(cancel_futures=True)
