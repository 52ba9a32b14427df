"""Listens to what gateways say outside their chains, and answers them, in batches.

Each kind has its own subscription, thread and connection to the database, so the copy of an urgent
entry waits neither for parcels nor for life signs. The engine gives each message to one process.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from callpoint_district.journal.gathered import Gathered
from callpoint_district.journal.notices import Copied, Notices
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import LifeSign, NotUsable, UrgentCopy, Where

#: Life signs are gathered for so long.
SIGNS_S: Final = 0.25
#: A copy that could not be kept comes again after so long.
AGAIN_S: Final = 0.05
_QUEUE: Final = "keepers"

log = logging.getLogger(__name__)


async def listen(
    client: Client, district: str, notices: Notices
) -> list[Coroutine[Any, Any, None]]:
    """Subscribe, and return what must run as long as the connection stands."""

    async def heard(signs: Sequence[tuple[str, LifeSign]]) -> Sequence[tuple[str, LifeSign]]:
        await asyncio.to_thread(notices.heard, signs)
        return ()

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

    signs = Gathered(heard, SIGNS_S)
    copies = Gathered(shown)
    questions = Gathered(asked)

    def sign(message: Msg) -> None:
        gateway = words.gateway_of(message.subject)
        signs.put((gateway, words.decode(message.data, LifeSign)))

    def copy(message: Msg) -> None:
        gateway = words.gateway_of(message.subject)
        copies.put(Copied(gateway, words.decode(message.data, UrgentCopy)))

    def question(message: Msg) -> None:
        words.decode(message.data, Where)
        if message.reply:
            questions.put(message)

    takes: dict[words.Upward, Callable[[Msg], None]] = {
        "where": question,
        "status": sign,
        "urgent": copy,
    }
    for what, take in takes.items():
        for subject in words.upward_of_all(district, what):
            await client.subscribe(subject, queue=_QUEUE, cb=_guarded(take))
    return [signs.run(), copies.run(), questions.run()]


def _guarded(take: Callable[[Msg], None]) -> Callable[[Msg], Coroutine[Any, Any, None]]:
    """Return ``take`` so that a message that is of no use is logged and ends nothing."""

    async def guarded(message: Msg) -> None:
        try:
            take(message)
        except NotUsable as error:
            log.warning("%s: %s", message.subject, error.why)

    return guarded
