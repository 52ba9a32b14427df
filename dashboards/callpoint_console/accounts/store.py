"""The accounts: who may sign in, with which roles where, and how each is made and ended.

Whatever takes rights away (a role, the password, the account) ends the account's sessions in the
same transaction.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from callpoint_console.accounts.account import Account, Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.tokens import new_token, stored
from callpoint_console.database import Database
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import Clock

LINK_MS: Final = 24 * 3_600_000

_COLUMNS: Final = "id, login, kind, language, made_ms, disabled, must_change, factor IS NOT NULL"


class NoAccount(LookupError):
    """There is no account with this login name."""


class LoginTaken(ValueError):
    """Another account has this login name."""


class LastAdmin(ValueError):
    """Nobody could manage accounts afterwards."""


def account_of(connection: sqlite3.Connection, condition: str, value: object) -> Account | None:
    """Return the account whose row meets a condition of this program's own; None: no account."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM accounts WHERE {condition}", (value,)
    ).fetchone()
    return None if row is None else _account(connection, row)


def _account(
    connection: sqlite3.Connection, row: tuple[int, str, str, str, int, int, int, int]
) -> Account:
    number, login, kind, language, made_ms, disabled, must_change, factor = row
    grants = connection.execute(
        "SELECT role, place FROM grants WHERE account = ? ORDER BY role, place", (number,)
    )
    return Account(
        id=number,
        login=login,
        kind=Kind(kind),
        language=language,
        grants=tuple(Grant(Role(role), place) for role, place in grants),
        made_ms=made_ms,
        disabled=bool(disabled),
        must_change=bool(must_change),
        factor=bool(factor),
    )


def end_sessions(connection: sqlite3.Connection, account: int) -> int:
    """End every session of an account, within a transaction; return how many there were."""
    return connection.execute("DELETE FROM sessions WHERE account = ?", (account,)).rowcount


