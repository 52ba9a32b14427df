"""The journal: the only truth of the gateway.

What it promises:

1. ``submit`` calls ``done`` only after the transaction that holds the writes is on disk
   (SQLite WAL with ``synchronous=FULL``). Nothing may be acknowledged to anybody earlier.
2. Entries are only ever appended; positions rise by one; no entry is changed.
3. An entry with (device, boot, seq) exists once, however often it is submitted.
4. In the ``alarms`` lane every entry carries SHA-256(previous hash + its own content), so a
   changed or missing entry shows in ``verify``.
5. Writes of one ``submit`` are committed together or not at all: a delivery and the cursor
   that it moves can not part.
6. One writer thread commits whatever has arrived as one transaction, without a timer
   in the ``alarms`` lane; the ``telemetry`` lane waits up to ``linger_s`` for company,
   because small commits wear an SD card out.
7. A transaction that the disk refuses (full, I/O error) is tried again until the journal is
   closed; the sources stay unacknowledged meanwhile, so nothing is lost.
"""

import hashlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from callpoint_gateway.clock import Clock
from callpoint_gateway.entries import (
    Body,
    Cursor,
    Entry,
    NewEntry,
    Quarantine,
    Quarantined,
    Stored,
    Type,
    Write,
)

SCHEMA = 1
BATCH = 512
RETRY_S = 0.5
_GENESIS = b"\0" * 32

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  position INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  recorded_ms INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  mono_ms INTEGER NOT NULL,
  device TEXT, boot INTEGER, seq INTEGER,
  about INTEGER,
  body BLOB NOT NULL,
  hash BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS entries_once ON entries (device, boot, seq)
  WHERE seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS entries_about ON entries (about) WHERE about IS NOT NULL;
CREATE TABLE IF NOT EXISTS cursors (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  number INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, source TEXT NOT NULL,
  topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL);
"""

_COLUMNS = "position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body"
_encode = msgspec.json.Encoder().encode
_decode_body: Callable[[bytes], Body] = msgspec.json.Decoder(Body).decode

Done = Callable[[list[Stored]], None]


class JournalError(Exception):
    """The journal cannot be used; the text says why and what to do."""


def _link(previous: bytes, row: tuple[object, ...]) -> bytes:
    return hashlib.sha256(previous + _encode(row)).digest()


def _entry(row: tuple[Any, ...]) -> Entry:
    position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body = row
    return Entry(
        position,
        Type(type),
        recorded_ms,
        boot_id,
        mono_ms,
        device,
        boot,
        seq,
        about,
        _decode_body(body),
    )


def _open(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    try:
        with ExitStack() as stack:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=10,
            )
            stack.callback(connection.close)
            if not read_only:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(_TABLES)
                connection.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (str(SCHEMA),)
                )
            found = connection.execute("SELECT value FROM meta WHERE key='schema'").fetchone()
            if found is None or found[0] != str(SCHEMA):
                raise JournalError(
                    f"{path}: written by another version (schema {found and found[0]}, "
                    f"this program reads {SCHEMA}); use the version that wrote it"
                )
            stack.pop_all()
            return connection
    except sqlite3.Error as error:
        raise JournalError(f"{path}: cannot be opened as a journal ({error})") from error


class Reader:
    """Reads a journal, also while a gateway writes it. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open ``path`` read-only. JournalError when it is missing or not a journal."""
        if not path.exists():
            raise JournalError(f"{path}: no such journal; has the gateway run here yet?")
        self._connection = _open(path, read_only=True)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def head(self) -> int:
        """Return the last position, 0 when empty."""
        row = self._connection.execute("SELECT max(position) FROM entries").fetchone()
        return row[0] or 0

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries behind position ``after``, of ``types`` if given."""
        chosen = f" AND type IN ({','.join('?' * len(types))})" if types else ""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE position > ?{chosen} ORDER BY position LIMIT ?",
            (after, *(t.value for t in types), limit),
        )
        return [_entry(row) for row in rows]

    def entry(self, position: int) -> Entry | None:
        """Return one entry."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE position = ?", (position,)
        ).fetchone()
        return _entry(row) if row else None

    def find(self, device: str, boot: int, seq: int) -> Entry | None:
        """Return the entry that a device's message became."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE device = ? AND boot = ? AND seq = ?",
            (device, boot, seq),
        ).fetchone()
        return _entry(row) if row else None

    def about(self, position: int) -> list[Entry]:
        """Return what has been said about an entry, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE about = ? ORDER BY position", (position,)
        )
        return [_entry(row) for row in rows]

    def latest(self, type: Type, device: str | None = None) -> Entry | None:
        """Return the newest entry of a type, of one device if given."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE type = ? AND (? IS NULL OR device = ?) "
            "ORDER BY position DESC LIMIT 1",
            (type.value, device, device),
        ).fetchone()
        return _entry(row) if row else None

    def cursors(self) -> dict[str, Cursor]:
        """Return every consumer's cursor by name."""
        rows = self._connection.execute("SELECT name, position, state FROM cursors")
        return {
            name: Cursor(name, position, msgspec.json.decode(state, type=dict[str, int]))
            for name, position, state in rows
        }

    def quarantined(self, after: int = 0, limit: int = 1000) -> list[Quarantined]:
        """Return messages that could not be used, oldest first."""
        rows = self._connection.execute(
            "SELECT number, received_ms, source, topic, reason, payload FROM quarantine "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (after, limit),
        )
        return [Quarantined(*row) for row in rows]

    def verify(self) -> Iterator[str]:
        """Yield one line for each entry that is missing or does not fit the hash chain."""
        previous, expected = _GENESIS, 1
        for row in self._connection.execute(
            f"SELECT {_COLUMNS}, hash FROM entries ORDER BY position"
        ):
            if row[0] != expected:
                yield f"positions {expected} to {row[0] - 1} are missing"
            if row[10] != _link(previous, row[:10]):
                yield f"position {row[0]} does not fit the chain"
            previous, expected = row[10], row[0] + 1


