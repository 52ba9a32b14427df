"""Takes what gateways send beside their journals: life signs, registers and hourly counts.

What it promises:

1. It has a connection and threads of its own, so nothing of this holds up a journal.
2. Life signs of all gateways are written together, once a second. Every process hears all of
   them, so that none is lost with a process that is frozen. What counts is when a gateway spoke,
   not when that was written.
3. A message that this version cannot use is answered in this version, so that its sender knows
   which of the two is the older one, and shows which version that gateway speaks.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import msgspec
import psycopg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from callpoint_district import listening
from callpoint_district.database import Database
from callpoint_district.journal.guarded import Take, guarded
from callpoint_district.settings import District
from callpoint_district.sites import doubles, rates, retiring
from callpoint_district.sites.registers import RegisterKeeper
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.printable import one_line
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import (
    LifeSign,
    NotUsable,
    Rates,
    RegisterAnswer,
    RegisterPart,
)
from callpoint_gateway.upstream.connection import connection

WRITE_S: Final = 1.0
PAUSE_S: Final = 1.0
#: A gateway of which it is told again when it was heard was not heard again: each process and each
#: relay reckons that moment back from its message, and they differ by as long as these take.
SAME_MS: Final = 5_000
#: Messages with rates that wait to be written, at most.
MOST_RATES: Final = 10_000

log = logging.getLogger(__name__)


class Sign(msgspec.Struct, frozen=True):
    """That a gateway lives, by this machine's clock (Unix ms), and in which version it speaks.

    ``life``: what it says of itself; None if it only asked something.
    """

    heard_ms: int
    speaks: int
    life: LifeSign | None = None


def write(database: Database, signs: Mapping[str, Sign], clock: Clock) -> None:
    """Write when gateways were heard, and that the district hears: itself at least.

    ``clock``: that of the signs. psycopg.Error: nothing was written. The next signs say the same.
    """
    # In one order for all processes, and for those that keep journals.
    heard = sorted(signs.items())
    told = [(gateway, sign.life) for gateway, sign in heard if sign.life is not None]
    with database.transaction() as connection:
        now_ms, wall_ms = listening.hear(database, connection), clock.wall_ms()
        connection.execute(
            "INSERT INTO gateways (gateway, heard_ms, heard_at, speaks) SELECT * FROM "
            "unnest(%s::text[], %s::bigint[], %s::bigint[], %s::integer[]) ORDER BY 1 "
            "ON CONFLICT (gateway) DO UPDATE SET speaks = excluded.speaks, "
            "heard_ms = excluded.heard_ms, heard_at = excluded.heard_at "
            "WHERE excluded.heard_at - gateways.heard_at >= %s "
            "OR excluded.speaks <> gateways.speaks",
            (
                [gateway for gateway, _ in heard],
                [max(1, sign.heard_ms) for _, sign in heard],
                [now_ms - max(0, wall_ms - sign.heard_ms) for _, sign in heard],
                [sign.speaks for _, sign in heard],
                SAME_MS,
            ),
        )
        connection.execute(
            "UPDATE gateways SET program = told.program, head = told.head "
            "FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS told (gateway, program, head) "
            # Most say what they have said before: a row that stays is not written again.
            "WHERE gateways.gateway = told.gateway "
            "AND (gateways.program, gateways.head) IS DISTINCT FROM (told.program, told.head)",
            (
                [gateway for gateway, _ in told],
                [life.program for _, life in told],
                [life.head for _, life in told],
            ),
        )
        gone = {gateway: life.retired_ms for gateway, life in told if life.retired_ms}
        if gone:
            retiring.retired_below(connection, gone)


class Hearing:
    """Hears the gateways of one district. ``run`` until cancelled."""

    def __init__(self, settings: District, database: Database, clock: Clock) -> None:
        """The schema must be there."""
        self._settings = settings
        self._database = database
        self._clock = clock
        self._registers = RegisterKeeper(database, clock)
        self._keeping = asyncio.Lock()
        self._signs: dict[str, Sign] = {}
        self._beats = False
        self._rates: list[tuple[str, Rates]] = []
        self._doubles = doubles.Doubles()
        self._doubled: set[str] = set()

    async def run(self) -> None:
        """Connect and hear; begin again after each failure, until cancelled."""
        while True:
            try:
                await self._connected()
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("engine: %s", str(error) or type(error).__name__)
            except Exception:
                log.exception("hearing failed")
            await asyncio.sleep(PAUSE_S)

    async def _connected(self) -> None:
        settings = self._settings
        async with connection(
            settings.servers, settings.tls, name=f"{settings.district} district, hearing"
        ) as opened:
            await self.listen(opened.client)
            await opened.work([self._write()])

    async def listen(self, client: Client) -> None:
        """Subscribe to what gateways say; ``run`` writes it."""
        district = self._settings.district
        takes: dict[words.Upward, Take] = {"register": self._register, "rates": self._rate}
        for what, take in takes.items():
            for subject in words.upward_of_all(district, what):
                await client.subscribe(subject, queue="hearing", cb=guarded(take))
        # Without a queue: each process hears these.
        for subject in words.upward_of_all(district, "status"):
            await client.subscribe(subject, cb=guarded(self._sign))
        await client.subscribe(words.pulse(district), cb=self._beat)

    async def _beat(self, message: Msg) -> None:
        # A gateway can have the engine's acknowledgement sent anywhere; that says something.
        self._beats |= not message.data

    async def _sign(self, message: Msg) -> None:
        gateway, version = words.gateway_of(message.subject), words.version_of(message.data)
        life = words.decode(message.data, LifeSign) if version == words.VERSION else None
        silent_ms = life.silent_ms if life is not None else 0
        self._signs[gateway] = Sign(self._clock.wall_ms() - silent_ms, version, life)
        now_ms = self._clock.monotonic_ms()
        if life is not None and life.run and self._doubles.hear(gateway, life.run, now_ms):
            self._doubled.add(gateway)

    async def _register(self, message: Msg) -> None:
        gateway = words.gateway_of(message.subject)
        try:
            part = words.decode(message.data, RegisterPart)
        except NotUsable as error:
            await message.respond(words.encode(RegisterAnswer(refused=error.why)))
            raise
        async with self._keeping:
            answer = await asyncio.to_thread(self._registers.take, gateway, part)
        if answer.refused:
            log.warning("%s: its register is not taken: %s", gateway, answer.refused)
        await message.respond(words.encode(answer))

    async def _rate(self, message: Msg) -> None:
        told = words.decode(message.data, Rates)
        if len(self._rates) < MOST_RATES:
            self._rates.append((words.gateway_of(message.subject), told))

    async def _write(self) -> None:
        """Write what was heard. What the database does not take now is heard again, or missing."""
        while True:
            await asyncio.sleep(WRITE_S)
            signs, beats, told = self._signs, self._beats, self._rates
            self._signs, self._beats, self._rates = {}, False, []
            doubled, self._doubled = self._doubled, set()
            try:
                if signs or beats:
                    await asyncio.to_thread(write, self._database, signs, self._clock)
                if doubled:
                    log.warning("on two machines at once: %s", ", ".join(sorted(doubled)))
                    await asyncio.to_thread(
                        doubles.keep, self._database, doubled, self._clock.wall_ms()
                    )
                if told:
                    await asyncio.to_thread(
                        rates.keep, self._database, told, self._clock.wall_ms()
                    )
            except psycopg.Error as error:
                log.warning("database: %s", one_line(error))
