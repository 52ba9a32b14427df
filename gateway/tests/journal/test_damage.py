"""Which errors of SQLite say that a file is damaged: made on real files, judged by code."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.damage import comes_of_damage, is_damage, remedy_of
from callpoint_gateway.journal.reader import JournalError, open_file
from callpoint_gateway.journal.recovery import damage_noted
from callpoint_gateway.journal.salvage import damaged
from callpoint_rig.faulty_disk import FaultyDisk

PAGE = 4096


def sound(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, seq INTEGER, body)")
        file.execute("CREATE INDEX by_seq ON entries (seq)")
        rows = [(number, number, bytes(300)) for number in range(1, 500)]
        file.executemany("INSERT INTO entries VALUES (?,?,?)", rows)
    return path


def failure(file: sqlite3.Connection, *statements: str) -> sqlite3.Error:
    def run() -> None:
        for statement in statements:
            file.execute(statement).fetchall()

    with pytest.raises(sqlite3.Error) as met:
        run()
    return met.value


@contextmanager
def opened(path: Path, options: str = "mode=rw") -> Iterator[sqlite3.Connection]:
    with closing(
        sqlite3.connect(f"{path.as_uri()}?{options}", uri=True, isolation_level=None, timeout=0)
    ) as file:
        yield file


READ = "SELECT count(body) FROM entries"
WRITE = "INSERT INTO entries VALUES (9000, 9000, 'x')"


def corrupt(path: Path) -> sqlite3.Error:
    content = bytearray(path.read_bytes())
    content[PAGE * 2 :] = b"\xff" * len(content[PAGE * 2 :])
    path.write_bytes(content)
    with opened(path) as file:
        return failure(file, READ)


def corrupt_index(path: Path) -> sqlite3.Error:
    """An index that has lost a row: an extended code of SQLITE_CORRUPT."""
    with opened(path) as file:
        # While the index is no index, its table goes on without it.
        file.execute("PRAGMA writable_schema=ON")
        sql = file.execute("SELECT sql FROM sqlite_master WHERE name='by_seq'").fetchone()[0]
        root = file.execute("SELECT rootpage FROM sqlite_master WHERE name='by_seq'").fetchone()[0]
        file.execute("DELETE FROM sqlite_master WHERE name='by_seq'")
    with opened(path) as file:
        file.execute(WRITE)
        file.execute("PRAGMA writable_schema=ON")
        row = ("index", "by_seq", "entries", root, sql)
        file.execute("INSERT INTO sqlite_master VALUES (?,?,?,?,?)", row)
    with opened(path) as file:
        return failure(file, "DELETE FROM entries WHERE position = 9000")


def not_a_database(path: Path) -> sqlite3.Error:
    path.write_bytes(b"not a database at all\n" * 400)
    with opened(path) as file:
        return failure(file, READ)


def full(path: Path) -> sqlite3.Error:
    with FaultyDisk("full") as disk, opened(path, "mode=rw&vfs=full") as file:
        disk.full = True
        return failure(file, WRITE)


def write_fails(path: Path) -> sqlite3.Error:
    with FaultyDisk("writes") as disk, opened(path, "mode=rw&vfs=writes") as file:
        disk.broken_writes = set(range(1, 100))
        return failure(file, WRITE)


def sync_fails(path: Path) -> sqlite3.Error:
    with FaultyDisk("syncs") as disk, opened(path, "mode=rw&vfs=syncs") as file:
        disk.broken_syncs = set(range(1, 100))
        return failure(file, WRITE)


def read_only(path: Path) -> sqlite3.Error:
    with opened(path, "mode=ro") as file:
        return failure(file, WRITE)


def busy(path: Path) -> sqlite3.Error:
    with opened(path) as other, opened(path) as file:
        other.execute("BEGIN EXCLUSIVE")
        return failure(file, WRITE)


def no_file(path: Path) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as met, opened(path.parent) as file:
        failure(file, READ)
    return met.value


def no_table(path: Path) -> sqlite3.Error:
    with opened(path) as file:
        return failure(file, "SELECT * FROM cursors")


@pytest.mark.parametrize(
    ("make", "code", "damage"),
    [
        (corrupt, "SQLITE_CORRUPT", True),
        (corrupt_index, "SQLITE_CORRUPT_INDEX", True),
        (not_a_database, "SQLITE_NOTADB", True),
        (full, "SQLITE_FULL", False),
        (write_fails, "SQLITE_IOERR_WRITE", False),
        (sync_fails, "SQLITE_IOERR_FSYNC", False),
        (read_only, "SQLITE_READONLY", False),
        (busy, "SQLITE_BUSY", False),
        (no_file, "SQLITE_CANTOPEN", False),
        (no_table, "SQLITE_ERROR", False),
    ],
)
def test_the_code_says_whether_a_file_is_damaged(
    tmp_path: Path, make: object, code: str, damage: bool
) -> None:
    assert callable(make)
    error = make(sound(tmp_path / "alarms.db"))
    assert error.sqlite_errorname == code
    assert (is_damage(error), comes_of_damage(error)) == (damage, damage)
    assert remedy_of(error)


def test_words_in_a_message_say_nothing() -> None:
    """An error of Python's module has no code, whatever it says."""
    assert not is_damage(sqlite3.ProgrammingError("malformed; not a database"))
    with closing(sqlite3.connect(":memory:")) as file:
        # A name that is chosen by whoever wrote the query comes back in the message.
        error = failure(file, 'SELECT * FROM "database disk image is malformed"')
    assert "malformed" in str(error)
    assert not is_damage(error)


def test_a_file_that_cannot_be_opened_is_not_set_aside(tmp_path: Path) -> None:
    """A folder in its place is SQLITE_CANTOPEN: nothing is known of the journal."""
    path = tmp_path / "alarms.db"
    path.mkdir()
    assert damaged(path) is None


def test_a_disk_that_refuses_notes_no_damage(tmp_path: Path) -> None:
    path = sound(tmp_path / "alarms.db")  # no journal: whoever looks for problems finds some
    with pytest.raises(sqlite3.Error), damage_noted(tmp_path):
        raise write_fails(path)
    assert damaged(path) is None


def test_damage_that_keeps_the_gateway_from_starting_is_noted(tmp_path: Path) -> None:
    """It is met where the file is opened, wrapped twice, and by no query of ``damaged``."""
    path = tmp_path / "telemetry.db"
    with closing(open_file(path, read_only=False)) as file:
        file.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        row = (1, "telemetry", 0, "boot", 0, None, None, None, None, b"{}", None)
        for position in range(1, 1001):
            row = (position, *row[1:9], b"x" * 200, None)
            file.execute(f"INSERT INTO entries VALUES ({','.join('?' * 11)})", row)
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[PAGE * 20 : PAGE * 22] = b"\xff" * PAGE * 2
    path.write_bytes(content)
    assert damaged(path) is None

    def start() -> None:
        try:
            open_file(path, read_only=False)
        except JournalError as error:
            raise ServiceError(error.why) from error

    with pytest.raises(ServiceError), damage_noted(tmp_path):
        start()
    assert damaged(path) is not None
