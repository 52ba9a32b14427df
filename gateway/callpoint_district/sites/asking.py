"""Asks the gateways of sites: what people do at the district is done there, by the site's desk."""

import asyncio
from contextlib import suppress
from typing import Final, Self

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from callpoint_district.settings import District
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.line import Reply
from callpoint_gateway.control.question import (
    AnswerT,
    Question,
    QuestionRefused,
    answer_type,
)
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.upstream.connection import connected
from callpoint_gateway.upstream.downward import Request
from callpoint_gateway.words.said import said, stored

#: How long an answer is waited for, in seconds.
ANSWER_S: Final = 2.0
# Why there is no answer. A district between says it of its own gateway in the same words.
_AWAY: Final = frozenset(
    {"district.not_connected", "district.no_answer", "district.no_engine_answers"}
)


class NotAnswered(QuestionRefused):
    """The gateway has not answered: a line does not stand, this tier's or that of a tier below.

    ``why`` says if it was sent.
    """


class AskingLine:
    """A connection to the engine that is kept between questions. For one event loop.

    ``async with`` closes it at the end.
    """

    def __init__(self, settings: District) -> None:
        """Prepare; the first question opens it, and the first after a failure opens it again."""
        self._settings = settings
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ask(self, gateway: str, question: Question[AnswerT], by: By) -> AnswerT:
        """Return a gateway's answer.

        QuestionRefused: the gateway refuses. NotAnswered: the engine cannot be reached, the
        gateway is not connected to it, or it does not answer within ``ANSWER_S``; in the last case
        it is not known whether it has done what was asked, and its journal will say so.
        """
        request = Request(msgspec.Raw(msgspec.json.encode(question)), by)
        reply = await self.exchange(gateway, request)
        if reply.refused:
            why = stored(reply.why, reply.refused)
            raise NotAnswered(why) if why.code in _AWAY else QuestionRefused(why)
        try:
            return msgspec.json.decode(reply.answer, type=answer_type(type(question)))
        except NOT_JSON as error:
            raise QuestionRefused(said("district.other_answer", gateway=gateway)) from error

    async def exchange(self, gateway: str, request: Request) -> Reply:
        """Return what a gateway replies to a request; the errors are those of ``ask``."""
        if not words.PATH.fullmatch(gateway):
            raise QuestionRefused(said("district.bad_name", name=gateway))
        client = await self._opened()
        subject = words.downward(self._settings.district, gateway, "ask")
        try:
            text = msgspec.json.encode(request)
            message = await client.request(subject, text, timeout=ANSWER_S)
            return msgspec.json.decode(message.data, type=Reply)
        except NoRespondersError as error:
            raise NotAnswered(said("district.not_connected", gateway=gateway)) from error
        except (NatsError, OSError, TimeoutError) as error:
            raise NotAnswered(said("district.no_answer", gateway=gateway)) from error
        except NOT_JSON as error:
            raise QuestionRefused(said("district.other_answer", gateway=gateway)) from error

    async def _opened(self) -> Client:
        async with self._opening:
            if self._client is None or not self._client.is_connected:
                await self._close()
                settings = self._settings
                try:
                    self._client = await connected(
                        settings.servers, settings.tls, within_s=ANSWER_S
                    )
                except (NatsError, OSError, TimeoutError) as error:
                    raise NotAnswered(said("district.no_engine_answers")) from error
            return self._client

    async def close(self) -> None:
        """Close the connection."""
        async with self._opening:
            await self._close()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(NatsError, OSError, TimeoutError):
                await client.close()
