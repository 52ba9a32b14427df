"""Keeps what commissioning leaves: measured signals, photos, and hand-over reports as signed."""

import hashlib
import sqlite3
from typing import Final, NamedTuple

import msgspec

from callpoint_console.commissioning.photo import Photo
from callpoint_console.commissioning.signal import Signal
from callpoint_console.commissioning.signal_log import Measured
from callpoint_console.database import Database, Subject
from callpoint_gateway.host.clock import Clock

COMMISSIONING: Final = Subject(
    "commissioning",
    (
        """
CREATE TABLE signals (
  device TEXT PRIMARY KEY,
  trial INTEGER NOT NULL,
  low INTEGER, mean INTEGER, high INTEGER,
  readings INTEGER NOT NULL,
  battery_mv INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE photos (
  device TEXT PRIMARY KEY,
  media TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  content BLOB NOT NULL,
  digest TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL) STRICT;
CREATE TABLE handovers (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  once TEXT NOT NULL UNIQUE,
  made_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  tested INTEGER NOT NULL,
  untested INTEGER NOT NULL,
  file BLOB NOT NULL) STRICT;
""",
    ),
)
#: All photos together; a photo of a phone has some 300 kB once its page has made it smaller.
MOST_PHOTO_BYTES: Final = 512 * 1024 * 1024


class NoRoom(Exception):
    """There are too many photos already."""


class PhotoNote(NamedTuple):
    """A photo without its content. ``digest``: SHA-256 of the content, hexadecimal."""

    device: str
    width: int
    height: int
    turn: int
    digest: str
    at_ms: int


class HandoverNote(NamedTuple):
    """A hand-over report in the list; ``tested`` and ``untested`` count devices."""

    number: int
    made_ms: int
    who: str
    tested: int
    untested: int


class CommissioningStore:
    """All of it. Any thread may ask; whoever may not wait asks in the database's thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use a database with the subject ``COMMISSIONING``."""
        self._database, self._clock = database, clock

    # Signals: ``signal_log.Keeper``.

    def measured(self) -> dict[str, Measured]:
        """Return what is kept of each device."""

        def rows(connection: sqlite3.Connection) -> dict[str, Measured]:
            found = {}
            for device, trial, low, mean, high, count, battery in connection.execute(
                "SELECT device, trial, low, mean, high, readings, battery_mv FROM signals"
            ):
                signal = Signal(low, mean, high, count) if count else None
                found[device] = Measured(trial, signal, battery, whole=True)
            return found

        return self._database.read(rows)

    def keep(self, device: str, measured: Measured) -> None:
        """Keep a result instead of the earlier one. DatabaseFault."""
        signal = measured.signal
        values = (signal.low, signal.mean, signal.high, signal.count) if signal else (None,) * 4
        row = (device, measured.trial, *values[:3], values[3] or 0, measured.battery_mv)
        self._database.write(
            lambda c: c.execute("INSERT OR REPLACE INTO signals VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        )

    # Photos.

    def add_photo(self, device: str, photo: Photo, who: str) -> None:
        """Keep a photo of a device instead of the earlier one. NoRoom, DatabaseFault."""
        row = (
            *(device, photo.media, photo.width, photo.height, photo.turn, photo.content),
            *(hashlib.sha256(photo.content).hexdigest(), self._clock.wall_ms(), who),
        )

        def write(connection: sqlite3.Connection) -> None:
            (kept,) = connection.execute(
                "SELECT coalesce(sum(length(content)), 0) FROM photos WHERE device != ?", (device,)
            ).fetchone()
            if kept + len(photo.content) > MOST_PHOTO_BYTES:
                raise NoRoom
            connection.execute("INSERT OR REPLACE INTO photos VALUES (?,?,?,?,?,?,?,?,?)", row)

        self._database.write(write)

    def photos(self) -> dict[str, PhotoNote]:
        """Return what photos there are, by device."""
        columns = "device, width, height, turn, digest, at_ms"
        return self._database.read(
            lambda c: {
                row[0]: PhotoNote(*row) for row in c.execute(f"SELECT {columns} FROM photos")
            }
        )

    def photo(self, device: str) -> Photo | None:
        """Return the photo of a device, None if there is none."""
        row = self._database.read(
            lambda c: c.execute(
                "SELECT media, content, width, height, turn FROM photos WHERE device = ?",
                (device,),
            ).fetchone()
        )
        return Photo(*row) if row else None

    def delete_photo(self, device: str) -> None:
        """Delete the photo of a device, if there is one."""
        self._database.write(lambda c: c.execute("DELETE FROM photos WHERE device = ?", (device,)))

    # Hand-over reports.

    def add_handover(
        self, once: str, who: str, made_ms: int, counts: tuple[int, int], file: bytes
    ) -> int:
        """Keep a report and return its number; of the same ``once`` there is one.

        ``counts``: how many devices are tested, and how many are not.
        """

        def write(connection: sqlite3.Connection) -> int:
            connection.execute(
                "INSERT OR IGNORE INTO handovers (once, made_ms, who, tested, untested, file)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (once, made_ms, who, *counts, file),
            )
            (number,) = connection.execute(
                "SELECT number FROM handovers WHERE once = ?", (once,)
            ).fetchone()
            return int(number)

        return self._database.write(write)

    def handovers(self) -> list[HandoverNote]:
        """Return all reports, the newest first."""
        return self._database.read(handovers)

    def handover(self, number: int) -> bytes | None:
        """Return the file of a report, None if there is none."""
        row = self._database.read(
            lambda c: c.execute(
                "SELECT file FROM handovers WHERE number = ?", (number,)
            ).fetchone()
        )
        return bytes(row[0]) if row else None


def handovers(connection: sqlite3.Connection) -> list[HandoverNote]:
    """Return all reports of an open file, the newest first."""
    found = connection.execute(
        "SELECT number, made_ms, who, tested, untested FROM handovers ORDER BY number DESC"
    )
    return [msgspec.convert(row, HandoverNote) for row in found]
