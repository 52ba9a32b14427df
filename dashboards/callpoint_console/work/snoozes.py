"""Faults that somebody has hidden from the manager's list for a while.

Only what the gateway itself ends can be snoozed: faults of parts, silent devices, troubles. An
alarm never is.
"""

from collections.abc import Collection, Mapping

import msgspec

from callpoint_console.database import Database
from callpoint_console.work.matters import Matter
from callpoint_gateway.host.clock import Clock


class Snooze(msgspec.Struct, frozen=True):
    """A matter that is hidden until ``until_ms`` or until it comes again; ``who``: a login."""

    key: str
    until_ms: int
    who: str
    at_ms: int


def ended(snoozes: Collection[Snooze], present: Mapping[str, Matter], now_ms: int) -> list[Snooze]:
    """Return the snoozes that are over: their time is up, or the fault is gone or a new one."""
    return [
        snooze
        for snooze in snoozes
        if now_ms >= snooze.until_ms
        or snooze.key not in present
        or (present[snooze.key].since_ms or 0) > snooze.at_ms
    ]


class SnoozeStore:
    """Keeps snoozes. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.SNOOZES``."""
        self._database, self._clock = database, clock

    def begin(self, matters: Collection[Matter], until_ms: int, who: str) -> None:
        """Hide matters until a moment; a snooze that one has already is replaced."""
        now = self._clock.wall_ms()
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO snoozes (key, until_ms, who, at_ms) VALUES (?, ?, ?, ?)",
                [(matter.key, until_ms, who, now) for matter in matters if matter.ends],
            )
        )

    def end(self, keys: Collection[str]) -> None:
        """Show matters again."""
        self._database.write(
            lambda c: c.executemany("DELETE FROM snoozes WHERE key = ?", [(key,) for key in keys])
        )

    def all(self) -> dict[str, Snooze]:
        """Return every snooze by its key."""
        rows = self._database.read(
            lambda c: c.execute("SELECT key, until_ms, who, at_ms FROM snoozes").fetchall()
        )
        return {row[0]: Snooze(*row) for row in rows}
