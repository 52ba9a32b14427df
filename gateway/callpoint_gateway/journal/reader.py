"""The file of a journal: its tables, how it is opened, and how it is read.

Any process may read while a gateway writes; only ``writer.Journal`` writes.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from sys import intern
from typing import Any, Final

import msgspec

from callpoint_gateway.journal.entries import Body, Cursor, Entry, Quarantined, Type
from callpoint_gateway.journal.migrations import SCHEMA, migrate, usable
from callpoint_gateway.journal.recent import Recent
from callpoint_gateway.journal.repairs import Repairs
from callpoint_gateway.journal.unwritable import open_unchanging, why_not
from callpoint_gateway.words.said import Said, said, said_by, verbatim

# The files of a state directory, and whether they are chained.
JOURNALS: Final = {"alarms.db": True, "telemetry.db": False}
# What SQLite answers to a user who may not make the files beside a journal.
_UNWRITABLE: Final = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
GENESIS = b"\0" * 32
# Entries that one query asks for by their positions.
_MOST_AT_ONCE = 1000
MODE: Final = 0o660
WAL_BYTES = 8 * 1024 * 1024
_BATCH: Final = 1000

# Every type but events, readings and deliveries. A start looks for these, and must not read a
# million events to find ten faults. A query must repeat this condition, or SQLite does not use
# the index.
_COMMON = (Type.EVENT, Type.TELEMETRY, Type.DELIVERY)
_RARE = "type NOT IN ('event', 'telemetry', 'delivery')"

_TABLES = f"""
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
CREATE INDEX IF NOT EXISTS entries_rare ON entries (type, device) WHERE {_RARE};
CREATE TABLE IF NOT EXISTS cursors (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  number INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, source TEXT NOT NULL,
  topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL);
