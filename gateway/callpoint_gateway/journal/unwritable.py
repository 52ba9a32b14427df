"""Opens a journal for a user who may read it and not write beside it, or on a read-only disk.

SQLite reads a journal together with its ``-wal``, which has the newest entries, and finds its way
there by ``-shm``. Who may read all three reads everything, also while a gateway writes. A gateway
leaves both files when it stops (``writer``). Where they are missing, SQLite has to make them:

- without ``-wal``, or with an empty one, everything is in the file itself, and it may be taken for
  a file that nobody writes, as long as nobody does: each statement looks at that first;
- with entries in a ``-wal`` that cannot be used, the newest ones would be missing without a word:
  that is refused.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any

from callpoint_gateway.words.said import Said, said


def entries_beside(path: Path) -> bool:
    """Say whether a journal has entries in its ``-wal``. OSError: the folder is not yours."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


class _Unchanging(sqlite3.Connection):
    """A connection to a file that nobody writes."""

    path: Path

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute a statement. OperationalError: a gateway has begun to write."""
        if entries_beside(self.path):
            raise sqlite3.OperationalError("a gateway has been started meanwhile; try again")
        return super().execute(sql, parameters)


def open_unchanging(path: Path) -> sqlite3.Connection | None:
    """Return a connection to a journal that nobody writes; None if its ``-wal`` has entries."""
    if entries_beside(path):
        return None
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        factory=_Unchanging,
    )
    connection.path = path
    return connection


def why_not(path: Path) -> Said | None:
    """Return why this user may not read a journal and what to do; None if the files allow it."""
    wal = path.with_name(f"{path.name}-wal")
    try:
        path.stat()
        if not os.access(path, os.R_OK):
            return said("refused.journal", path=str(path))
        if not entries_beside(path):
            return None
    except FileNotFoundError:
        return None
    except PermissionError:
        return said("refused.journal", path=str(path))
    return said("refused.newest", path=str(wal))
