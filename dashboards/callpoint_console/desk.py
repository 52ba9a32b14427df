"""Puts the questions of people to the gateway, and says who asks."""

from pathlib import Path
from typing import Protocol

from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.control.question import AnswerT, Question

ORIGIN = "console"


class Desk(Protocol):
    """Puts a question to a running gateway."""

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Return the answer. QuestionRefused, Unanswered: as ``control.client.ask``.

        ``by``: for whom the console asks; None where it has no accounts.
        """


class SocketDesk:
    """Asks the gateway on this machine over its control socket."""

    def __init__(self, state_dir: Path) -> None:
        """``state_dir`` is the gateway's."""
        self._state_dir = state_dir

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Return the answer; see ``Desk.ask``."""
        return await ask_async(self._state_dir, question, by)
