"""Keeps a ledger of a district: each event with the time when the district had it, and how often.

Two independent sources: the boards say what was raised and what their lamps show, and the rows of
the district's database, read with plain SQL, say what arrived, once or twice.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
import psycopg

from callpoint_gateway.protocols.upstream import GENESIS, hash_of
from callpoint_rig.virtual_board import Moment, VirtualBoard, now_ms

LOOK_S: Final = 0.05
_CONNECT_S: Final = 2

# Gateway, device, boot and sequence number of an event.
Identity = tuple[str, str | None, int | None, int | None]


class Row(msgspec.Struct):
    """One event. Times are the host's monotonic milliseconds, 0 while unknown."""

    gateway: str
    device: str
    boot: int
    seq: int
    pressed_ms: float
    arrived_ms: float = 0

    @property
    def identity(self) -> Identity:
        """By what boards and district know the event."""
        return self.gateway, self.device, self.boot, self.seq


class Alarm(msgspec.Struct, frozen=True):
    """An alarm as the district's database has it."""

    gateway: str
    number: int
    handling: str


class Ledger:
    """What the boards raised, and what the district has of it."""

    def __init__(self, address: str, boards: dict[str, VirtualBoard]) -> None:
        """``address``: the database's. ``boards`` by gateway."""
        self._address = address
        self.rows: list[Row] = []
        self.kept: Counter[Identity] = Counter()
        self.alarms: list[Alarm] = []
        self.heard: set[str] = set()
        self._pressed: dict[str, float] = {}
        self._boards = boards
        self._news = asyncio.Event()
        for gateway, board in boards.items():
            board.on_moment = self._listener(gateway)

    def pressing(self, gateway: str) -> None:
        """Note that the button of a gateway's board is pressed or released now."""
        self._pressed[gateway] = now_ms()

    def _listener(self, gateway: str) -> Callable[[Moment], None]:
        def moved(moment: Moment) -> None:
            if moment.event is not None:
                boot, seq, *_ = moment.event
                at_ms = self._pressed.get(gateway, moment.at_ms)
                self.rows.append(Row(gateway, self._boards[gateway].device, boot, seq, at_ms))
            self._news.set()

        return moved

    async def read(self) -> None:
        """Follow the database until cancelled, also when it is away for a while."""
        while True:
            with suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=_CONNECT_S
                ) as connection:
                    while True:
                        await self._look(connection)
                        await asyncio.sleep(LOOK_S)
            await asyncio.sleep(LOOK_S)

    async def _look(self, connection: psycopg.AsyncConnection) -> None:
        found = await connection.execute(
            "SELECT gateway, device, boot, seq, count(*) FROM entries WHERE type = 'event' "
            "GROUP BY gateway, device, boot, seq"
        )
        self.kept = Counter({tuple(row[:4]): row[4] for row in await found.fetchall()})
        found = await connection.execute(
            "SELECT gateway, position, handling FROM alarms ORDER BY gateway, position"
        )
        self.alarms = [Alarm(*row) for row in await found.fetchall()]
        found = await connection.execute("SELECT gateway FROM gateways WHERE heard_ms > 0")
        self.heard = {row[0] for row in await found.fetchall()}
        for row in self.rows:
            if not row.arrived_ms and row.identity in self.kept:
                row.arrived_ms = now_ms()
        self._news.set()

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait until the ledger fulfils a condition; False when the time is over first."""
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def settled(self) -> bool:
        """Say whether the district has every raised event."""
        return all(row.arrived_ms for row in self.rows)

    async def chains_whole(self) -> bool:
        """Say whether the hash of each entry at the district proves all before it."""
        async with await psycopg.AsyncConnection.connect(self._address) as connection:
            for gateway in self._boards:
                found = await connection.execute(
                    "SELECT position, row, hash FROM entries WHERE gateway = %s ORDER BY position",
                    (gateway,),
                )
                hash = GENESIS
                for number, (position, row, own) in enumerate(await found.fetchall(), 1):
                    hash = hash_of(hash, row)
                    if (position, own) != (number, hash):
                        return False
        return True
