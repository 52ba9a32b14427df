"""Verifies a whole journal, also while a gateway writes it.

In the alarms journal the hash chain is checked, entry by entry. The readings have no chain: every
entry must be readable, and none missing between the oldest and the newest, because only the
oldest are ever dropped. In both, SQLite must find the file sound, and no cursor may stand behind
the last entry.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from callpoint_gateway.journal.reader import JournalError, Reader, is_there
from callpoint_gateway.words.said import Said, said, said_by

_BATCH = 1000


def problems(path: Path, *, chained: bool) -> Iterator[Said]:
    """Yield one line for each problem; nothing if the file does not exist.

    JournalError: this user may not look for it.
    """
    if not is_there(path):
        return
    try:
        with Reader(path) as reader:
            yield from reader.broken_pages()
            yield from reader.verify() if chained else _missing(reader)
            head = reader.head()
            for name, cursor in reader.cursors().items():
                if head and cursor.position > head:
                    yield said(
                        "journal.cursor_ahead", name=name, position=cursor.position, last=head
                    )
    except (JournalError, sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
        yield said("journal.unreadable_on", why=said_by(error))


def _missing(reader: Reader) -> Iterator[Said]:
    last = 0
    while entries := reader.read(last, _BATCH):
        for entry in entries:
            if last and entry.position != last + 1:
                yield said("journal.gap", first=last + 1, last=entry.position - 1)
            last = entry.position
