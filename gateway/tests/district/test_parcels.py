"""Which entries of a gateway that is behind are copied ahead of their turn."""

import asyncio
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
