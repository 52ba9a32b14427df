"""Migrates a journal's file to the schema of this program, step by step.

Each step is atomic, and the schema number is raised after it, so a power cut in the middle leaves
a file that the next start migrates further. The same holds for a disk without room for a step:
every schema so far has the same tables, so the gateway runs with the older one. No step changes
an entry, so the hash chain stays valid.

An upgrade can be taken back, and what the newer program stored meanwhile is kept. So a file says
which is the oldest schema whose programs may use it: a step that only adds tables or indexes
leaves it to the programs before. What a program must not find in a file that it may use (another
column, another type of entry), the release before has to know already.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Final, NamedTuple

from callpoint_gateway.journal.damage import is_damage

SCHEMA: Final = 2

log = logging.getLogger(__name__)


def _give_space_back(connection: sqlite3.Connection) -> None:
    """Schema 1 to 2: pages that a bounded journal has freed can go back to the file system."""
    # Only a journal that drops entries has free pages; the alarms journal may be very large.
    chained = connection.execute("SELECT 1 FROM entries WHERE hash IS NOT NULL LIMIT 1").fetchone()
    if chained is None:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")


class _Step(NamedTuple):
    """A step to the next schema. ``needs``: the oldest schema whose programs may use the file."""

    take: Callable[[sqlite3.Connection], None]
    needs: int


_STEPS: Final[dict[int, _Step]] = {1: _Step(_give_space_back, needs=1)}


def usable(connection: sqlite3.Connection) -> bool:
    """Say whether this program may use a file, which a newer one can have written."""
    found = dict(
        connection.execute("SELECT key, value FROM meta WHERE key IN ('schema', 'needs')")
    )
    # None: the power failed while the file was made, before anything was in it.
    schema = found.get("schema")
    if schema is None:
        return True
    oldest = schema if int(schema) > SCHEMA else "1"
    return int(schema) >= 1 and int(found.get("needs", oldest)) <= SCHEMA


def migrate(connection: sqlite3.Connection) -> None:
    """Take every step from the file's schema to ``SCHEMA``. sqlite3.Error: the file is damaged."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    schema = int(row[0])
    while schema in _STEPS:
        try:
            _STEPS[schema].take(connection)
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            log.warning("a journal stays at schema %d until the next start: %s", schema, error)
            return
        needs = _STEPS[schema].needs
        schema += 1
        # One statement, so that no power cut parts them.
        connection.execute(
            "INSERT OR REPLACE INTO meta VALUES ('schema', ?), ('needs', ?)",
            (str(schema), str(needs)),
        )
