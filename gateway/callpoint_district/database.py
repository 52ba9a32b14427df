"""The district's database: its connections, and its schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg_pool import ConnectionPool

from callpoint_district.schema import STEPS
from callpoint_gateway.words.said import Said, said, said_by

#: Connections of one process, at most.
MOST: Final = 4
#: How long a connection is waited for, in seconds.
WAIT_S: Final = 10.0
# One process at a time changes the schema: any number that no other program uses.
_LOCK: Final = 0x63616C6C706F696E
#: The channel (LISTEN) on which it is told which gateway's alarms or faults have changed.
CHANGES: Final = "callpoint_changes"


class DatabaseError(Exception):
    """The database cannot be used; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Database:
    """A pool of connections to the district's database. Any thread may use it."""

    def __init__(self, address: str) -> None:
        """``address``: as libpq reads it, such as ``postgresql:///callpoint``."""
        self._address = address
        self._pool = ConnectionPool(address, min_size=0, max_size=MOST, timeout=WAIT_S, open=False)
        self._pool.open()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Yield a connection within a transaction that is committed at the end.

        psycopg.Error: nothing of it was done, or, when the connection broke at the commit, perhaps
        all of it.
        """
        with self._pool.connection() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to this version. DatabaseError: none answers, or it is a later one."""
        try:
            # Not by the pool, which would try for as long as it may.
            with psycopg.connect(self._address, connect_timeout=round(WAIT_S)) as connection:
                _migrate(connection)
        except psycopg.OperationalError as error:
            raise DatabaseError(said("district.no_database")) from error
        except psycopg.Error as error:
            raise DatabaseError(said("district.database", why=said_by(error))) from error


def tell(connection: psycopg.Connection, gateway: str) -> None:
    """Tell whoever listens to ``CHANGES``, after the commit, that a gateway has something new."""
    connection.execute("SELECT pg_notify(%s, %s)", (CHANGES, gateway))


def _migrate(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    connection.execute("CREATE TABLE IF NOT EXISTS steps (number integer PRIMARY KEY)")
    found = connection.execute("SELECT coalesce(max(number), 0) FROM steps").fetchone()
    done = int(found[0]) if found else 0
    if done > len(STEPS):
        raise DatabaseError(said("district.later_schema", found=done, known=len(STEPS)))
    for number, step in enumerate(STEPS[done:], done + 1):
        connection.execute(step)
        connection.execute("INSERT INTO steps VALUES (%s)", (number,))
