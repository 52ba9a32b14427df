"""The console's one SQLite file: accounts, sessions, looks, work orders, shifts, plans.

Each subject has tables of its own and brings them to the newest form step by step (``Subject``).
A write is on disk when the call returns. One thread works for the event loop, which so never waits
for the disk; a command of the command line calls ``read`` and ``write`` directly, also while the
console runs.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, TypeVar

from callpoint_gateway.host.file_lock import FileInUse, hold_file
from callpoint_gateway.journal.damage import is_damage
from callpoint_gateway.words.said import said, said_by

FOLDER: Final = "console"
FILE: Final = "console.sqlite3"
LOCK: Final = "console.lock"
WAIT_S: Final = 10.0  # for another process that writes

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[[sqlite3.Connection], T]


class Subject(NamedTuple):
    """The tables of one subject: its name, and a script of SQL for each step of their form.

    A released step never changes; a new form of the tables is a further step. Statements end with
    a semicolon at the end of a line.
    """

    name: str
    steps: Sequence[str]


class DatabaseFault(Exception):
    """The file cannot be used; what it was made of (``said_by``) says why and what to do."""


class _Damaged(sqlite3.DatabaseError):
    """The file does not hold together, which only reading it through shows."""


def file_in(state_dir: Path) -> Path:
    """Return the console's file in a state directory."""
    return state_dir / FOLDER / FILE


def state_dir_of(file: Path) -> Path:
    """Return the state directory in which the console's file is."""
    return file.parent.parent


@contextmanager
def opened(file: Path, subjects: Sequence[Subject]) -> Iterator["Database"]:
    """Yield the file for the console itself, of which there is one. DatabaseFault.

    A restore of the file waits for the console's end: it takes the same lock.
    """
    with ExitStack() as stack:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(hold_file(file.parent / LOCK))
        except FileInUse as error:
            raise DatabaseFault(said("console_file.open", file=str(file))) from error
        except OSError as error:
            raise _fault(file.parent, error) from error
        database = Database(file, subjects)
        stack.callback(database.close)
        yield database


class Database:
    """The open file. ``read`` and ``write`` may be called in any thread, one works at a time."""

    def __init__(self, file: Path, subjects: Sequence[Subject]) -> None:
        """Open the file, make it if it is missing, and take every step that it lacks.

        DatabaseFault: it is damaged, of a newer program, or cannot be written.
        """
        self.file = file
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="console-database")
        try:
            self._connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            raise _fault(file, error) from error
        try:
            for subject in subjects:
                self._migrate(subject)
        except BaseException:
            self.close()
            raise

    def _opened(self) -> sqlite3.Connection:
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the files beside it the same mode.
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            self.file, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA trusted_schema=OFF")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise _Damaged(found)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS subjects"
                " (name TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT"
            )
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, subject: Subject) -> None:
        def done(connection: sqlite3.Connection) -> int:
            row = connection.execute(
                "SELECT step FROM subjects WHERE name = ?", (subject.name,)
            ).fetchone()
            return int(row[0]) if row else 0

        def one_step(connection: sqlite3.Connection) -> None:
            # Asked again: another process may have taken it meanwhile.
            step = done(connection)
            if step >= len(subject.steps):
                return
            for statement in subject.steps[step].split(";\n"):
                connection.execute(statement)
            connection.execute(
                "INSERT OR REPLACE INTO subjects VALUES (?, ?)", (subject.name, step + 1)
            )

        if self.read(done) > len(subject.steps):
            raise DatabaseFault(said("console_file.newer", file=str(self.file)))
        while self.read(done) < len(subject.steps):
            self.write(one_step)

    def read(self, work: Work[T]) -> T:
        """Return what ``work`` returns, which reads one state of the file. DatabaseFault."""
        return self._transaction("BEGIN", work)

    def write(self, work: Work[T]) -> T:
        """Return what ``work`` returns; all that it wrote is then on disk, or nothing of it.

        DatabaseFault: the disk or the file does not let it.
        """
        return self._transaction("BEGIN IMMEDIATE", work)

    def _transaction(self, begin: str, work: Work[T]) -> T:
        with self._lock:
            try:
                self._connection.execute(begin)
                try:
                    result = work(self._connection)
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.IntegrityError:
                raise  # it is the caller's: a name that is taken
            except sqlite3.Error as error:
                raise _fault(self.file, error) from error
            return result

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``call`` returns, called in this file's thread: it may read and write."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Wait for what is under way, and close the file. It may be called again."""
        self._worker.shutdown()
        with self._lock:
            self._connection.close()


def _fault(file: Path, error: Exception) -> DatabaseFault:
    damaged = isinstance(error, _Damaged) or (
        isinstance(error, sqlite3.Error) and is_damage(error)
    )
    why = said_by(error)
    if damaged:
        return DatabaseFault(said("console_file.damaged", file=str(file), why=why))
    return DatabaseFault(said("console_file.unusable", file=str(file), why=why))
