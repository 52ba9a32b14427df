"""Brings a journal's file to the schema of this program, one step after the other.

A step is a transaction of its own, or a statement that SQLite makes whole or not at all, and the
number of the schema is raised in the end: a power cut in the middle leaves a file that is brought
further at the next start. So does a disk without room for a step: the tables are the same in
every version so far, and a gateway must run. No step changes an entry, so the hash chain stays as
it was.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Final

from callpoint_gateway.journal.damage import is_damage

SCHEMA: Final = 2

log = logging.getLogger(__name__)


def _give_space_back(connection: sqlite3.Connection) -> None:
    """1 to 2: what a bounded lane has dropped can be given back to the file system."""
    # Only a lane that drops entries has anything to give back; the other may be very large.
    chained = connection.execute("SELECT 1 FROM entries WHERE hash IS NOT NULL LIMIT 1").fetchone()
    if chained is None:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")


_STEPS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {1: _give_space_back}


def migrate(connection: sqlite3.Connection) -> None:
    """Take all steps that there are for the file's schema."""
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