"""

_COLUMNS = "position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body"
encode = msgspec.json.Encoder().encode
_decode_body: Callable[[bytes], Body] = msgspec.json.Decoder(Body).decode


class JournalError(Exception):
    """The journal cannot be used; its ``Said`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def is_there(path: Path) -> bool:
    """Say whether there is such a journal. JournalError: this user may not look."""
    try:
        return path.exists()
    except PermissionError as error:
        raise JournalError(said("refused.journal", path=str(path))) from error


def _unopenable(path: Path, error: Exception) -> JournalError:
    return JournalError(said("journal.unopenable", path=str(path), why=said_by(error)))


def link(previous: bytes, row: tuple[object, ...]) -> bytes:
    """Return the hash of an entry: SHA-256 of the previous entry's hash and the row as JSON."""
    return hashlib.sha256(previous + encode(row)).digest()


def _entry(row: tuple[Any, ...]) -> Entry:
    position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body = row
    return Entry(
        position,
        Type(type),
        recorded_ms,
        boot_id,
        mono_ms,
        device and intern(device),  # who remembers something by device keeps one text of each
        boot,
        seq,
        about,
        _decode_body(body),
    )


def _write_tables(connection: sqlite3.Connection) -> None:
    """Make a file ready to be written: a new one, or one of an earlier version."""
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # The write-ahead log that a flood has grown is cut at the next checkpoint.
    connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
    # One transaction: a commit for each table would be slow on an SD card.
    connection.executescript(
        f"BEGIN;{_TABLES}INSERT OR IGNORE INTO meta VALUES ('schema', '{SCHEMA}');COMMIT;"
    )
    migrate(connection)


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise JournalError for a schema that this program may not use, before it writes anything.

    Earlier schemas have the same tables and can be read.
    """
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return
    if not usable(connection):
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        raise JournalError(
            said("journal.other_version", path=str(path), schema=row[0], known=SCHEMA)
        )


def open_file(path: Path, *, read_only: bool, vfs: str | None = None) -> sqlite3.Connection:
    """Open a journal. JournalError if that fails. ``vfs``: SQLite's interface to the disk."""
    options = f"mode={'ro' if read_only else 'rwc'}" + (f"&vfs={vfs}" if vfs else "")
    try:
        if not read_only:
            _share(path)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
        )
        return _ready(connection, path, read_only=read_only)
    except sqlite3.OperationalError as error:
        if read_only and error.sqlite_errorcode & 0xFF in _UNWRITABLE:
            return _unwritable(path, error)
        raise _unopenable(path, error) from error
    except (sqlite3.Error, OSError) as error:
        raise _unopenable(path, error) from error


def _ready(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> sqlite3.Connection:
    with ExitStack() as stack:
        stack.callback(connection.close)
        _check_schema(connection, path)
        if not read_only:
            _write_tables(connection)
        stack.pop_all()
    return connection


def _unwritable(path: Path, error: Exception) -> sqlite3.Connection:
    """Open a journal beside which this user can write nothing. JournalError if that fails too."""
    try:
        if wrong := why_not(path):
            raise JournalError(wrong) from error
        if (connection := open_unchanging(path)) is not None:
            return _ready(connection, path, read_only=True)
    except (sqlite3.Error, OSError) as again:
        error = again
    raise _unopenable(path, error) from error


def _share(path: Path) -> None:
    """Make the file one of the site's processes and of nobody else, whatever the umask.

    SQLite gives ``-wal`` and ``-shm`` the mode of the file itself.
    """
    if not path.exists():
        # A file that is there is not opened: closing it would end SQLite's locks of this process.
        path.touch(MODE)
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        # Another owner's file is left as it is; it can be gone with the last who had it open.
        with suppress(FileNotFoundError, PermissionError):
            file.chmod(MODE)


def entries_after(connection: sqlite3.Connection, position: int, limit: int) -> list[Entry]:
    """Return up to ``limit`` entries behind a position, as they are stored."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entries WHERE position > ? ORDER BY position LIMIT ?",
        (position, limit),
    )
    return [_entry(row) for row in rows]


class Reader:
    """Reads a journal, also while a gateway writes it. Use it from one thread at a time.

    While a query runs, the writer cannot cut its write-ahead log. So every method ends its query
    before it returns or yields: who waits for a pager between two entries holds nothing.
    ``log_holders`` names a process that is stopped within a query.

    Times of entries are corrected for what is now known of the clock; the file keeps the old ones.
    """

    def __init__(self, path: Path, recent: Callable[[], Recent] | None = None) -> None:
        """Open ``path`` read-only. JournalError when it is missing or not a journal.

        ``recent`` returns the rows that the journal's writer still has in memory.
        """
        if not is_there(path):
            raise JournalError(said("journal.none", file=str(path)))
        self._connection = open_file(path, read_only=True)
        self._recent = recent
        self._repairs = Repairs()
        self._learnt = 0  # position up to which all repairs are known
        # A journal of an earlier version has no such index, and no entries of type time either.
        self._repairable = bool(
            self._connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'entries_rare'"
            ).fetchone()
        )

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def repaired(self, entry: Entry) -> Entry:
        """Return an entry that was read before, its times corrected for what is known now."""
        self._learn()
        return self._repairs.apply(entry)

    def _learn(self) -> Recent | None:
        """Learn all repairs so far; return the recent rows as they were before that."""
        recent = self._recent() if self._recent is not None else None
        kept = recent.behind(self._learnt) if recent is not None else None
        times: Iterable[tuple[Any, ...]] = () if kept is None else kept
        if kept is None and self._repairable:
            times = self._connection.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE type = ? AND {_RARE} AND position > ? "
                "ORDER BY position",
                (Type.TIME.value, self._repairs.position),
            )
        self._repairs.learn(_entry(row) for row in times if row[1] == Type.TIME.value)
        if recent is not None:
            self._learnt = recent.last
        return recent

    def _repaired(self, row: tuple[Any, ...]) -> Entry:
        return self._repairs.apply(_entry(row))

    def head(self) -> int:
        """Return the last position, 0 when empty."""
        row = self._connection.execute("SELECT max(position) FROM entries").fetchone()
        return row[0] or 0

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries behind position ``after``, only of ``types`` if given."""
        recent = self._learn()
        if recent is not None and (kept := recent.behind(after)) is not None:
            wanted = {type.value for type in types}
            fitting = [row for row in kept if not types or row[1] in wanted]
            return [self._repaired(row) for row in fitting[:limit]]
        chosen = f" AND type IN ({','.join('?' * len(types))})" if types else ""
        if types and not set(types) & set(_COMMON):
            chosen += f" AND {_RARE}"
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE position > ?{chosen} ORDER BY position LIMIT ?",
            (after, *(type.value for type in types), limit),
        )
        return [self._repaired(row) for row in rows]

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""
        self._learn()
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE position = ?", (position,)
        ).fetchone()
        return self._repaired(row) if row else None

    def entries(self, positions: Sequence[int]) -> list[Entry]:
        """Return the entries at these positions, in their order, without those that are not there.

        A thousand of them take one query.
        """
        self._learn()
        found: list[Entry] = []
        ordered = sorted(positions)
        for begin in range(0, len(ordered), _MOST_AT_ONCE):
            some = ordered[begin : begin + _MOST_AT_ONCE]
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE position IN ({','.join('?' * len(some))}) "
                "ORDER BY position",
                some,
            )
            found += [self._repaired(row) for row in rows.fetchall()]
        return found

    def find(self, device: str, boot: int, seq: int) -> Entry | None:
        """Return the entry of a device's message, None if it is not stored."""
        self._learn()
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE device = ? AND boot = ? AND seq = ?",
            (device, boot, seq),
        ).fetchone()
        return self._repaired(row) if row else None

    def devices(self) -> list[str]:
        """Return the ids of all devices that ever sent something, in order."""
        # One look into the index for each device: a journal has millions of entries.
        after = "SELECT device FROM entries WHERE seq IS NOT NULL{} ORDER BY device LIMIT 1"
        rows = self._connection.execute(
            f"WITH RECURSIVE sender(device) AS (SELECT * FROM ({after.format('')}) UNION ALL "
            f"SELECT ({after.format(' AND device > sender.device')}) FROM sender "
            "WHERE device IS NOT NULL) SELECT device FROM sender WHERE device IS NOT NULL"
        )
        return [row[0] for row in rows.fetchall()]

    def last_events(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` events that a device sent, the oldest first."""
        return self._last(device, Type.EVENT, limit)

    def last_reading(self, device: str) -> Entry | None:
        """Return the entry with the newest readings of a device, None if there is none."""
        return next(iter(self._last(device, Type.TELEMETRY, 1)), None)

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries with readings of a device, the oldest first."""
        return self._last(device, Type.TELEMETRY, limit)

    def _last(self, device: str, type: Type, limit: int) -> list[Entry]:
        # The index is in the order of the device's own numbers.
        self._learn()
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE device = ? AND seq IS NOT NULL AND type = ? "
            "ORDER BY boot DESC, seq DESC LIMIT ?",
            (device, type.value, limit),
        )
        return sorted(map(self._repaired, rows), key=lambda entry: entry.position)

    def furthest(self) -> list[tuple[str, int, int]]:
        """Return device, boot and sequence of the last message of each generation of boots.

        A generation is a block of 65,536 boot numbers: a device that lost its memory begins a new
        block. One query for all devices, which looks into the index once for each generation.
        """
        return self._connection.execute(
            "WITH RECURSIVE last(device, boot, seq) AS ("
            "SELECT * FROM (SELECT device, boot, seq FROM entries WHERE seq IS NOT NULL "
            "ORDER BY device DESC, boot DESC, seq DESC LIMIT 1) "
            "UNION ALL SELECT entries.device, entries.boot, entries.seq FROM last, entries "
            "WHERE position = (SELECT position FROM entries WHERE seq IS NOT NULL "
            "AND (device, boot) < (last.device, last.boot & ~65535) "
            "ORDER BY device DESC, boot DESC, seq DESC LIMIT 1)) SELECT * FROM last"
        ).fetchall()

    def about(self, position: int) -> list[Entry]:
        """Return the entries whose ``about`` is this position, oldest first."""
        self._learn()
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE about = ? ORDER BY position", (position,)
        )
        return [self._repaired(row) for row in rows]

    def latest(self, type: Type, device: str | None = None) -> Entry | None:
        """Return the newest entry of a type, only of ``device`` if given; None if there is not."""
        self._learn()
        rare = f" AND {_RARE}" if type not in _COMMON else ""
        whose, values = (" AND device = ?", (device,)) if device is not None else ("", ())
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE type = ?{rare}{whose} "
            "ORDER BY position DESC LIMIT 1",
            (type.value, *values),
        ).fetchone()
        return self._repaired(row) if row else None

    def all_of(self, type: Type) -> Iterator[Entry]:
        """Yield every entry of a type, oldest first; not for events, readings or deliveries."""
        self._learn()
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE type = ? AND {_RARE} ORDER BY position",
            (type.value,),
        ).fetchall()
        yield from map(self._repaired, rows)

    def latest_of_each(self, type: Type, until: int) -> list[Entry]:
        """Return each device's newest entry of a type up to position ``until``.

        Not of events, readings or deliveries. One query, which looks into the index once for each
        device.
        """
        self._learn()
        newest = (
            f"SELECT position FROM entries WHERE type = :type AND {_RARE} AND position <= :until"
        )
        columns = ", ".join(f"entries.{column}" for column in _COLUMNS.split(", "))
        rows = self._connection.execute(
            "WITH RECURSIVE last(position, device) AS ("
            "SELECT position, device FROM entries WHERE position = "
            f"({newest} ORDER BY device DESC, position DESC LIMIT 1) "
            "UNION ALL SELECT entries.position, entries.device FROM last, entries "
            f"WHERE entries.position = ({newest} AND device < last.device "
            "ORDER BY device DESC, position DESC LIMIT 1)) "
            f"SELECT {columns} FROM last JOIN entries USING (position)",
            {"type": type.value, "until": until},
        )
        return [self._repaired(row) for row in rows]

    def positions(self, after: int, types: Sequence[Type], limit: int) -> list[int]:
        """Return the positions of the first ``limit`` entries of ``types`` behind ``after``."""
        rows = self._connection.execute(
            f"SELECT position FROM entries WHERE position > ? AND type IN "
            f"({','.join('?' * len(types))}) ORDER BY position LIMIT ?",
            (after, *(type.value for type in types), limit),
        )
        return [row[0] for row in rows]

    def has_sent(self, device: str) -> bool:
        """Say whether the journal has a numbered message of a device."""
        return bool(
            self._connection.execute(
                "SELECT 1 FROM entries WHERE device = ? AND seq IS NOT NULL LIMIT 1", (device,)
            ).fetchone()
        )

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

    def broken_pages(self) -> Iterator[Said]:
        """Yield each problem that SQLite's quick check finds in the file."""
        for row in self._connection.execute("PRAGMA quick_check").fetchall():
            if row[0] != "ok":
                yield verbatim(" ".join(row[0].split()))

    def verify(self) -> Iterator[Said]:
        """Yield one line for each entry that is missing or does not fit the hash chain."""
        # After a damaged journal was set aside, the next one begins at a position never used.
        base = self._connection.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
        previous, expected = GENESIS, int(base[0]) + 1 if base else 1
        after = -1
        while rows := self._connection.execute(
            f"SELECT {_COLUMNS}, hash FROM entries WHERE position > ? ORDER BY position LIMIT ?",
            (after, _BATCH),
        ).fetchall():
            after = rows[-1][0]
            for row in rows:
                if row[0] != expected:
                    yield said("journal.gap", first=expected, last=row[0] - 1)
                if row[10] != link(previous, row[:10]):
                    yield said("journal.chain", position=row[0])
                previous, expected = row[10], row[0] + 1
