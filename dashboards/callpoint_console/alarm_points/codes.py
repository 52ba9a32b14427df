"""The code of each place with devices, which is on its label and leads to its public page.

A code is made once and belongs to the place: a device may be exchanged, the label stays.
"""

import secrets
import sqlite3
from typing import Final

from callpoint_console.database import Database, Subject
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock

POINTS: Final = Subject(
    "points",
    (
        """
CREATE TABLE points (
  place TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  made_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
""",
    ),
)
# Nothing that is read as something else on a worn label; 20 of 30 signs are 98 bits.
ALPHABET: Final = "23456789abcdefghjkmnpqrstvwxyz"
LENGTH: Final = 20


class PointCodes:
    """The codes of a site. Any thread may ask."""

    def __init__(self, database: Database, register: Register, clock: Clock) -> None:
        """Make the codes that are missing in a database with the subject ``POINTS``."""
        self._database, self._now_ms = database, clock.wall_ms
        here = [place.id for place in register.sensed_places()]
        kept = database.read(_codes)
        if missing := sorted(set(here) - kept.keys()):
            database.write(lambda connection: self._make(connection, missing))
            kept = database.read(_codes)
        self._places = {kept[place]: place for place in here}

    def _make(self, connection: sqlite3.Connection, places: list[str]) -> None:
        now_ms = self._now_ms()
        connection.executemany(
            "INSERT OR IGNORE INTO points VALUES (?, ?, ?)",
            [(place, _code(), now_ms) for place in places],
        )

    def all(self) -> dict[str, str]:
        """Return the code of each place (its id) that has devices."""
        return {place: code for code, place in self._places.items()}

    def place_of(self, code: str) -> str | None:
        """Return the id of the place of a code; None: it is none, or the place has no device."""
        return self._places.get(code)


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _codes(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT place, code FROM points").fetchall())
