"""Sessions: who is signed in from which browser, and until when.

A session's id is a random token in a cookie; the file has only its hash. What a session may do
follows from its account each time it is looked at, so that a role that is taken away is gone with
the next click. It ends by its owner, by an admin, after ``idle_s`` without a click and after
``absolute_s`` in any case; while its account's shift runs, time ends it never. A screen's session
ends when the screen is disabled.
"""

import hmac
import sqlite3
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from callpoint_console.accounts.account import Account, Kind
from callpoint_console.accounts.store import account_of
from callpoint_console.accounts.tokens import MOST, new_token, stored
from callpoint_console.database import Database
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.host.clock import Clock

#: Says, within a read of the database, whether the shift of an account (its id) runs.
OnShift = Callable[[sqlite3.Connection, int], bool]

_UNFINISHED_MS: Final = 10 * 60_000  # until the password and the second factor are given
_NOTED_MS: Final = 60_000  # a click is noted at most this often
_SHOWN: Final = 160  # characters of a browser's own description


class Stage(StrEnum):
    """What a session must do first; only ``FULL`` does the account's work."""

    FACTOR = "factor"
    PASSWORD = "password"
    ENROL = "enrol"
    FULL = "full"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as its owner may see it. Times are Unix ms; ``csrf``: the token of its forms."""

    number: int
    account: Account
    csrf: str
    made_ms: int
    used_ms: int
    factor_ms: int | None
    address: str
    browser: str

    @property
    def stage(self) -> Stage:
        """What it must do first."""
        if self.account.kind is Kind.SCREEN:
            return Stage.FULL
        if self.account.factor and self.factor_ms is None:
            return Stage.FACTOR
        if self.account.must_change:
            return Stage.PASSWORD
        return Stage.ENROL if self.account.needs_factor and not self.account.factor else Stage.FULL

    def has_csrf(self, token: str) -> bool:
        """Say whether a form carried this session's token."""
        return hmac.compare_digest(self.csrf.encode(), token.encode("utf-8", "surrogatepass"))


_COLUMNS: Final = "number, account, csrf, made_ms, used_ms, factor_ms, address, browser"


class SessionStore:
    """Begins, finds and ends sessions. DatabaseFault: the file cannot be used."""

    def __init__(
        self,
        database: Database,
        settings: ConsoleSettings,
        clock: Clock,
        on_shift: OnShift = lambda connection, account: False,
    ) -> None:
        """Use an open database that has the subject ``schema.ACCOUNTS``."""
        self._database, self._settings, self._clock = database, settings, clock
        self._on_shift = on_shift

    def begin(self, account: int, address: str, browser: str, *, factor: bool = False) -> str:
        """Return the token of a new session. ``factor``: the second factor was checked."""
        token, now = new_token(), self._clock.wall_ms()

        def insert(connection: sqlite3.Connection) -> None:
            self._purge(connection, account)
            connection.execute(
                "INSERT INTO sessions (hash, account, csrf, made_ms, used_ms, factor_ms,"
                " address, browser) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(stored(token), account, new_token(), now, now),
                    *(now if factor else None, address, browser[:_SHOWN]),
                ),
            )

        self._database.write(insert)
        return token

    def renew(self, session: Session, *, factor: bool = False) -> str:
        """Give a session another id and another token for forms; return the id's token.

        It is done whenever the session may do more than before.
        """
        token, now = new_token(), self._clock.wall_ms()
        self._database.write(
            lambda c: c.execute(
                "UPDATE sessions SET hash = ?, csrf = ?, used_ms = ?,"
                " factor_ms = coalesce(?, factor_ms) WHERE number = ?",
                (stored(token), new_token(), now, now if factor else None, session.number),
            )
        )
        return token

    def find(self, token: str, *, click: bool) -> Session | None:
        """Return the session of a cookie; None: it has ended, or there never was one.

        ``click``: a person did something, which begins the idle time anew.
        """
        if not token or len(token) > MOST:
            return None
        found = self._database.read(lambda c: self._found(c, "hash = ?", stored(token)))
        now = self._clock.wall_ms()
        if found is not None and click and abs(now - found.used_ms) > _NOTED_MS:
            self._database.write(
                lambda c: c.execute(
                    "UPDATE sessions SET used_ms = ? WHERE number = ?", (now, found.number)
                )
            )
        return found

    def lives(self, number: int) -> bool:
        """Say whether a session that was found before goes on: for a stream that stays open."""
        return self._database.read(lambda c: self._found(c, "number = ?", number)) is not None

    def of(self, account: int) -> list[Session]:
        """Return the sessions of an account, the one that was used last first."""

        def look(connection: sqlite3.Connection) -> list[Session]:
            numbers = connection.execute(
                "SELECT number FROM sessions WHERE account = ? ORDER BY used_ms DESC", (account,)
            ).fetchall()
            found = [self._found(connection, "number = ?", number) for (number,) in numbers]
            return [session for session in found if session is not None]

        return self._database.read(look)

    def end(self, account: int, number: int) -> bool:
        """End a session of an account; False: the account has no such session."""
        return self._database.write(
            lambda c: (
                c.execute(
                    "DELETE FROM sessions WHERE account = ? AND number = ?", (account, number)
                ).rowcount
                == 1
            )
        )

    def end_others(self, session: Session) -> int:
        """End the other sessions of a session's account; return how many there were."""
        return self._database.write(
            lambda c: (
                c.execute(
                    "DELETE FROM sessions WHERE account = ? AND number != ?",
                    (session.account.id, session.number),
                ).rowcount
            )
        )

    def _found(
        self, connection: sqlite3.Connection, condition: str, value: object
    ) -> Session | None:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM sessions WHERE {condition}", (value,)
        ).fetchone()
        if row is None:
            return None
        number, owner, csrf, made_ms, used_ms, factor_ms, address, browser = row
        account = account_of(connection, "id = ?", owner)
        if account is None or account.disabled:
            return None
        session = Session(
            number=number,
            account=account,
            csrf=csrf,
            made_ms=made_ms,
            used_ms=used_ms,
            factor_ms=factor_ms,
            address=address,
            browser=browser,
        )
        return session if self._goes_on(connection, session) else None

    def _goes_on(self, connection: sqlite3.Connection, session: Session) -> bool:
        if session.account.kind is Kind.SCREEN:
            return True
        now = self._clock.wall_ms()
        # A clock that was set back makes no session younger than it is.
        age_ms, idle_ms = abs(now - session.made_ms), abs(now - session.used_ms)
        if session.stage is not Stage.FULL:
            return min(age_ms, idle_ms) <= _UNFINISHED_MS
        if age_ms <= self._settings.absolute_s * 1000 and idle_ms <= self._settings.idle_s * 1000:
            return True
        return self._on_shift(connection, session.account.id)

    def _purge(self, connection: sqlite3.Connection, account: int) -> None:
        """Delete the ended sessions of an account."""
        rows = connection.execute("SELECT number FROM sessions WHERE account = ?", (account,))
        for (number,) in rows.fetchall():
            if self._found(connection, "number = ?", number) is None:
                connection.execute("DELETE FROM sessions WHERE number = ?", (number,))
