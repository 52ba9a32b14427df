"""The record of looks: who looked at the people of which place, when and why.

The record names places and accounts, never the people. Nothing deletes from it.
"""

import sqlite3
from typing import Final

import msgspec

from callpoint_console.database import Database
from callpoint_gateway.host.clock import Clock

#: The kinds of looks; each has a text ``look_kind.<kind>``.
KINDS: Final = ("household", "notes", "responsible", "rota", "contacts", "show", "export")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look: ``what`` (one of ``KINDS``) of ``persons`` people at a place.

    ``alarm``: the number of the alarm for which somebody looked; ``why``: another reason.
    """

    number: int
    at_ms: int
    account: str
    what: str
    place: str
    alarm: int | None
    persons: int
    why: str


class LookStore:
    """Keeps the record. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.LOOKS``."""
        self._database, self._clock = database, clock

    def record_look(
        self,
        account: str,
        what: str,
        place: str,
        alarm: int | None = None,
        *,
        persons: int = 1,
        why: str = "",
    ) -> None:
        """Put a look on record; nobody may see what is not on record yet.

        ``account``: the login name.
        """
        now = self._clock.wall_ms()
        self._database.write(
            lambda c: c.execute(
                "INSERT INTO looks (at_ms, account, what, place, alarm, persons, why)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (now, account, what, place, alarm, persons, why),
            )
        )

    def looks(
        self, account: str = "", place: str = "", before: int | None = None, limit: int = 200
    ) -> list[Look]:
        """Return looks, the newest first: of an account, of a place, before a number; or all."""

        def rows(connection: sqlite3.Connection) -> list[Look]:
            found = connection.execute(
                "SELECT number, at_ms, account, what, place, alarm, persons, why FROM looks"
                " WHERE (?1 = '' OR account = ?1) AND (?2 = '' OR place = ?2)"
                " AND (?3 IS NULL OR number < ?3) ORDER BY number DESC LIMIT ?4",
                (account, place, before, limit),
            )
            return [msgspec.convert(row, Look, from_attributes=False) for row in _named(found)]

        return self._database.read(rows)


def _named(cursor: sqlite3.Cursor) -> list[dict[str, object]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
