"""Puts the questions of people to the gateway, and says who asks."""

import asyncio
from pathlib import Path
from typing import Protocol

from callpoint_console.visitor import Visitor
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.socket import ask

ORIGIN = "console"


class Desk(Protocol):
    """Puts a question to a running gateway."""

    async def ask(self, question: Question[AnswerT], visitor: Visitor) -> AnswerT:
        """Return the answer. QuestionRefused, Unanswered: as ``control.socket.ask``."""


class SocketDesk:
    """Asks the gateway on this machine over its control socket."""

    def __init__(self, state_dir: Path) -> None:
        """``state_dir`` is the gateway's."""
        self._state_dir = state_dir

    async def ask(self, question: Question[AnswerT], visitor: Visitor) -> AnswerT:
        """Return the answer. QuestionRefused, Unanswered: as ``control.socket.ask``."""
        return await asyncio.to_thread(ask, self._state_dir, question)
