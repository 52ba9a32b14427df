"""How the line to the city stands: the relay keeps it in the database, and people read it."""

import asyncio
from typing import Final

import msgspec
import psycopg

from callpoint_district.database import Database
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.logged_report import LoggedReport
from callpoint_gateway.words.said import NOTHING, Said

#: It is told again so often, in seconds; after three times as long nobody relays.
AGAIN_S: Final = 30.0
OLD_MS: Final = 90_000


class CityLine(msgspec.Struct, frozen=True):
    """A line that is ``up`` or not, ``why`` and since when; ``told_ms``: when that was said."""

    city: str
    up: bool
    why: Said
    since_ms: int
    told_ms: int

    def relayed(self, now_ms: int) -> bool:
        """Say whether a process still says so."""
        return now_ms - self.told_ms < OLD_MS


class KeptReport:
    """Logs how the line stands, and keeps it (``host.part_report``). For one event loop."""

    def __init__(self, database: Database, city: str, clock: Clock) -> None:
        self._database, self._city, self._clock = database, city, clock
        self._log = LoggedReport(f"the line to {city}")
        self._stands = (False, NOTHING)
        self._since_ms = clock.wall_ms()
        self._news = asyncio.Event()

    def up(self, reason: Said) -> None:
        """Note that it works."""
        self._log.up(reason)
        self._note(True, reason)

    def down(self, reason: Said, remedy: Said) -> None:
        """Note that it does not."""
        self._log.down(reason, remedy)
        self._note(False, reason)

    def _note(self, up: bool, why: Said) -> None:
        if up != self._stands[0]:
            self._since_ms = self._clock.wall_ms()
        if (up, why) != self._stands:
            self._stands = up, why
            self._news.set()

    async def keep(self) -> None:
        """Keep each change until cancelled. psycopg.Error: the database is away."""
        # Until the first connection has failed or stands, nothing is known.
        await self._news.wait()
        while True:
            self._news.clear()
            now_ms = self._clock.wall_ms()
            line = CityLine(self._city, *self._stands, self._since_ms, now_ms)
            await asyncio.to_thread(_store, self._database, line)
            try:
                await asyncio.wait_for(self._news.wait(), AGAIN_S)
            except TimeoutError:
                continue


def city_line(connection: psycopg.Connection, city: Upstream | None) -> CityLine | None:
    """Return what was said last; None: there is no city, or no process has relayed yet."""
    if city is None:
        return None
    found = connection.execute(
        "SELECT city, up, why, since_ms, told_ms FROM city_line WHERE city = %s", (city.district,)
    ).fetchone()
    if found is None:
        return None
    return msgspec.convert(dict(zip(CityLine.__struct_fields__, found, strict=True)), CityLine)


def _store(database: Database, line: CityLine) -> None:
    why = msgspec.json.encode(line.why).decode()
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO city_line (city, up, why, since_ms, told_ms) "
            "VALUES (%s, %s, %s::jsonb, %s, %s) ON CONFLICT (city) DO UPDATE SET "
            "up = excluded.up, why = excluded.why, since_ms = excluded.since_ms, "
            "told_ms = excluded.told_ms",
            (line.city, line.up, why, line.since_ms, line.told_ms),
        )
