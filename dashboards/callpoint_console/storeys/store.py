"""Keeps storey plans, and the positions of devices as fractions of width and height.

All but the pictures is in memory as well, so that a page never waits for the disk.
"""

import hashlib
import json
import sqlite3
from typing import Final, NamedTuple

from callpoint_console.database import Database, Subject
from callpoint_console.site_map import Spot
from callpoint_console.storeys import png, svg
from callpoint_console.storeys.picture import BadPicture, Picture
from callpoint_gateway.host.clock import Clock

STOREYS: Final = Subject(
    "storeys",
    (
        """
CREATE TABLE storeys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  building TEXT NOT NULL,
  name TEXT NOT NULL,
  media TEXT NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  content BLOB NOT NULL,
  digest TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  UNIQUE (building, name)) STRICT;
CREATE TABLE positions (
  device TEXT PRIMARY KEY,
  storey INTEGER NOT NULL REFERENCES storeys (id) ON DELETE CASCADE,
  x REAL NOT NULL,
  y REAL NOT NULL) STRICT, WITHOUT ROWID;
""",
    ),
)
MOST_OF_A_BUILDING: Final = 60
LONGEST_NAME: Final = 32


class Storey(NamedTuple):
    """A storey of a building. ``digest`` changes with the picture."""

    id: int
    building: Spot
    name: str
    width: float
    height: float
    digest: str

    @property
    def image(self) -> str:
        """The address of its picture."""
        return f"/storey/{self.id}/image?v={self.digest}"


class Position(NamedTuple):
    """Where a device is: the id of the storey, and fractions from the left and the top."""

    storey: int
    x: float
    y: float


def picture_of(content: bytes) -> Picture:
    """Return an uploaded file as a harmless picture. BadPicture: why it cannot be used.

    A large file takes a second: not in the event loop's thread, nor in the database's.
    """
    if content.startswith(png.SIGNATURE):
        return png.harmless(content)
    return svg.harmless(content)


class StoreyStore:
    """The storey plans of a site. Any thread may look; one writes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read what a database with the subject ``STOREYS`` has."""
        self._database, self._clock = database, clock
        self._read()

    def _read(self) -> None:
        def rows(connection: sqlite3.Connection) -> tuple[list[Storey], dict[str, Position]]:
            found = connection.execute(
                "SELECT id, building, name, width, height, digest FROM storeys"
            )
            storeys = [Storey(row[0], tuple(json.loads(row[1])), *row[2:]) for row in found]
            places = connection.execute("SELECT device, storey, x, y FROM positions")
            return storeys, {row[0]: Position(*row[1:]) for row in places}

        storeys, positions = self._database.read(rows)
        self._storeys = {storey.id: storey for storey in storeys}
        self.positions = positions

    def storey(self, id: int) -> Storey | None:
        """Return a storey, None if there is none."""
        return self._storeys.get(id)

    def of(self, building: Spot) -> list[Storey]:
        """Return the storeys of a building, by their names."""
        found = [storey for storey in self._storeys.values() if storey.building == building]
        return sorted(found, key=lambda storey: (len(storey.name), storey.name))

    def upload(self, building: Spot, name: str, picture: Picture, who: str) -> int:
        """Keep a plan and return its id; of the same storey it replaces the picture.

        ``picture`` is from ``picture_of``. BadPicture: the building has too many storeys.
        """
        others = [storey for storey in self.of(building) if storey.name != name]
        if len(others) >= MOST_OF_A_BUILDING:
            raise BadPicture("storey.too_many")
        row = (
            json.dumps(building, ensure_ascii=False),
            name,
            *(picture.media, picture.width, picture.height, picture.content),
            hashlib.sha256(picture.content).hexdigest()[:12],
            self._clock.wall_ms(),
            who,
        )

        def write(connection: sqlite3.Connection) -> int:
            (id,) = connection.execute(
                "INSERT INTO storeys (building, name, media, width, height, content, digest,"
                " at_ms, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (building, name) DO UPDATE SET media = excluded.media,"
                " width = excluded.width, height = excluded.height,"
                " content = excluded.content, digest = excluded.digest, at_ms = excluded.at_ms,"
                " who = excluded.who RETURNING id",
                row,
            ).fetchone()
            return int(id)

        id = self._database.write(write)
        self._read()
        return id

    def picture(self, id: int) -> Picture | None:
        """Return the picture of a storey, None if there is none."""
        row = self._database.read(
            lambda c: c.execute(
                "SELECT media, content, width, height FROM storeys WHERE id = ?", (id,)
            ).fetchone()
        )
        return Picture(*row) if row else None

    def place(self, device: str, storey: int, x: float, y: float) -> None:
        """Put a device on a storey, at fractions from 0 to 1; it is then on no other."""
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", (device, storey, x, y)
            )
        )
        self._read()

    def take_off(self, device: str) -> None:
        """Take a device from its storey."""
        self._database.write(
            lambda c: c.execute("DELETE FROM positions WHERE device = ?", (device,))
        )
        self._read()

    def delete(self, id: int) -> None:
        """Delete a storey with its picture; its devices are then on none."""
        self._database.write(lambda c: c.execute("DELETE FROM storeys WHERE id = ?", (id,)))
        self._read()
