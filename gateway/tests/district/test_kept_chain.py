"""A chain that a district relays asks its database little, and for nothing twice."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.relay.kept_chain import KeptChain
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Parcel, Receipt, UrgentCopy
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.parcels import pack

from .played_gateway import panic

EPOCH = "0" * 15


class Counted(Database):
    """Counts what is asked of it."""

    asked = 0

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        self.asked += 1
        with super().reading() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        self.asked += 1
        with super().transaction() as connection:
            yield connection


class City:
    """A post to a city that has nothing yet and takes everything."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    async def where(self, gateway: str) -> Receipt:
        return Receipt()

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        self.parcels.append(parcel)

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        raise AssertionError("the chain is not behind")


def test_a_chain_is_relayed_with_few_questions_to_the_database(
    folder: Path, address: str, database: Database
) -> None:
    journal = Journal(folder / "alarms.db", SystemClock(), chained=True)
    asyncio.run(journal.store([panic(seq, f"b{seq}") for seq in range(1, 11)]))
    journal.close()
    own = Chain(folder / "alarms.db")
    rows = own.after(0, 10)
    Keeper(database, SystemClock()).keep([Sent("g1", pack(rows, EPOCH, own))])
    own.close()
    counted, city = Counted(address), City()
    chain = KeptChain(counted, "g1", EPOCH)
    stored: list[tuple[str, int]] = []

    async def save(epoch: str, position: int) -> None:
        stored.append((epoch, position))

    delivery = Delivery(chain, "1" * 15, 0)
    line = ChainLine(
        "d1/g1",
        chain,
        delivery,
        SystemClock(),
        save=save,
        new_epoch=lambda: "2" * 15,
        histories=chain,
    )

    async def play() -> None:
        while await line.step(city):
            pass
        (parcel,) = city.parcels
        assert [bytes(row) for row in parcel.rows] == [row.row for row in rows]
        receipt = Receipt(epoch=parcel.epoch, position=10, hash=rows[-1].hash.hex())
        line.told(receipt)
        while await line.step(city):
            pass

    try:
        asyncio.run(play())
    finally:
        counted.close()
    assert stored[-1] == (delivery.epoch, 10)
    assert counted.asked <= 9
