"""A gateway cannot have the district, or the engine, write to another gateway in its place."""

import asyncio
from pathlib import Path

import nats
from nats.aio.msg import Msg

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper
from callpoint_district.journal.receiving import Receiver
from callpoint_district.settings import District
from callpoint_district.sites.hearing import Hearing
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import Receipt, Where
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

SOON_S = 60.0


def test_an_answer_goes_to_who_has_asked(folder: Path, address: str, database: Database) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        receiver = Receiver(settings, Keeper(database, SystemClock()), SystemClock())
        hearing = Hearing(settings, database, SystemClock())
        running = [asyncio.ensure_future(receiver.run())]
        client = await nats.connect(engine.address, inbox_prefix=words.inbox_of("g1"))
        try:
            # Hearing hears the same question and does not answer it, so it comes second.
            await until_answered(client, "cp.d1.g1.where", words.encode(Where()))
            running.append(asyncio.ensure_future(hearing.run()))
            await attack(client)
        finally:
            await client.close()
            await end_all(running)
            await engine.stop()

    asyncio.run(play())


async def attack(client: nats.aio.client.Client) -> None:
    told: dict[str, list[bytes]] = {"g2": [], "g3": []}

    async def receipt(message: Msg) -> None:
        told[words.gateway_of(message.subject)].append(message.data)

    await client.subscribe("cpd.d1.*.receipt", cb=receipt)
    where = words.encode(Where())
    # A receipt of its own chain, as if it were that of another.
    await client.publish("cp.d1.g1.where", where, reply="cpd.d1.g2.receipt")
    answer = await client.request("cp.d1.g1.where", where, timeout=SOON_S)
    assert words.decode(answer.data, Receipt).position == 0
    # The same with the answer to a register, which another part of the district takes.
    part = words.encode(Where())  # of no use as one, and even that is answered
    await until_answered(client, "cp.d1.g1.register", part)
    await client.publish("cp.d1.g1.register", part, reply="cpd.d1.g2.receipt")
    await client.request("cp.d1.g1.register", part, timeout=SOON_S)
    assert told["g2"] == []
    # The engine's acknowledgement of its own parcel, as if it were a parcel of another.
    await client.publish("cp.d1.g1.alarms", b"{}", reply="cp.d1.g2.alarms")
    await client.flush()
    stream = client.jetstream()
    await stream.publish("cp.d1.g3.alarms", b"{}", headers={"Nats-Msg-Id": "g3/x/1/0"})
    async with asyncio.timeout(SOON_S):
        while not told["g3"]:  # what a gateway itself has sent and is of no use, it sends again
            await asyncio.sleep(0.01)
    assert told["g2"] == []


async def until_answered(client: nats.aio.client.Client, subject: str, question: bytes) -> None:
    """Wait until the district listens; the engine says at once that nobody does."""
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                await client.request(subject, question, timeout=SOON_S)
                return
            except nats.errors.NoRespondersError:
                await asyncio.sleep(0.05)
