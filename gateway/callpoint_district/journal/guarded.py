"""Takes messages of gateways so that what is wrong with one of them is logged and ends nothing."""

import logging
from collections.abc import Awaitable, Callable

import psycopg
from nats.aio.msg import Msg

from callpoint_gateway.host.printable import one_line
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import NotUsable

Take = Callable[[Msg], Awaitable[None]]

log = logging.getLogger(__name__)


def guarded(take: Take) -> Take:
    """Return ``take`` for a subscription: it logs what is of no use, and what is not kept.

    A message that wants its answer sent to another gateway is not taken.
    """

    async def taken(message: Msg) -> None:
        if message.reply and not words.answers_its_sender(message.subject, message.reply):
            log.warning("%s: wants the answer for another: %s", message.subject, message.reply)
            return
        try:
            await take(message)
        except NotUsable as error:
            log.warning("%s: %s", message.subject, error.why)
        except psycopg.Error as error:
            log.warning("database: %s", one_line(error))

    return taken
