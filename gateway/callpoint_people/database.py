"""The file of the people's store: its tables, and how it is opened.

In clear are ids, roles, cells of the place tree, shifts and dates. Whatever names a person or
leads to one is in ``person.sealed``, what is noted of a household in ``household.sealed``.
Deleted rows are overwritten (``secure_delete``).
"""

import sqlite3
from pathlib import Path
from typing import Final

from callpoint_gateway.words.said import said_by
from callpoint_people.sealing import Seal, make_key, read_key
from callpoint_people.words import PeopleError

FOLDER: Final = "people"
FILE: Final = "people.sqlite3"
KEY: Final = "people.key"
BUSY_S: Final = 10.0

# A released step never changes; a new form of the tables is a further step.
_STEPS: Final = (
    """
CREATE TABLE person (id TEXT PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE responsibility (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  role TEXT NOT NULL, cell TEXT NOT NULL, place_in_order INTEGER NOT NULL,
  PRIMARY KEY (person, role, cell)) WITHOUT ROWID;
CREATE INDEX responsibility_at ON responsibility (role, cell);
CREATE TABLE shift (
  number INTEGER PRIMARY KEY, role TEXT NOT NULL, cell TEXT NOT NULL,
  days TEXT NOT NULL, on_date TEXT NOT NULL, hours TEXT NOT NULL,
  person TEXT REFERENCES person (id) ON DELETE CASCADE);
CREATE INDEX shift_at ON shift (role, cell);
CREATE TABLE special_day (date TEXT PRIMARY KEY, like TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE used_link (id BLOB PRIMARY KEY, expires_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE look (
  number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
  persons INTEGER NOT NULL, person TEXT NOT NULL, cell TEXT NOT NULL);
""",
    "CREATE TABLE household (cell TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;",
)


def open_people(state_dir: Path) -> tuple[sqlite3.Connection, Seal]:
    """Open the store of a state directory, and make it with its key if there is none.

    PeopleError: the file or its key cannot be used.
    """
    folder = state_dir / FOLDER
    file, key = folder / FILE, folder / KEY
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            make_key(key)
            file.touch(0o600)  # SQLite gives the files beside it the same mode
        seal = Seal(read_key(key))
        connection = sqlite3.connect(
            file, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise PeopleError("file.unusable", path=file, reason=said_by(error)) from None
    try:
        _prepare(connection, file)
    except sqlite3.Error as error:
        connection.close()
        raise PeopleError("file.unusable", path=file, reason=said_by(error)) from None
    except PeopleError:
        connection.close()
        raise
    return connection, seal


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_STEPS):
        connection.execute("ROLLBACK")
        raise PeopleError("file.newer", path=file)
    for step in _STEPS[version:]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(_STEPS)}")
    connection.execute("COMMIT")


def purge(connection: sqlite3.Connection) -> bool:
    """Rewrite the file and empty its write-ahead log, so that nothing deleted is left in either.

    False: another program was reading the whole time; the log is emptied when it has ended.
    """
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not busy
