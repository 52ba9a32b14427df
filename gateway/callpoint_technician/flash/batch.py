"""The journal of a batch: which identity is on which board. It survives a kill at any moment.

An identity is bound to a chip's address before the first byte is written to that chip, and stays
bound whatever happens then: no identity is ever on two boards, and no board has two. The database
itself refuses both. Once an identity has begun to be written, it is never given to another board;
a broken board is replaced by one with a new identity.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

from callpoint_gateway.host.file_lock import FileInUse, hold_file
from callpoint_gateway.words.said import Said, said, said_by
from callpoint_technician.flash.trouble import Layer, Trouble

FILE: Final = "batch.db"
_LOCK: Final = "batch.lock"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS board (
    mac TEXT PRIMARY KEY,
    device TEXT NOT NULL UNIQUE,
    stage INTEGER NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID
"""


class Stage(IntEnum):
    """How far a board is."""

    BOUND = 1  # no byte of the identity has been sent
    WRITING = 2  # it may be on the board, whole or in part
    WRITTEN = 3  # read back and right
    HEARD = 4  # the gateway has heard the device


class Board(NamedTuple):
    """A board and its identity.

    ``digest``, ``size``: MD5 and bytes of the identity that was written. ``position``: the last
    entry of the gateway's journal at that time; the device's first word comes behind it.
    """

    mac: str
    device: str
    stage: Stage
    digest: str = ""
    size: int = 0
    position: int = 0


class BatchError(Exception):
    """The batch cannot be used; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Batch:
    """An open batch, locked for this process. Any thread may call it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """``database``: see ``opened``; with a transaction only where it is asked for."""
        self._database = database
        # A board must not get what the journal forgets when the power goes.
        database.execute("PRAGMA synchronous = EXTRA")
        database.execute(_SCHEMA)
        self._lock = threading.Lock()

    def boards(self) -> list[Board]:
        """Return all boards, by device."""
        with self._lock:
            rows = self._database.execute("SELECT * FROM board ORDER BY device").fetchall()
        return [_board(row) for row in rows]

    def of_mac(self, mac: str) -> Board | None:
        """Return the board with an address."""
        with self._lock:
            row = self._database.execute("SELECT * FROM board WHERE mac = ?", (mac,)).fetchone()
        return _board(row) if row else None

    def bind(self, mac: str, devices: Sequence[str]) -> Board | None:
        """Bind the first of ``devices`` that is free to a new board; None if none is.

        Trouble: it cannot be put on record, so nothing may be written.
        """
        with self._changing():
            taken = {row[0] for row in self._database.execute("SELECT device FROM board")}
            device = next((each for each in devices if each not in taken), None)
            if device is None:
                return None
            self._database.execute(
                "INSERT INTO board (mac, device, stage) VALUES (?, ?, ?)",
                (mac, device, Stage.BOUND),
            )
        return Board(mac, device, Stage.BOUND)

    def writing(self, mac: str, digest: str, size: int) -> None:
        """Note that the identity is about to be sent to its board."""
        self._set(mac, Stage.WRITING, "digest = ?, size = ?", digest, size)

    def written(self, mac: str, position: int) -> None:
        """Note that the identity is on its board and was read back."""
        self._set(mac, Stage.WRITTEN, "position = ?", position)

    def heard(self, mac: str) -> None:
        """Note that the gateway has heard the device."""
        self._set(mac, Stage.HEARD, "mac = mac")

    def again(self, device: str) -> bool:
        """Have the board of a device written again; say whether it has a board."""
        return self._change("UPDATE board SET stage = ? WHERE device = ?", Stage.WRITING, device)

    def release(self, device: str) -> bool:
        """Free an identity of which its board has had no byte; say whether that was so."""
        return self._change(
            "DELETE FROM board WHERE device = ? AND stage = ?", device, Stage.BOUND
        )

    def _set(self, mac: str, stage: Stage, more: str, *values: str | int) -> None:
        self._change(f"UPDATE board SET stage = ?, {more} WHERE mac = ?", stage, *values, mac)

    def _change(self, statement: str, *values: str | int) -> bool:
        with self._changing():
            return self._database.execute(statement, values).rowcount > 0

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Commit what the block does; it is on disk afterwards."""
        try:
            with self._lock, self._database:
                self._database.execute("BEGIN IMMEDIATE")
                yield
        except (sqlite3.Error, OSError) as error:
            raise Trouble(Layer.JOURNAL, said("flash.journal", why=said_by(error))) from error


def _board(row: Sequence[str | int]) -> Board:
    mac, device, stage, digest, size, position = row
    return Board(str(mac), str(device), Stage(int(stage)), str(digest), int(size), int(position))


@contextmanager
def opened(folder: Path) -> Iterator[Batch]:
    """Yield the batch in a folder, made if it is missing; only its owner may read it.

    BatchError: another flasher has it, or it cannot be read or written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            stack.enter_context(hold_file(folder / _LOCK))
            file = folder / FILE
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
            database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            stack.callback(database.close)
            batch = Batch(database)
        except FileInUse as error:
            raise BatchError(said("flash.batch_in_use", folder=str(folder))) from error
        except (OSError, sqlite3.Error) as error:
            why = said("flash.batch_unusable", folder=str(folder), why=said_by(error))
            raise BatchError(why) from error
        yield batch
