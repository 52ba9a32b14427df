"""How long a district has listened: the time by which it tells which gateways are silent.

What it promises:

1. Listening time is one for all processes and is kept in the database. It goes on when a process
   ends, and whoever takes its work over counts on from there.
2. It runs by the database's clock. While nobody looks at it, it runs for ``DEAF_MS`` at most, and
   it never runs back: neither a step of that clock nor a pause makes anybody silent.
3. The district is *deaf* when it has heard nothing for ``DEAF_MS``, not even itself. When it hears
   again, it hears since that moment.
"""

from typing import Final, NamedTuple

import psycopg

from callpoint_district.database import Database

DEAF_MS: Final = 20_000
# A longer pause is deafness, and does not last longer by this time.
_MOST_MS: Final = DEAF_MS + 1


class Listening(NamedTuple):
    """The listening time, when anything was heard last, and since when without a break (ms)."""

    now_ms: int
    heard_at: int
    hears_since: int

    @property
    def deaf(self) -> bool:
        """Whether the district has heard nothing at all for a while, not even itself."""
        return self.now_ms - self.heard_at > DEAF_MS


def now_ms(database: Database, connection: psycopg.Connection) -> int:
    """Return the listening time."""
    found = connection.execute("SELECT time_ms, clock_ms FROM listening").fetchone()
    time_ms, clock_ms = found or (0, 0)
    return int(time_ms) + _passed(database.now_ms(connection) - int(clock_ms))


def is_deaf(database: Database, connection: psycopg.Connection) -> bool:
    """Say whether the district hears nothing, or no process of it runs; change nothing."""
    found = connection.execute("SELECT heard_at FROM listening").fetchone()
    return now_ms(database, connection) - int(found[0] if found else 0) > DEAF_MS


def look(database: Database, connection: psycopg.Connection) -> Listening:
    """Let the time run until now; no other process does until the transaction ends."""
    found = connection.execute(
        "SELECT time_ms, clock_ms, heard_at, hears_since FROM listening FOR UPDATE"
    ).fetchone()
    time_ms, before_ms, heard_at, hears_since = found or (0, 0, 0, 0)
    # Not sooner: the row may have been waited for.
    clock_ms = database.now_ms(connection)
    time_ms += _passed(clock_ms - before_ms)
    connection.execute("UPDATE listening SET time_ms = %s, clock_ms = %s", (time_ms, clock_ms))
    return Listening(time_ms, heard_at, hears_since)


def hear(database: Database, connection: psycopg.Connection) -> int:
    """Note that something was heard; return the listening time. Locks as ``look`` does."""
    found = look(database, connection)
    connection.execute(
        "UPDATE listening SET heard_at = time_ms, "
        "hears_since = CASE WHEN %s THEN time_ms ELSE hears_since END",
        (found.deaf,),
    )
    return found.now_ms


def _passed(ms: int) -> int:
    return min(max(ms, 0), _MOST_MS)