class AccountStore:
    """Reads and changes accounts. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.ACCOUNTS``."""
        self._database, self._clock = database, clock

    def empty(self) -> bool:
        """Say whether nobody could sign in, because there is no account of a person yet."""
        return self._database.read(
            lambda connection: (
                connection.execute(
                    "SELECT 1 FROM accounts WHERE kind = ?", (Kind.PERSON,)
                ).fetchone()
                is None
            )
        )

    def find(self, login: str) -> Account:
        """Return an account. NoAccount: there is none."""
        found = self._database.read(lambda c: account_of(c, "login = ?", login))
        if found is None:
            raise NoAccount(login)
        return found

    def all(self) -> list[Account]:
        """Return every account, by login name."""

        def rows(connection: sqlite3.Connection) -> list[Account]:
            found = connection.execute(f"SELECT {_COLUMNS} FROM accounts ORDER BY login")
            return [_account(connection, row) for row in found.fetchall()]

        return self._database.read(rows)

    def add(
        self, login: str, grants: Iterable[Grant], language: str, kind: Kind = Kind.PERSON
    ) -> str:
        """Make an account without a password and return the token of its one-time link.

        ``login``: as ``account.login_name`` returns it. LoginTaken: there is such an account.
        """
        token = new_token()

        def insert(connection: sqlite3.Connection) -> None:
            now = self._clock.wall_ms()
            made = connection.execute(
                "INSERT INTO accounts (login, kind, language, must_change, made_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                (login, kind, language, kind is Kind.PERSON, now),
            )
            account = int(made.lastrowid or 0)
            _grant(connection, account, grants)
            _link(connection, account, token, now)

        try:
            self._database.write(insert)
        except sqlite3.IntegrityError as error:
            raise LoginTaken(login) from error
        return token

    def link(self, login: str) -> str:
        """Return the token of a new one-time link for an account; earlier links no longer work.

        NoAccount: there is none.
        """
        token = new_token()

        def replace(connection: sqlite3.Connection) -> None:
            _link(connection, self._id(connection, login), token, self._clock.wall_ms())

        self._database.write(replace)
        return token

    def reset(self, login: str, *, factor: bool) -> str:
        """Take the password away, with ``factor`` the second factor too; return a link's token.

        NoAccount: there is none.
        """
        token = new_token()

        def forget(connection: sqlite3.Connection) -> None:
            account = self._id(connection, login)
            connection.execute(
                "UPDATE accounts SET password = NULL, must_change = 1 WHERE id = ?", (account,)
            )
            if factor:
                connection.execute(
                    "UPDATE accounts SET factor = NULL, factor_pending = NULL WHERE id = ?",
                    (account,),
                )
                connection.execute("DELETE FROM recovery_codes WHERE account = ?", (account,))
            connection.execute("DELETE FROM devices WHERE account = ?", (account,))
            end_sessions(connection, account)
            _link(connection, account, token, self._clock.wall_ms())

        self._database.write(forget)
        return token

    def regrant(self, login: str, add: Iterable[Grant], remove: Iterable[Grant]) -> Account:
        """Give roles and take roles away; return the account as it then is.

        NoAccount: there is none. LastAdmin: no enabled account would be admin of the whole site.
        """
        taken = list(remove)

        def change(connection: sqlite3.Connection) -> Account:
            account = self._id(connection, login)
            had_admin = _has_admin(connection)
            for role, place in taken:
                connection.execute(
                    "DELETE FROM grants WHERE account = ? AND role = ? AND place = ?",
                    (account, role, place),
                )
            _grant(connection, account, add)
            if taken:
                end_sessions(connection, account)
            if had_admin and not _has_admin(connection):
                raise LastAdmin
            found = account_of(connection, "id = ?", account)
            assert found is not None
            return found

        return self._database.write(change)

    def disable(self, login: str, *, disabled: bool) -> int:
        """Keep an account from signing in, or let it again; return how many sessions ended.

        NoAccount: there is none. LastAdmin: as for ``regrant``.
        """

        def change(connection: sqlite3.Connection) -> int:
            account = self._id(connection, login)
            had_admin = _has_admin(connection)
            connection.execute(
                "UPDATE accounts SET disabled = ? WHERE id = ?", (disabled, account)
            )
            if not disabled:
                return 0
            connection.execute("DELETE FROM links WHERE account = ?", (account,))
            if had_admin and not _has_admin(connection):
                raise LastAdmin
            return end_sessions(connection, account)

        return self._database.write(change)

    def log_out(self, login: str) -> int:
        """End every session of an account; return how many there were. NoAccount."""
        return self._database.write(lambda c: end_sessions(c, self._id(c, login)))

    def set_language(self, account: int, language: str) -> None:
        """Remember the language of an account's pages."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE accounts SET language = ? WHERE id = ?", (language, account)
            )
        )

    def linked(self, token: str, kind: Kind) -> Account | None:
        """Return the account that a one-time link is for; None: it is none, or no longer."""

        def look(connection: sqlite3.Connection) -> Account | None:
            row = connection.execute(
                "SELECT account FROM links WHERE hash = ? AND until_ms > ?",
                (stored(token), self._clock.wall_ms()),
            ).fetchone()
            found = account_of(connection, "id = ?", row[0]) if row else None
            return found if found and found.kind is kind and not found.disabled else None

        return self._database.read(look)

    @staticmethod
    def _id(connection: sqlite3.Connection, login: str) -> int:
        row = connection.execute("SELECT id FROM accounts WHERE login = ?", (login,)).fetchone()
        if row is None:
            raise NoAccount(login)
        return int(row[0])


def _grant(connection: sqlite3.Connection, account: int, grants: Iterable[Grant]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO grants VALUES (?, ?, ?)",
        [(account, role, place) for role, place in grants],
    )


def _link(connection: sqlite3.Connection, account: int, token: str, now: int) -> None:
    connection.execute("DELETE FROM links WHERE account = ? OR until_ms <= ?", (account, now))
    connection.execute(
        "INSERT INTO links VALUES (?, ?, ?)", (stored(token), account, now + LINK_MS)
    )


def _has_admin(connection: sqlite3.Connection) -> bool:
    """Say whether somebody who can sign in manages the accounts of the whole site."""
    row = connection.execute(
        "SELECT 1 FROM accounts JOIN grants ON account = id"
        " WHERE role = ? AND place = '' AND NOT disabled",
        (Role.ADMIN,),
    ).fetchone()
    return row is not None
