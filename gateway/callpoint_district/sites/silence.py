"""Gateways that are not heard: a fault at the district within 90 seconds.

What it promises:

1. A gateway that has been heard once, and then not for ``SILENT_MS``, is silent until it is heard.
2. Gateways that fall silent within ``TOGETHER_MS`` are one finding.
3. A gateway that was retired is not waited for until it is heard again (``retiring``).
4. The district calls no gateway silent while it is *deaf*: while its own life sign, which it sends
   through the engine and a process into the database as gateways do, does not come. When it comes
   again, every gateway has ``SILENT_MS`` from that moment.

Time is that of the monotonic clock of the process that watches, and what counts is that a time of
hearing changed: neither a step of a clock nor another machine's clock makes anybody silent.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from callpoint_district.alone import alone
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites.retiring import bring_back
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.unexpected import cancel_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.upstream.connection import connection

#: A life sign comes every 20 s: three are missing.
SILENT_MS: Final = 75_000
#: Life signs of gateways that are cut off at the same moment end within 20 s.
TOGETHER_MS: Final = 30_000
DEAF_MS: Final = 20_000
PULSE_S: Final = 5.0
LOOK_S: Final = 5.0
PAUSE_S: Final = 1.0
FLUSH_S: Final = 5

log = logging.getLogger(__name__)


class _Heard:
    """When a gateway was heard as the database has it, and since when it has that (monotonic)."""

    def __init__(self, wall_ms: int, since_ms: int) -> None:
        self.wall_ms, self.since_ms = wall_ms, since_ms


class Silence:
    """Judges which gateways are silent. No I/O and no clock."""

    def __init__(self, now_ms: int) -> None:
        """Nobody is silent yet: each has its whole time from ``now_ms`` (monotonic) on."""
        self._heard: dict[str, _Heard] = {}
        self._beats = -1
        self._hears_ms = self._judges_from_ms = now_ms

    def look(self, now_ms: int, beats: int, heard: Mapping[str, int]) -> list[str]:
        """Return the gateways that are silent now, by name; none while the district is deaf.

        ``beats``: how often the district has heard itself; ``heard``: when each gateway was heard,
        0 if never.
        """
        anything = beats != self._beats
        self._beats = beats
        for gateway, wall_ms in heard.items():
            known = self._heard.get(gateway)
            if known is None or known.wall_ms != wall_ms:
                anything = anything or known is not None
                self._heard[gateway] = _Heard(wall_ms, now_ms)
        if anything:
            if self.deaf(now_ms):
                self._judges_from_ms = now_ms
            self._hears_ms = now_ms
        if self.deaf(now_ms):
            return []
        return sorted(
            gateway for gateway, at in heard.items() if at and self._silent(gateway, now_ms)
        )

    def deaf(self, now_ms: int) -> bool:
        """Say whether the district has heard nothing at all for a while, not even itself."""
        return now_ms - self._hears_ms > DEAF_MS

    def _silent(self, gateway: str, now_ms: int) -> bool:
        since_ms = max(self._heard[gateway].since_ms, self._judges_from_ms)
        return now_ms - since_ms >= SILENT_MS


class SilenceKeeper:
    """Keeps the table ``silences`` in step with what ``Silence`` finds. For one thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """The schema must be there."""
        self._database = database
        self._clock = clock
        self._silence = Silence(clock.monotonic_ms())
        # The newest finding, and until when a further gateway belongs to it (monotonic ms).
        self._finding, self._open_until_ms = 0, 0

    def look(self) -> None:
        """Look once. psycopg.Error: nothing was changed."""
        now_ms = self._clock.monotonic_ms()
        with self._database.transaction() as connection:
            found = connection.execute("SELECT beats FROM pulses").fetchone()
            bring_back(connection)
            heard: dict[str, int] = dict(
                connection.execute(
                    "SELECT gateway, heard_ms FROM gateways "
                    "WHERE gateway NOT IN (SELECT gateway FROM retirements)"
                ).fetchall()
            )
            silent = self._silence.look(now_ms, found[0] if found else 0, heard)
            connection.execute(
                "DELETE FROM silences USING gateways "
                "WHERE gateways.gateway = silences.gateway AND heard_ms <> since_ms"
            )
            known = {row[0] for row in connection.execute("SELECT gateway FROM silences")}
            fallen = [gateway for gateway in silent if gateway not in known]
            if not fallen:
                return
            if now_ms >= self._open_until_ms:
                self._finding = max(self._finding + 1, self._clock.wall_ms())
                self._open_until_ms = now_ms + TOGETHER_MS
            connection.execute(
                "INSERT INTO silences (gateway, since_ms, finding) SELECT *, %s "
                "FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
                (self._finding, fallen, [heard[gateway] for gateway in fallen]),
            )
        log.warning("silent: %s", ", ".join(fallen[:10]) + (" ..." if len(fallen) > 10 else ""))


async def watch(settings: District, database: Database, clock: Clock) -> None:
    """Watch for silent gateways, in one process of the district at a time, until cancelled."""

    async def work() -> None:
        keeper = SilenceKeeper(database, clock)
        pulses = asyncio.ensure_future(speak(settings))
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                await asyncio.to_thread(keeper.look)
        finally:
            await cancel_all([pulses])

    await alone(settings.database, "silence", work)


async def speak(settings: District) -> None:
    """Speak to the district itself, so that it knows whether it hears, until cancelled."""
    while True:
        try:
            async with connection(
                settings.servers, settings.tls, name=f"{settings.district} district, pulse"
            ) as opened:
                await opened.work([_beat(opened.client, words.pulse(settings.district))])
        except (NatsError, OSError, TimeoutError) as error:
            log.warning("engine: %s", str(error) or type(error).__name__)
        await asyncio.sleep(PAUSE_S)


async def _beat(client: Client, subject: str) -> None:
    while True:
        await client.publish(subject)
        await client.flush(timeout=FLUSH_S)
        await asyncio.sleep(PULSE_S)


class Finding(msgspec.Struct, frozen=True):
    """Gateways that fell silent together, and when the first of them was last heard (Unix ms)."""

    since_ms: int
    gateways: list[str]


def findings(database: Database) -> list[Finding]:
    """Return what is silent now, the oldest first."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT min(since_ms), array_agg(gateway ORDER BY gateway) FROM silences "
            "GROUP BY finding ORDER BY finding"
        ).fetchall()
    return [Finding(*row) for row in rows]
