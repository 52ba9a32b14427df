"""Which entries of a gateway that is behind are copied ahead of their turn."""

import asyncio
from itertools import count
from pathlib import Path

import msgspec

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain, ChainRow
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    DeliveryBody,
    NewEntry,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Parcel, Receipt, UrgentCopy
from callpoint_gateway.upstream.chain_line import BEHIND, BEHIND_AT_FIRST, ChainLine
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.parcels import is_urgent
from callpoint_protocol import names

from .played_gateway import panic


def test_alarms_and_what_people_did_are_urgent_and_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "alarms.db", SystemClock(), chained=True)
    alarm = panic(1)
    over = NewEntry(
        Type.EVENT, msgspec.structs.replace(alarm.body, state=names.RESTORE), "button", 1, 2
    )
    sent = NewEntry(Type.DELIVERY, DeliveryBody("police", 1, True, "ACK", 9), about=1)
    taken = NewEntry(Type.ACTION, ActionBody(Action.ACKNOWLEDGE, "operator", "cli"), about=1)
    asyncio.run(journal.store([alarm, over, sent, taken]))
    chain = Chain(journal.path)
    assert [is_urgent(row) for row in chain.after(0, 10)] == [True, False, False, True]
    chain.close()
    journal.close()


def test_what_this_version_cannot_read_is_not_urgent() -> None:
    for row in (b'[1,"event",1,"b",1,"d",1,1,null,"e30="]', b'[1,"action"]', b"{}"):
        assert not is_urgent(ChainRow(1, row, b""))


class _Post:
    """Notes what a chain sends, in order."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def where(self, gateway: str) -> Receipt:
        return Receipt()

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        self.sent.append(f"parcel to {parcel.last}")

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        self.sent.append("copy")


def test_copies_go_ahead_over_a_new_connection_and_of_a_chain_that_is_far_behind(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path / "alarms.db", SystemClock(), chained=True)
    chain = Chain(journal.path)
    clock, epoch = SystemClock(), "0" * 15
    numbers = count(1)

    async def save(epoch: str, position: int) -> None:
        """A test has no cursor."""

    async def press(times: int) -> None:
        await journal.store([panic(next(numbers)) for _ in range(times)])

    line = ChainLine(
        "g1", chain, Delivery(chain, epoch, 0), clock, save=save, new_epoch=lambda: epoch
    )

    async def sent() -> list[str]:
        post = _Post()
        await line.step(post)
        return post.sent

    async def play() -> None:
        line.connected()
        await press(BEHIND_AT_FIRST + 1)
        first = BEHIND_AT_FIRST + 1
        assert await sent() == ["copy"] * first + [f"parcel to {first}"]
        await press(first)
        assert await sent() == [f"parcel to {2 * first}"], "it is sent at once anyway"
        line.connected()
        await press(BEHIND_AT_FIRST)
        assert (await sent())[-1].startswith("parcel")
        await press(BEHIND + 1)
        assert (await sent()).count("copy") > BEHIND

    asyncio.run(play())
    chain.close()
    journal.close()
