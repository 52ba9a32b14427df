"""Migrates a journal's file to the schema of this program, step by step.

Each step is atomic, and the schema number is raised after it, so a power cut in the middle leaves
a file that the next start migrates further. The same holds for a disk without room for a step:
every schema so far has the same tables, so the gateway runs with the older one. No step changes
an entry, so the hash chain stays valid.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Final

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


_STEPS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {1: _give_space_back}


def migrate(connection: sqlite3.Connection) -> None:
    """Take every step from the file's schema to ``SCHEMA``. sqlite3.Error: the file is damaged."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    schema = int(row[0])
    while schema in _STEPS:
        try:
            _STEPS[schema](connection)
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            log.warning("a journal stays at schema %d until the next start: %s", schema, error)
            return
        schema += 1
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(schema),))
