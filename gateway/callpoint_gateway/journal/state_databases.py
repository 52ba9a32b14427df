"""Copies the databases that other processes of the site keep in the state folder.

The gateway knows nothing of what is in them. A copy has them under ``DATABASES``, each under its
path in the state folder, as it is at one moment.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

DATABASES: Final = "databases"


class StateDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """A database in the state folder; paths are relative to that.

    ``beside``: files without which it cannot be read. ``secret``: it is copied only with the
    secrets. ``lock``: a file that its process locks (flock) while it runs.
    """

    file: str
    beside: tuple[str, ...] = ()
    secret: bool = False
    lock: str | None = None


def copy(state_dir: Path, databases: Sequence[StateDatabase], target: Path) -> None:
    """Copy the databases that are there into ``target``. OSError or sqlite3.Error if it cannot."""
    for database in databases:
        source = state_dir / database.file
        if not source.exists():
            continue
        place = _place(target, database.file)
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as here,
            closing(sqlite3.connect(place)) as there,
        ):
            here.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")
        place.chmod(0o600)
        check(place)
        for file in database.beside:
            beside = _place(target, file)
            shutil.copy2(state_dir / file, beside)
            beside.chmod(0o600)


def _place(target: Path, file: str) -> Path:
    place = target / DATABASES / file
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def check(file: Path) -> None:
    """Read a database. sqlite3.DatabaseError: it is damaged."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        for (problem,) in opened.execute("PRAGMA quick_check"):
            if problem != "ok":
                raise sqlite3.DatabaseError(str(problem))


def files_in(copied: Path) -> Iterator[Path]:
    """Yield every file of a copy's databases, as paths in the state folder."""
    folder = copied / DATABASES
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder)


def in_use(state_dir: Path, databases: Sequence[StateDatabase]) -> str | None:
    """Return the file of a database whose process runs; None: none does."""
    for database in databases:
        path = state_dir / database.lock if database.lock else None
        if path is None or not path.exists():
            continue
        lock = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return database.file
        finally:
            os.close(lock)
    return None
