"""Puts a question of a page to the gateway, and turns what comes back into a response."""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callpoint_console.desk import ORIGIN
from callpoint_console.pages.requests import console_of
from callpoint_console.rendering import language_of, words_in
from callpoint_console.visitor import visitor_of
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import Question, QuestionRefused


async def asked(request: Request, question: Question[Any], place: str = "") -> Response:
    """Return 204 when the gateway has done it; else a text that says why not.

    The page shows the change itself when the journal has it.
    """
    status, why = await put(request, question, place)
    return PlainTextResponse(why, status) if why else Response(status_code=204)


async def put(request: Request, question: Question[Any], place: str = "") -> tuple[int, str]:
    """Have the gateway do something; return a status, and why it did not, "" if it did.

    403: the visitor may not ask that about ``place``; 409: the gateway refuses; 503: none runs.
    """
    words = words_in(language_of(request))
    visitor, console = visitor_of(request), console_of(request)
    role = console.map.role(visitor.scope, question.allowed, place)
    if role is None:
        return 403, words("act.not_yours")
    by = By(visitor.login, role, ORIGIN) if visitor.login else None
    try:
        await console.desk.ask(question, by)
    except QuestionRefused as refused:
        return 409, words.told(refused.why)
    except Unanswered as unanswered:
        return 503, words("act.no_answer", why=words.told(unanswered.why))
    return 204, ""
