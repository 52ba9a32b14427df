"""Tells the city what goes beside the journals: life signs, registers, and what was counted.

Each of these is sent for every gateway, and again until the city has it; what is lost is sent with
the next one. None of it delays the journals.
"""

import asyncio
import logging
from collections.abc import Callable
from itertools import chain
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError

from callpoint_district import listening
from callpoint_district.database import Database
from callpoint_district.sites.own_plans import own_plans_of
from callpoint_district.sites.registers import revision_of
from callpoint_district.sites.silence import SILENT_MS
from callpoint_gateway.configuration.revision import Revision, lines_of
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import LifeSign, NotUsable, Rates
from callpoint_gateway.upstream.hourly_counts import HOUR_MS
from callpoint_gateway.upstream.own_plans import plan as own_plans
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.register_sender import Refused, RegisterPost

#: What was heard since is told so often: much more often than a gateway speaks, so that the city
#: hears of it hardly later than the district.
SIGNS_S: Final = 5.0
#: Registers are looked at so often; one that the city refuses is told again after a longer time.
REGISTERS_S: Final = 30.0
REFUSED_S: Final = 3600.0
#: What was counted is told so often, of so many hours back; after a connection of more.
RATES_S: Final = 900.0
HOURS: Final = 3
FIRST_HOURS: Final = 24
#: They go in pieces of so many, with a pause: what a city cannot write in time it drops.
PIECE: Final = 1_000
PIECE_PAUSE_S: Final = 0.5
FLUSH_S: Final = 5

log = logging.getLogger(__name__)
#: Returns the path of a gateway at the city; None: it is not relayed.
Path = Callable[[str], str | None]


class Telling:
    """What one relay tells of its gateways. Each method is a work of a line (``line.Work``)."""

    def __init__(self, database: Database, city: str, path: Path, clock: Clock) -> None:
        """``city``: its name, as in its subjects."""
        self._database = database
        self._city = city
        self._path = path
        self._clock = clock
        self._heard: dict[str, int] = {}
        self._run = words.new_run()

    async def signs(self) -> list[tuple[str, LifeSign]]:
        """Return what the city is told of gateways that were heard since the last time.

        It is told nothing of a silent one, and so finds out by itself, as this district did. Of
        one that is out of service it is told that each time.
        """
        signs = []
        now_ms, found = await asyncio.to_thread(_heard, self._database)
        for gateway, program, head, heard_at, retired_ms in found:
            silent_ms = max(0, now_ms - heard_at)
            news = self._heard.get(gateway) != heard_at and silent_ms < SILENT_MS
            if (news or retired_ms) and (path := self._path(gateway)) is not None:
                self._heard[gateway] = heard_at
                sign = LifeSign(
                    program=program,
                    head=head,
                    silent_ms=silent_ms,
                    run=self._run,
                    retired_ms=retired_ms,
                )
                signs.append((path, sign))
        return signs

    async def registers(self, client: Client) -> None:
        """Tell every register of which the city has another revision."""
        told: dict[str, str] = {}
        refused_until_ms: dict[str, int] = {}
        while True:
            now_ms = self._clock.monotonic_ms()
            for gateway, digest in await asyncio.to_thread(_digests, self._database):
                if told.get(gateway) == digest or now_ms < refused_until_ms.get(gateway, now_ms):
                    continue
                try:
                    taken = await self._register(client, gateway)
                except (NatsError, OSError, TimeoutError) as error:
                    log.warning("%s: the city does not hear its register: %s", gateway, error)
                    break  # nor would it hear the others
                if taken:
                    told[gateway] = digest
                else:
                    refused_until_ms[gateway] = now_ms + round(REFUSED_S * 1000)
            await asyncio.sleep(REGISTERS_S)

    async def _register(self, client: Client, gateway: str) -> bool:
        """Tell one register; return whether the city takes it.

        NatsError, OSError, TimeoutError: it did not hear.
        """
        path = self._path(gateway)
        told = await asyncio.to_thread(_told, self._database, gateway)
        if path is None or told is None:
            return True
        revision, plans = told
        subject = words.upward(self._city, path, "register")
        post = RegisterPost(lambda: chain(lines_of(revision), own_plans.lines_of(plans)), subject)
        try:
            await post.tell(client)
        except (Refused, NotUsable) as error:
            log.warning("%s: the city does not take its register: %s", gateway, error.why)
            return False
        return True

    async def rates(self, client: Client) -> None:
        """Tell what gateways counted in the last hours."""
        hours = FIRST_HOURS
        while True:
            since_ms = self._clock.wall_ms() - hours * HOUR_MS
            found = await asyncio.to_thread(_rates, self._database, since_ms)
            for begin in range(0, len(found), PIECE):
                for gateway, rates in found[begin : begin + PIECE]:
                    if (path := self._path(gateway)) is not None:
                        subject = words.upward(self._city, path, "rates")
                        await client.publish(subject, words.encode(rates))
                await client.flush(timeout=FLUSH_S)
                await asyncio.sleep(PIECE_PAUSE_S)
            hours = HOURS
            await asyncio.sleep(RATES_S)


def _heard(database: Database) -> tuple[int, list[tuple[str, str, int, int, int]]]:
    """Return the listening time, and when by it each gateway was heard; see ``LifeSign``."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateway, program, greatest(head, position), heard_at, coalesce(since_ms, 0) "
            "FROM gateways LEFT JOIN retirements USING (gateway) "
            "WHERE heard_ms > 0 ORDER BY gateway"
        ).fetchall()
        return listening.now_ms(database, connection), found


def _digests(database: Database) -> list[tuple[str, str]]:
    with database.transaction() as connection:
        return connection.execute(
            "SELECT gateway, digest FROM registers ORDER BY gateway"
        ).fetchall()


def _told(database: Database, gateway: str) -> tuple[Revision, list[OwnPlan]] | None:
    """Return what a gateway has told of its site, None if it has told nothing yet."""
    with database.transaction() as connection:
        revision = revision_of(connection, gateway)
        return (revision, own_plans_of(connection, gateway)) if revision else None


def _rates(database: Database, since_ms: int) -> list[tuple[str, Rates]]:
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateway, hour_ms, what, number FROM rates WHERE hour_ms >= %s "
            "ORDER BY gateway, hour_ms",
            (since_ms,),
        ).fetchall()
    counts: dict[tuple[str, int], dict[str, int]] = {}
    for gateway, hour_ms, what, number in found:
        counts.setdefault((gateway, hour_ms), {})[what] = number
    return [
        (gateway, Rates(hour_ms=hour_ms, counts=each))
        for (gateway, hour_ms), each in counts.items()
    ]
