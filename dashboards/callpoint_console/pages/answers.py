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

    403: the visitor may not ask that about ``place``; 409: the gateway refuses; 503: none runs.
    The page shows the change itself when the journal has it.
    """
    words = words_in(language_of(request))
    visitor, console = visitor_of(request), console_of(request)
    role = console.map.role(visitor.scope, question.allowed, place)
    if role is None:
        return PlainTextResponse(words("act.not_yours"), 403)
    by = By(visitor.login, role, ORIGIN) if visitor.login else None
    try:
        await console.desk.ask(question, by)
    except QuestionRefused as refused:
        return PlainTextResponse(words.told(refused.why), 409)
    except Unanswered as unanswered:
        return PlainTextResponse(words("act.no_answer", why=words.told(unanswered.why)), 503)
    return Response(status_code=204)
