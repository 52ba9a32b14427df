"""Asks the gateway of a site: what people do at the district is done there, by its desk."""

from typing import Final

import msgspec
from nats.errors import Error as NatsError

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
from callpoint_gateway.words.said import said

#: How long an answer is waited for, in seconds.
ANSWER_S: Final = 2.0


async def ask(settings: District, gateway: str, question: Question[AnswerT], by: By) -> AnswerT:
    """Return a gateway's answer.

    QuestionRefused: the gateway refuses, the engine cannot be reached, or the gateway does not
    answer within ``ANSWER_S``; it is then not known whether it has done what was asked, and its
    journal will say so.
    """
    if not words.PATH.fullmatch(gateway):
        raise QuestionRefused(said("district.bad_name", name=gateway))
    text = msgspec.json.encode(Request(msgspec.Raw(msgspec.json.encode(question)), by))
    try:
        client = await connected(settings.servers, settings.tls, within_s=ANSWER_S)
    except (NatsError, OSError, TimeoutError) as error:
        raise QuestionRefused(said("district.no_engine_answers")) from error
    try:
        try:
            subject = words.downward(settings.district, gateway, "ask")
            message = await client.request(subject, text, timeout=ANSWER_S)
        finally:
            await client.close()
        reply = msgspec.json.decode(message.data, type=Reply)
    except (NatsError, OSError, TimeoutError) as error:
        raise QuestionRefused(said("district.no_answer", gateway=gateway)) from error
    except NOT_JSON as error:
        raise QuestionRefused(said("district.other_answer", gateway=gateway)) from error
    if reply.refused:
        raise QuestionRefused(reply.why)
    return msgspec.json.decode(reply.answer, type=answer_type(type(question)))
