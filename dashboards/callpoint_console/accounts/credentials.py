"""What an account signs in with: its password, its second factor, and one-time links.

The second factor is TOTP (RFC 6238) with SHA-1, six digits and 30 s, which every authenticator
has. A time step counts once (RFC 6238, 5.2), so that a code that was watched is worth nothing.
"""

import hmac
import secrets
import sqlite3
from typing import Final

import pyotp

from callpoint_console.accounts.account import Account, Kind
from callpoint_console.accounts.store import account_of, end_sessions
from callpoint_console.accounts.tokens import new_token, stored
from callpoint_console.database import Database
from callpoint_gateway.host.clock import Clock

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
DEVICE_MS: Final = 180 * 86_400_000
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none is mistaken for another
_GROUPS, _GROUP = 4, 4


class Credentials:
    """Reads and changes them. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.ACCOUNTS``."""
        self._database, self._clock = database, clock

    def of(self, login: str) -> tuple[Account, str | None] | None:
        """Return an account and its password's hash; None: there is none that may sign in."""

        def look(connection: sqlite3.Connection) -> tuple[Account, str | None] | None:
            account = account_of(connection, "login = ?", login)
            if account is None or account.disabled or account.kind is not Kind.PERSON:
                return None
            row = connection.execute(
                "SELECT password FROM accounts WHERE id = ?", (account.id,)
            ).fetchone()
            return account, row[0]

        return self._database.read(look)

    def set_password(self, account: int, hashed: str, link: str | None = None) -> bool:
        """Store a password's hash and end the account's sessions; True: it is done.

        ``link``: the token by which it is set; False: somebody else has used it meanwhile.
        """

        def change(connection: sqlite3.Connection) -> bool:
            if link is not None:
                used = connection.execute(
                    "DELETE FROM links WHERE hash = ? AND account = ? AND until_ms > ?",
                    (stored(link), account, self._clock.wall_ms()),
                )
                if not used.rowcount:
                    return False
            connection.execute(
                "UPDATE accounts SET password = ?, must_change = 0 WHERE id = ?",
                (hashed, account),
            )
            connection.execute("DELETE FROM devices WHERE account = ?", (account,))
            end_sessions(connection, account)
            return True

        return self._database.write(change)

    def rehash(self, account: int, old: str, new: str) -> None:
        """Replace the hash of the same password."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE accounts SET password = ? WHERE id = ? AND password = ?",
                (new, account, old),
            )
        )

    def use_link(self, token: str, account: int) -> bool:
        """Use a one-time link up; False: somebody else was sooner."""
        return self._database.write(
            lambda c: (
                c.execute(
                    "DELETE FROM links WHERE hash = ? AND account = ? AND until_ms > ?",
                    (stored(token), account, self._clock.wall_ms()),
                ).rowcount
                == 1
            )
        )

    def pending_factor(self, account: int) -> str:
        """Return the secret (base32) of the factor that is being set up, the same until it is."""

        def look(connection: sqlite3.Connection) -> str:
            connection.execute(
                "UPDATE accounts SET factor_pending = ? WHERE id = ? AND factor_pending IS NULL",
                (pyotp.random_base32(), account),
            )
            row = connection.execute(
                "SELECT factor_pending FROM accounts WHERE id = ?", (account,)
            ).fetchone()
            return str(row[0])

        return self._database.write(look)

    def confirm_factor(self, account: int, code: str) -> list[str] | None:
        """Put the pending factor in force if the code is its own; return new recovery codes."""

        def confirm(connection: sqlite3.Connection) -> list[str] | None:
            row = connection.execute(
                "SELECT factor_pending FROM accounts WHERE id = ?", (account,)
            ).fetchone()
            step = self._step_of(row[0], code, 0) if row and row[0] else None
            if step is None:
                return None
            connection.execute(
                "UPDATE accounts SET factor = factor_pending, factor_pending = NULL,"
                " factor_step = ? WHERE id = ?",
                (step, account),
            )
            return _new_recovery_codes(connection, account)

        return self._database.write(confirm)

    def check_factor(self, account: int, code: str) -> bool:
        """Say whether a code is right, and use it up: a time step, a recovery code count once."""

        def check(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "SELECT factor, factor_step FROM accounts WHERE id = ?", (account,)
            ).fetchone()
            if row is None or row[0] is None:
                return False
            step = self._step_of(row[0], code, row[1])
            if step is not None:
                connection.execute(
                    "UPDATE accounts SET factor_step = ? WHERE id = ?", (step, account)
                )
                return True
            used = connection.execute(
                "DELETE FROM recovery_codes WHERE account = ? AND hash = ?",
                (account, stored(_plain(code))),
            )
            return used.rowcount == 1

        return self._database.write(check)

    def remove_factor(self, account: int) -> None:
        """Forget the second factor, so that another can be set up."""

        def remove(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE accounts SET factor = NULL, factor_pending = NULL WHERE id = ?", (account,)
            )
            connection.execute("DELETE FROM recovery_codes WHERE account = ?", (account,))

        self._database.write(remove)

    def new_recovery_codes(self, account: int) -> list[str]:
        """Return new recovery codes; the earlier no longer count."""
        return self._database.write(lambda c: _new_recovery_codes(c, account))

    def recovery_codes_left(self, account: int) -> int:
        """Return how many recovery codes are unused."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM recovery_codes WHERE account = ?", (account,)
                ).fetchone()[0]
            )
        )

    def new_device(self, account: int) -> str:
        """Return a token by which a browser is known from which the account has signed in."""
        token, now = new_token(), self._clock.wall_ms()

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM devices WHERE until_ms <= ?", (now,))
            connection.execute(
                "INSERT INTO devices VALUES (?, ?, ?)", (stored(token), account, now + DEVICE_MS)
            )

        self._database.write(insert)
        return token

    def knows_device(self, token: str, login: str) -> bool:
        """Say whether the account of a login name has signed in from the browser before."""
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM devices JOIN accounts ON account = id"
                    " WHERE hash = ? AND login = ? AND until_ms > ?",
                    (stored(token), login, self._clock.wall_ms()),
                ).fetchone()
                is not None
            )
        )

    def _step_of(self, secret: str, code: str, after: int) -> int | None:
        """Return the time step of a code: now, or one sooner or later (RFC 6238, 5.2)."""
        digits = _plain(code).encode("utf-8", "surrogatepass")
        now = self._clock.wall_ms() // 1000 // STEP_S
        totp = pyotp.TOTP(secret)
        for step in (now, now - 1, now + 1):
            right = totp.generate_otp(step)
            if step > after and hmac.compare_digest(right.encode(), digits):
                return step
        return None


def _plain(code: str) -> str:
    return "".join(code.lower().replace("-", " ").split())[:64]


def _new_recovery_codes(connection: sqlite3.Connection, account: int) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]
    connection.execute("DELETE FROM recovery_codes WHERE account = ?", (account,))
    connection.executemany(
        "INSERT INTO recovery_codes VALUES (?, ?)",
        [(account, stored(_plain(code))) for code in codes],
    )
    return codes
