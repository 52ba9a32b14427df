"""Gateways that are not heard: a fault at the district within 90 seconds of their last word.

What it promises:

1. A gateway that has been heard once, and then not for ``SILENT_MS``, is silent until it is heard.
2. Gateways that fall silent within ``TOGETHER_MS`` are one finding.
3. A gateway that was retired is not waited for until it is heard again (``retiring``).
4. The district calls no gateway silent while it is deaf: while its own life sign, which each of
   its processes sends through the engine into the database as gateways do, does not come. When
   it comes again, every gateway has ``SILENT_MS`` from that moment.

All of it is in the database, and every process looks: nothing begins anew when one of them ends.
Time is listening time (``callpoint_district.listening``).

``SILENT_MS``, a look of another process after ``LOOK_S``, and the time for which a frozen one may
hold a lock (``sessions.FROZEN_S``) are less than 90 s together.
"""

import asyncio
import logging
from typing import Final

import msgspec
import psycopg
from nats.aio.client import Client
from nats.errors import Error as NatsError

from callpoint_district import listening
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites.retiring import IN_SERVICE, bring_back
from callpoint_gateway.host.printable import one_line
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.upstream.connection import connection

#: A life sign comes every 20 s: three are missing.
SILENT_MS: Final = 75_000
#: Life signs of gateways that are cut off at the same moment end within 20 s.
TOGETHER_MS: Final = 30_000
PULSE_S: Final = 5.0
LOOK_S: Final = 2.0
PAUSE_S: Final = 1.0
FLUSH_S: Final = 5
#: Gateways that a line of the log names, at most.
MOST_NAMES: Final = 10

log = logging.getLogger(__name__)


def look(database: Database) -> list[str]:
    """Keep the table ``silences`` in step; return the gateways that have fallen silent, by name.

    psycopg.Error: nothing was changed.
    """
    with database.transaction() as connection:
        bring_back(connection)
        stands = listening.look(database, connection)
        connection.execute(
            "DELETE FROM silences USING gateways "
            "WHERE gateways.gateway = silences.gateway AND %s - heard_at < %s",
            (stands.now_ms, SILENT_MS),
        )
        if stands.deaf or stands.now_ms - stands.hears_since < SILENT_MS:
            return []
        fallen = connection.execute(
            "INSERT INTO silences (gateway, since_ms, finding) SELECT gateway, heard_ms, %s "
            "FROM gateways WHERE heard_ms > 0 AND %s - heard_at >= %s "
            f"AND {IN_SERVICE} "
            "ON CONFLICT DO NOTHING RETURNING gateway",
            (_finding(connection, stands.now_ms), stands.now_ms, SILENT_MS),
        ).fetchall()
    return sorted(row[0] for row in fallen)


def _finding(connection: psycopg.Connection, now_ms: int) -> int:
    """Return the finding of those that are found now: the newest for a while, or a new one."""
    found = connection.execute("SELECT max(finding) FROM silences").fetchone()
    newest = found[0] if found else None
    return now_ms if newest is None or now_ms - newest >= TOGETHER_MS else int(newest)


async def watch(database: Database) -> None:
    """Look for silent gateways again and again, until cancelled."""
    while True:
        try:
            fallen = await asyncio.to_thread(look, database)
            if fallen:
                more = " ..." if len(fallen) > MOST_NAMES else ""
                log.warning("silent: %s%s", ", ".join(fallen[:MOST_NAMES]), more)
        except psycopg.Error as error:
            log.warning("silence: %s", one_line(error))
        await asyncio.sleep(LOOK_S)


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
