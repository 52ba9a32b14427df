"""Tells a damaged file from a disk that refuses, by SQLite's result code alone.

A damaged file is set aside, because no retry mends it. A disk that is full, broken, read-only or
busy (SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_BUSY, SQLITE_CANTOPEN) says nothing about
the content of the file: that journal stays where it is, and the gateway retries.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said, said

# https://www.sqlite.org/rescode.html: the low byte of an extended code is the primary one, so
# SQLITE_CORRUPT stands for SQLITE_CORRUPT_INDEX, SQLITE_CORRUPT_SEQUENCE and SQLITE_CORRUPT_VTAB.
_PRIMARY: Final = 0xFF
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: said("journal.full.do"),
    sqlite3.SQLITE_READONLY: said("journal.read_only.do"),
    sqlite3.SQLITE_PERM: said("journal.not_allowed.do"),
    sqlite3.SQLITE_CANTOPEN: said("journal.not_mounted.do"),
    sqlite3.SQLITE_IOERR: said("journal.broken_disk.do"),
    sqlite3.SQLITE_BUSY: said("journal.busy.do"),
    sqlite3.SQLITE_LOCKED: said("journal.busy.do"),
}
_REMEDY: Final = said("journal.disk.do")


def _primary(error: sqlite3.Error) -> int:
    # An error of Python's own module, such as a closed connection, has no code.
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether SQLite found that the file is damaged or no database at all."""
    return _primary(error) in _DAMAGE


def remedy_of(error: sqlite3.Error) -> Said:
    """Return what a person can do about a journal that cannot be written."""
    return _REMEDIES.get(_primary(error), _REMEDY)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def comes_of_damage(error: BaseException) -> bool:
    """Say whether a damaged journal caused the error: SQLite's, or that of decoding an entry."""
    return any(
        isinstance(cause, msgspec.MsgspecError)
        or (isinstance(cause, sqlite3.Error) and is_damage(cause))
        for cause in _causes(error)
    )
