"""Reads the alarms journal as it was hashed: the row of each entry, and its hash.

``Reader`` corrects the times of entries by what is known now. A copy that can prove that nothing
is missing needs the rows as they are.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from callpoint_gateway.journal.reader import GENESIS, encode, open_file

_ROW = "position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body, hash"


class ChainRow(NamedTuple):
    """The row of one entry as JSON, and the hash of everything up to it."""

    position: int
    row: bytes
    hash: bytes


class Chain:
    """The rows of an alarms journal, for one thread. No query stays open between two calls."""

    def __init__(self, path: Path) -> None:
        """Open the file read-only. JournalError: it is missing, or is no journal."""
        self._connection: sqlite3.Connection = open_file(path, read_only=True)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def after(self, position: int, rows: int) -> Sequence[ChainRow]:
        """Return up to ``rows`` rows behind a position, in order."""
        found = self._connection.execute(
            f"SELECT {_ROW} FROM entries WHERE position > ? ORDER BY position LIMIT ?",
            (position, rows),
        ).fetchall()
        return [ChainRow(row[0], encode(row[:10]), row[10]) for row in found]

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash of everything up to a position.

        ``GENESIS`` just before the first entry; None where there is no entry.
        """
        row = self._connection.execute(
            "SELECT hash FROM entries WHERE position = ?", (position,)
        ).fetchone()
        if row is not None:
            return bytes(row[0])
        return GENESIS if position == self.first() - 1 else None

    def first(self) -> int:
        """Return the position of the first entry, also if it is not there yet."""
        row = self._connection.execute("SELECT min(position) FROM entries").fetchone()
        if row[0] is not None:
            return int(row[0])
        base = self._connection.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
        return int(base[0]) + 1 if base else 1

    def head(self) -> int:
        """Return the position of the last entry, that before the first if there is none."""
        row = self._connection.execute("SELECT max(position) FROM entries").fetchone()
        return int(row[0]) if row[0] is not None else self.first() - 1
