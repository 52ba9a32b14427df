"""A damaged journal is set aside, and what can be read of it is brought back.

A gateway whose journal is damaged must run all the same: a new press matters more than old ones.
So the file is renamed, never changed and never deleted, and a new one begins at a position that
no earlier one has used: the time in ms. What no centre had accepted goes into the new journal as
if it had arrived now, with the time at which it happened; what a centre had accepted stays in the
file, which ``callpoint events`` still reads as far as it goes.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from callpoint_gateway.entries import DeliveryBody, Entry, EventBody, NewEntry, Type
from callpoint_gateway.journal_file import entries_after

_PARTS = ("", "-wal", "-shm")
_BATCH = 500
_SMALLEST = 64  # bytes of an entry
# The head of a database file (https://www.sqlite.org/fileformat2.html, 1.3).
_HEAD, _MAGIC = 100, b"SQLite format 3\0"

log = logging.getLogger(__name__)


def set_aside(path: Path, wall_ms: int) -> Path:
    """Rename a damaged file with what belongs to it; return its new name."""
    stamp = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}.db")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.damaged-{stamp}-{number}.db")
    for part in _PARTS:
        file = path.with_name(path.name + part)
        if file.exists():
            file.rename(aside.with_name(aside.name + part))
    return aside


def damaged(path: Path) -> str | None:
    """Return what is wrong with a journal's file, None if it can be written to.

    Looks where a gateway writes: the tables, the newest entries, the cursors. ``callpoint journal
    verify`` looks at everything.
    """
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True)
    except sqlite3.Error as error:
        return str(error)
    try:
        for query in (
            "SELECT * FROM entries ORDER BY position DESC LIMIT 100",
            "SELECT position FROM entries WHERE seq IS NOT NULL "
            "ORDER BY device DESC, boot DESC, seq DESC LIMIT 100",
            "SELECT * FROM cursors",
            "SELECT * FROM meta",
            "SELECT max(number) FROM quarantine",
        ):
            connection.execute(query).fetchall()
    except sqlite3.OperationalError as error:
        # A table that is not there yet, or a lock: not for this function to say.
        return str(error) if "malformed" in str(error) or "not a database" in str(error) else None
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()
    return None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a damaged file to read what can be read; sqlite3.Error if that is nothing."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, os.SEEK_END)
    wanted = int.from_bytes(head[16:18], "big") * int.from_bytes(head[28:32], "big")
    whole = path
    if head.startswith(_MAGIC) and size < wanted:
        # A file that was cut off is not opened at all: read a copy with room where its end was.
        whole = path.with_name(f"{path.name}.whole")
        shutil.copyfile(path, whole)
        os.truncate(whole, wanted)
    try:
        with closing(sqlite3.connect(f"{whole.absolute().as_uri()}?mode=ro", uri=True)) as found:
            yield found
    finally:
        if whole is not path:
            for part in _PARTS:
                whole.with_name(whole.name + part).unlink(missing_ok=True)


def readable(path: Path) -> Iterator[Entry]:
    """Yield every entry that can be read, in order, whatever lies between."""
    with _opened(path) as connection:
        last, position = _last(connection), 0
        while position < last:
            try:
                found = entries_after(connection, position, _BATCH)
            except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError):
                # Something of these cannot be read: take them one by one.
                for one in range(position + 1, position + _BATCH + 1):
                    yield from _alone(connection, one)
                position += _BATCH
                continue
            if not found:
                return
            yield from found
            position = found[-1].position


def _alone(connection: sqlite3.Connection, position: int) -> list[Entry]:
    try:
        found = entries_after(connection, position - 1, 1)
    except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError):
        return []
    return [one for one in found if one.position == position]


def _last(connection: sqlite3.Connection) -> int:
    """Return a position behind which there is certainly nothing."""
    try:
        last: int | None = connection.execute("SELECT max(position) FROM entries").fetchone()[0]
        return last or 0
    except sqlite3.DatabaseError:
        pass
    # The newest page is gone. So many entries would fit into the file if they were tiny.
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    first = 0
    with suppress(sqlite3.DatabaseError):
        oldest = "SELECT position FROM entries ORDER BY position LIMIT 1"
        first = connection.execute(oldest).fetchone()[0]
    return first + pages * size // _SMALLEST


def undelivered(path: Path) -> list[NewEntry]:
    """Return the events of a damaged file that no centre had accepted, to be stored again.

    Their identity is the device's, so that one which arrives again by itself is one.
    """
    events: dict[int, Entry] = {}
    try:
        for entry in readable(path):
            if entry.type is Type.EVENT and isinstance(entry.body, EventBody):
                events[entry.position] = entry
            elif isinstance(entry.body, DeliveryBody) and entry.body.accepted and entry.about:
                events.pop(entry.about, None)
    except (OSError, sqlite3.Error) as error:
        log.warning("%s cannot be read any further: %s", path, error)
    return [
        NewEntry(Type.EVENT, one.body, one.device, one.boot, one.seq) for one in events.values()
    ]
