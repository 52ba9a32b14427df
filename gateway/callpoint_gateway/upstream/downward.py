"""What the district asks of this gateway: questions of the control socket, for an account there.

The district has found out who asks, and says in which role. This gateway does only what its
configuration lets a district ask, and only for a role that may ask it.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec

from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import Asker, By
from callpoint_gateway.control.line import Named, Reply, refused
from callpoint_gateway.control.question import Question
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import said

#: The longest request, in bytes.
MOST: Final = 64 * 1024


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, and for whom the district asks it."""

    question: msgspec.Raw
    by: By


class Downward:
    """Answers the requests of one district."""

    def __init__(self, control: Control, questions: Collection[str]) -> None:
        """``questions``: those that the district may ask."""
        self._control = control
        self._questions = questions

    async def answer(self, text: bytes) -> bytes:
        """Return the answer or refusal to a request. It raises nothing."""
        return msgspec.json.encode(await self._reply(text))

    async def _reply(self, text: bytes) -> Reply:
        if len(text) > MOST:
            return refused(said("upstream.long"))
        try:
            request = msgspec.json.decode(text, type=Request)
            name = msgspec.json.decode(request.question, type=Named).ask
        except NOT_JSON:
            return refused(said("socket.no_question"))
        if name not in self._questions:
            return refused(said("upstream.not_asked", question=name))
        by = request.by

        async def judge(question: Question[Any]) -> Asker:
            return for_account(question, by)

        return await self._control.answer(name, request.question, judge)
