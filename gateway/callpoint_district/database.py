"""The district's database: its connections, and its schema."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg_pool import ConnectionPool

from callpoint_district.refusals import refusal_of, words_of
from callpoint_district.schema import STEPS
from callpoint_district.sessions import ALIVE, FROZEN_S, bounded
from callpoint_gateway.host.printable import one_line, printable
from callpoint_gateway.words.said import Said, said

#: Connections of one process, at most.
MOST: Final = 4
#: How long a connection is waited for, in seconds.
WAIT_S: Final = 10.0
#: How long until a database that does not answer is asked again, in seconds.
PAUSE_S: Final = 2.0
# One process at a time changes the schema: any number that no other program uses.
_LOCK: Final = 0x63616C6C706F696E
#: The channel (LISTEN) on which it is told which gateway's alarms or faults have changed.
CHANGES: Final = "callpoint_changes"
#: The channel on which it is told of which gateway entries were kept.
KEPT: Final = "callpoint_kept"


class DatabaseError(Exception):
    """The database cannot be used; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class DatabaseAway(DatabaseError):
    """The database does not answer, or stops or starts just now."""


@contextmanager
def usable() -> Iterator[None]:
    """Raise what goes wrong with the database as a DatabaseError, for a person to read."""
    try:
        yield
    except psycopg.Error as error:
        text = printable(one_line(error))
        if isinstance(error, psycopg.OperationalError) and _is_away(error.sqlstate):
            if (refusal := refusal_of(text)) is not None:
                why = said(f"district.database_{refusal}", why=words_of(text))
                raise DatabaseError(why) from error
            raise DatabaseAway(said("district.database_away", why=text)) from error
        raise DatabaseError(said("district.database", why=text)) from error


def _is_away(sqlstate: str | None) -> bool:
    """Say whether the server cut the connection or there was none: 08 and 57P of its codes."""
    return sqlstate is None or sqlstate.startswith(("08", "57P"))


class Database:
    """A pool of connections to the district's database. Any thread may use it."""

    def __init__(self, address: str, frozen_s: float = FROZEN_S) -> None:
        """``address``: as libpq reads it, such as ``postgresql:///callpoint``.

        ``frozen_s``: a transaction in which this program does nothing for so long is ended.
        """

        def configure(connection: psycopg.Connection) -> None:
            connection.execute(bounded(frozen_s))
            connection.commit()

        def reset(connection: psycopg.Connection) -> None:
            connection.autocommit = False

        self._address = address
        self._pool = ConnectionPool(
            address,
            kwargs=ALIVE,
            configure=configure,
            reset=reset,
            min_size=0,
            max_size=MOST,
            timeout=WAIT_S,
            open=False,
        )
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

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """Yield a connection on which each query is a transaction of its own: one question each.

        psycopg.Error: the database is away.
        """
        with self._pool.connection() as connection:
            connection.autocommit = True
            yield connection

    def now_ms(self, connection: psycopg.Connection) -> int:
        """Return the clock of the database's machine (Unix ms): one for all processes."""
        found = connection.execute(
            "SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
        ).fetchone()
        return int(found[0]) if found else 0

    def migrate(self) -> None:
        """Bring the schema to this version. DatabaseError: none answers, or it is a later one."""
        # Not by the pool, which would try for as long as it may.
        with usable(), self._connected() as connection:
            _migrate(connection)

    def missing_steps(self) -> int:
        """Return how many steps the schema is behind this version; change nothing.

        DatabaseError: none answers, or the schema is a later one.
        """
        with usable(), self._connected() as connection:
            _refuse_strange(connection)
            there = connection.execute("SELECT to_regclass('steps') IS NOT NULL").fetchone()
            return len(STEPS) - (_done(connection) if there == (True,) else 0)

    def _connected(self) -> psycopg.Connection:
        try:
            return psycopg.connect(self._address, **ALIVE)
        except psycopg.ProgrammingError:
            # libpq quotes the part that it cannot read, which may be the password.
            raise DatabaseError(said("district.bad_address")) from None


async def migrated(
    database: Database, waits: Callable[[Said], None], pause_s: float = PAUSE_S
) -> None:
    """Bring the schema to this version as soon as the database answers.

    ``waits`` hears once why it has to be waited for. DatabaseError: it answers, and refuses.
    """
    waited = False
    while True:
        try:
            return await asyncio.to_thread(database.migrate)
        except DatabaseAway as error:
            if not waited:
                waits(error.why)
            waited = True
        await asyncio.sleep(pause_s)


def tell_all(connection: psycopg.Connection, channel: str, gateways: Collection[str]) -> None:
    """Tell whoever listens to ``CHANGES`` or ``KEPT``, after the commit, of these gateways."""
    if gateways:
        connection.execute(
            "SELECT pg_notify(%s, gateway) FROM unnest(%s::text[]) AS gateway",
            (channel, sorted(gateways)),
        )


def _migrate(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    _refuse_strange(connection)
    connection.execute("CREATE TABLE IF NOT EXISTS steps (number integer PRIMARY KEY)")
    done = _done(connection)
    for number, step in enumerate(STEPS[done:], done + 1):
        connection.execute(step)
        connection.execute("INSERT INTO steps VALUES (%s)", (number,))


def _refuse_strange(connection: psycopg.Connection) -> None:
    """Refuse a database that has tables, and not those of a district. DatabaseError."""
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
        "AND relkind IN ('r', 'p') AND to_regclass('steps') IS NULL "
        # An extension brings tables of its own.
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') "
        "ORDER BY relname LIMIT 1"
    ).fetchone()
    if found is not None:
        raise DatabaseError(said("district.strange_database", table=found[0]))


def _done(connection: psycopg.Connection) -> int:
    """Return how many steps the schema has. DatabaseError: more than this version knows."""
    found = connection.execute("SELECT coalesce(max(number), 0) FROM steps").fetchone()
    done = int(found[0]) if found else 0
    if done > len(STEPS):
        raise DatabaseError(said("district.later_schema", found=done, known=len(STEPS)))
    return done
