"""Listens to what gateways say outside their chains, and answers them, in batches.

Each kind has its own subscription, thread and connection to the database, so the copy of an urgent
entry waits for no parcels. The engine gives each message to one process.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from callpoint_district.journal.gathered import Gathered
from callpoint_district.journal.guarded import Take, guarded
from callpoint_district.journal.notices import Copied, Notices
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import Receipt, UrgentCopy, Where

#: A copy that could not be kept comes again after so long.
AGAIN_S: Final = 0.05
_QUEUE: Final = "keepers"


async def listen(
    client: Client, district: str, notices: Notices
) -> list[Coroutine[Any, Any, None]]:
    """Subscribe, and return what must run as long as the connection stands."""

    async def shown(copies: Sequence[Copied]) -> Sequence[Copied]:
        again = await asyncio.to_thread(notices.show, copies)
        if again:
            await asyncio.sleep(AGAIN_S)
        return again

    async def asked(questions: Sequence[Msg]) -> Sequence[Msg]:
        gateways = [words.gateway_of(question.subject) for question in questions]
        receipts = await asyncio.to_thread(notices.receipts, gateways)
        for question, receipt in zip(questions, receipts, strict=True):
            await question.respond(words.encode(receipt))
        return ()

    copies = Gathered(shown)
    questions = Gathered(asked)

    async def copy(message: Msg) -> None:
        gateway = words.gateway_of(message.subject)
        copies.put(Copied(gateway, words.decode(message.data, UrgentCopy)))

    async def question(message: Msg) -> None:
        version = words.version_of(message.data)
        if version != words.VERSION:
            # The answer says which version this is, so that the gateway says what is wrong.
            await message.respond(words.encode(Receipt()))
            gateway = words.gateway_of(message.subject)
            await asyncio.to_thread(notices.speaks, gateway, version)
        words.decode(message.data, Where)
        questions.put(message)

    takes: dict[words.Upward, Take] = {
        "where": question,
        "urgent": copy,
    }
    for what, take in takes.items():
        for subject in words.upward_of_all(district, what):
            await client.subscribe(subject, queue=_QUEUE, cb=guarded(take))
    return [copies.run(), questions.run()]
