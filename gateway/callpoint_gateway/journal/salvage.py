"""Sets a damaged journal aside, and reads the undelivered events out of it.

A gateway with a damaged journal must run: a new press matters more than old ones. So the file is
renamed, never changed and never deleted. A new file begins at a position that no earlier file has
used: the time in ms, or a position behind all that the file can hold if that is more, because the
clock may be wrong. Events that some centre had not received are stored in the new journal as if
they arrived now, with the time at which they happened. A centre may receive an event twice; no
centre misses one. The other entries stay in the file, which ``callpoint events`` still reads as
far as possible.

A power cut may come between any two steps. The database file is renamed before the log beside it,
and a later start renames the log. A damaged file is finished when the new journal holds the fault
that names it, which is stored in one transaction with the file's events.
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

from callpoint_gateway.journal.backlog import NORMAL, URGENT
from callpoint_gateway.journal.damage import is_damage
from callpoint_gateway.journal.entries import DeliveryBody, Entry, EventBody, NewEntry, Type
from callpoint_gateway.journal.reader import entries_after

_PARTS = ("", "-wal", "-shm")
_NOTED = "-damaged"  # the file that a gateway leaves when damage ended it
_BATCH = 500
_SMALLEST = 64  # bytes that an entry fills at least
# The head of a database file (https://www.sqlite.org/fileformat2.html, 1.3).
_HEAD, _MAGIC = 100, b"SQLite format 3\0"

log = logging.getLogger(__name__)


def note_damage(path: Path, reason: str) -> None:
    """Have the next start set the file aside, even if it does not read the damaged page itself."""
    with suppress(OSError):
        path.with_name(path.name + _NOTED).write_text(reason, encoding="utf-8")


def forget_damage(path: Path) -> None:
    """Delete the note: another file is in the place of the damaged one."""
    path.with_name(path.name + _NOTED).unlink(missing_ok=True)


def all_set_aside(path: Path) -> list[Path]:
    """Return the files that were set aside for ``path``, the newest last.

    If a power cut interrupted a renaming, this finishes it: the log belongs to the newest file.
    """
    aside = sorted(
        path.parent.glob(f"{path.stem}.damaged-*.db"), key=lambda file: file.stat().st_ctime_ns
    )
    if aside and not path.exists():
        _rename(path, aside[-1])
    return aside


def _rename(path: Path, aside: Path) -> None:
    for part in _PARTS:
        file = path.with_name(path.name + part)
        if file.exists():
            file.rename(aside.with_name(aside.name + part))
    forget_damage(path)


def set_aside(path: Path, wall_ms: int) -> Path:
    """Rename a damaged file and the log beside it; return the new path."""
    stamp = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}.db")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.damaged-{stamp}-{number}.db")
    _rename(path, aside)
    return aside


def free_behind(aside: list[Path], wall_ms: int) -> int:
    """Return a position behind every entry of these files; 0 if there are no files."""
    if not aside:
        return 0
    last = wall_ms
    for file in aside:
        with suppress(OSError, sqlite3.Error), _opened(file) as connection:
            last = max(last, _last(connection))
    return last


def damaged(path: Path) -> str | None:
    """Return what is wrong with a journal's file, None if a gateway can write to it.

    This reads where a gateway writes: the tables, the newest entries, the cursors. ``callpoint
    journal verify`` reads everything.
    """
    if not path.exists():
        forget_damage(path)
        return None
    noted = path.with_name(path.name + _NOTED)
    if noted.exists():
        return noted.read_text(encoding="utf-8") or "it was noted down"
    try:
        connection = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True)
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else None
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
    except sqlite3.Error as error:
        # A missing table, a lock or a disk that refuses is no damage: opening the journal says so.
        return str(error) if is_damage(error) else None
    finally:
        connection.close()
    return None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a damaged file for reading; sqlite3.Error if nothing of it can be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, os.SEEK_END)
    wanted = int.from_bytes(head[16:18], "big") * int.from_bytes(head[28:32], "big")
    whole = path
    if head.startswith(_MAGIC) and size < wanted:
        # SQLite opens no file that was cut off, so read a copy that is filled up to its old size.
        whole = path.with_name(f"{path.name}.whole")
        shutil.copyfile(path, whole)
        os.truncate(whole, wanted)
    try:
        uri = f"{whole.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection
    finally:
        if whole is not path:
            for part in _PARTS:
                whole.with_name(whole.name + part).unlink(missing_ok=True)


def readable(path: Path) -> Iterator[Entry]:
    """Yield every entry that can be read, in order, and skip the others.

    OSError, sqlite3.Error: no further entry can be read.
    """
    with _opened(path) as connection:
        last, position = _last(connection), 0
        while position < last:
            try:
                entries = entries_after(connection, position, _BATCH)
            except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError):
                # At least one entry of the batch cannot be read: read each by itself.
                for single in range(position + 1, position + _BATCH + 1):
                    yield from _alone(connection, single)
                position += _BATCH
                continue
            if not entries:
                return
            yield from entries
            position = entries[-1].position


def _alone(connection: sqlite3.Connection, position: int) -> list[Entry]:
    try:
        entries = entries_after(connection, position - 1, 1)
    except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError):
        return []
    return [entry for entry in entries if entry.position == position]


def _last(connection: sqlite3.Connection) -> int:
    """Return a position behind which there is certainly no entry."""
    try:
        last: int | None = connection.execute("SELECT max(position) FROM entries").fetchone()[0]
        return last or 0
    except sqlite3.DatabaseError:
        pass
    # The newest page cannot be read. No more of the smallest entries would fit into the file.
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    first = 0
    with suppress(sqlite3.DatabaseError):
        oldest = "SELECT position FROM entries ORDER BY position LIMIT 1"
        first = connection.execute(oldest).fetchone()[0]
    return first + pages * size // _SMALLEST


def _done_up_to(path: Path) -> dict[str, int]:
    """Return for each centre the position up to which it has received everything."""
    marks: dict[str, int] = {}
    try:
        with _opened(path) as connection:
            kept = connection.execute("SELECT name, position FROM cursors").fetchall()
    except (OSError, sqlite3.Error):
        # Without cursors, the last accepted event counts: events are sent in order.
        for entry in _until_unreadable(path):
            if isinstance(entry.body, DeliveryBody) and entry.body.accepted and entry.about:
                marks[entry.body.centre] = max(marks.get(entry.body.centre, 0), entry.about)
        return marks
    for name, position in kept:
        kind, _, rest = name.partition("/")
        if kind == "centre" and rest.endswith((f"/{URGENT}", f"/{NORMAL}")):
            centre = rest.rpartition("/")[0]
            marks[centre] = min(marks.get(centre, position), position)
    return marks


def _until_unreadable(path: Path) -> Iterator[Entry]:
    try:
        yield from readable(path)
    except (OSError, sqlite3.Error) as error:
        log.warning("%s cannot be read any further: %s", path, error)


def undelivered(path: Path) -> list[NewEntry]:
    """Return the events of a damaged file that must be stored again, oldest first.

    These are the events that at least one centre had not accepted. They keep the device's boot
    and sequence numbers, so an event that the device sends again is stored once.
    """
    marks = _done_up_to(path)
    events: dict[int, Entry] = {}
    accepted: dict[int, set[str]] = {}
    for entry in _until_unreadable(path):
        if entry.type is Type.EVENT and isinstance(entry.body, EventBody):
            events[entry.position] = entry
        elif (
            isinstance(entry.body, DeliveryBody) and entry.body.accepted and entry.about in events
        ):
            centres = accepted.setdefault(entry.about, set())
            centres.add(entry.body.centre)
            if all(entry.about <= mark or centre in centres for centre, mark in marks.items()):
                del events[entry.about], accepted[entry.about]
    return [
        NewEntry(Type.EVENT, event.body, event.device, event.boot, event.seq)
        for event in events.values()
    ]