class _Submission(msgspec.Struct):
    writes: Sequence[Write]
    done: Done | None


class Journal:
    """One lane. Open it, ``submit`` to it from any thread, ``close`` it."""

    def __init__(self, path: Path, clock: Clock, *, chained: bool, linger_s: float = 0.0) -> None:
        """Open or make the file. ``linger_s``: how long a commit waits for company."""
        self.path = path
        self._clock = clock
        self._chained = chained
        self._linger_s = linger_s
        self._queue: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._watchers: list[Callable[[], None]] = []
        self._closing = False
        self.fault: str | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _open(path, read_only=False)
        row = self._connection.execute(
            "SELECT position, hash FROM entries ORDER BY position DESC LIMIT 1"
        ).fetchone()
        self._position: int = row[0] if row else 0
        self._hash: bytes = (row[1] if row else None) or _GENESIS
        self._thread = threading.Thread(target=self._run, name=f"journal-{path.stem}")
        self._thread.start()

    def submit(self, writes: Sequence[Write], done: Done | None = None) -> None:
        """Hand writes over; ``done`` is called in the writer's thread once they are on disk."""
        self._queue.put(_Submission(writes, done))

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` in the writer's thread after every commit and its ``done`` calls."""
        self._watchers.append(watcher)

    def reader(self) -> Reader:
        """Return a reader with a connection of its own."""
        return Reader(self.path)

    def close(self) -> None:
        """Commit what was submitted, then stop. Call it once, after the sources stopped."""
        self._closing = True
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _take(self) -> list[_Submission] | None:
        first = self._queue.get()
        if first is None:
            return None
        taken, writes = [first], len(first.writes)
        until = time.monotonic() + self._linger_s
        while writes < BATCH:
            wait = 0.0 if self._closing else until - time.monotonic()
            try:
                more = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            taken.append(more)
            writes += len(more.writes)
        return taken

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            results = self._commit_until_done(taken)
            if results is None:
                return
            for submission, stored in zip(taken, results, strict=True):
                if submission.done is not None:
                    submission.done(stored)
            for watcher in self._watchers:
                watcher()

    def _commit_until_done(self, taken: list[_Submission]) -> list[list[Stored]] | None:
        while True:
            position, link = self._position, self._hash
            try:
                return self._commit(taken)
            except sqlite3.OperationalError as error:
                # Disk full or an I/O error: nothing has been promised yet, so go back to the
                # last commit and try the same writes again.
                self._position, self._hash = position, link
                self.fault = str(error)
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if self._closing:
                    return None
                time.sleep(RETRY_S)

    def _commit(self, taken: list[_Submission]) -> list[list[Stored]]:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        results = [[self._apply(write) for write in one.writes] for one in taken]
        execute("COMMIT")
        self.fault = None
        return results

    def _apply(self, write: Write) -> Stored:
        match write:
            case NewEntry():
                return self._append(write)
            case Cursor():
                self._connection.execute(
                    "INSERT INTO cursors VALUES (?,?,?) ON CONFLICT (name) DO UPDATE "
                    "SET position = excluded.position, state = excluded.state",
                    (write.name, write.position, _encode(write.state)),
                )
                return Stored(write.position, True)
            case Quarantine():
                number = self._connection.execute(
                    "INSERT INTO quarantine (received_ms, source, topic, reason, payload) "
                    "VALUES (?,?,?,?,?)",
                    (
                        self._clock.wall_ms(),
                        write.source,
                        write.topic,
                        write.reason,
                        write.payload,
                    ),
                ).lastrowid
                return Stored(number or 0, False)

    def _append(self, new: NewEntry) -> Stored:
        if new.seq is not None:
            first = self._connection.execute(
                "SELECT position FROM entries WHERE device = ? AND boot = ? AND seq = ?",
                (new.device, new.boot, new.seq),
            ).fetchone()
            if first is not None:
                return Stored(first[0], True)
        row = (
            self._position + 1,
            new.type.value,
            self._clock.wall_ms(),
            self._clock.boot_id(),
            self._clock.monotonic_ms(),
            new.device,
            new.boot,
            new.seq,
            new.about,
            _encode(new.body),
        )
        link = _link(self._hash, row) if self._chained else None
        self._connection.execute(
            "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*row, link)
        )
        self._position += 1
        if link is not None:
            self._hash = link
        return Stored(self._position, False)
