"""Passes questions about households on to the site's console, and its answers back."""

import asyncio
import secrets
from collections import deque
from typing import Final

from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.upstream.household.questions import (
    AnswerHousehold,
    AskHousehold,
    AwaitHousehold,
    HouseholdAsked,
    HouseholdTaken,
    HouseholdView,
)
from callpoint_gateway.words.said import said

#: How long the console may take, in seconds: shorter than the district waits.
ANSWER_S: Final = 1.7
#: How long the console waits for a question, in seconds: shorter than the socket lets it.
WAIT_S: Final = 20.0
#: Questions that wait at once, at most.
MOST: Final = 32


class Households:
    """Holds each question until the console has answered it. Use it in one event loop."""

    def __init__(self) -> None:
        """Begin without any question."""
        self._asked: deque[HouseholdAsked] = deque()
        self._answers: dict[str, asyncio.Future[AnswerHousehold]] = {}
        self._news = asyncio.Condition()
        self._waits = 0  # how often the console has begun to wait

    def register_questions(self, control: Control) -> None:
        """Answer the questions about households over the control socket."""
        control.register(AskHousehold, self.ask)
        control.register(AwaitHousehold, self.wait)
        control.register(AnswerHousehold, self.answer)

    async def ask(self, question: AskHousehold, asker: Asker) -> HouseholdView:
        """Return the console's answer. QuestionRefused: it shows nobody, or does not answer."""
        if len(self._answers) >= MOST:
            raise QuestionRefused(said("refused.busy"))
        request = secrets.token_hex(8)
        asked = HouseholdAsked(request, question.alarm, question.language, asker.who, asker.origin)
        self._answers[request] = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        try:
            async with self._news:
                self._news.notify_all()
            async with asyncio.timeout(ANSWER_S):
                answer = await self._answers[request]
        except TimeoutError:
            raise QuestionRefused(said("household.no_console")) from None
        finally:
            del self._answers[request]
            if asked in self._asked:
                self._asked.remove(asked)
        if answer.view is None:
            raise QuestionRefused(said(f"household.{answer.unshown or 'unusable'}"))
        return answer.view

    async def wait(self, _: AwaitHousehold, __: Asker) -> HouseholdAsked:
        """Return the next question, or none after ``WAIT_S`` or when the console waits anew.

        A console that was started again must get the questions, and not its predecessor.
        """
        self._waits += 1
        mine = self._waits
        try:
            async with asyncio.timeout(WAIT_S), self._news:
                self._news.notify_all()
                await self._news.wait_for(lambda: bool(self._asked) or self._waits > mine)
                last = self._waits == mine
                return self._asked.popleft() if last and self._asked else HouseholdAsked()
        except TimeoutError:
            return HouseholdAsked()

    async def answer(self, answer: AnswerHousehold, _: Asker) -> HouseholdTaken:
        """Pass an answer on to whoever waits for it, if anybody still does."""
        waiting = self._answers.get(answer.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
        return HouseholdTaken()
