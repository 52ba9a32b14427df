"""Questions about households reach the console that waits, and answers whoever asked."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.upstream.household import passing as module
from callpoint_gateway.upstream.household.passing import Households
from callpoint_gateway.upstream.household.questions import (
    AnswerHousehold,
    AskHousehold,
    AwaitHousehold,
    HouseholdAsked,
    HouseholdView,
    Unshown,
)

OPERATOR = Asker("op-7", Role.OPERATOR, "district")
CONSOLE = Asker("console", Role.ADMIN, "console")
VIEW = HouseholdView("flat-301", [], [])
QUESTION = AskHousehold(alarm=17, language="en")
T = TypeVar("T")


async def begun(work: Awaitable[T]) -> "asyncio.Future[T]":
    """Begin something, and let it come to where it waits."""
    task = asyncio.ensure_future(work)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


def test_the_answer_goes_to_whoever_asked() -> None:
    async def play() -> None:
        households = Households()
        waiting = await begun(households.wait(AwaitHousehold(), CONSOLE))
        first = await begun(households.ask(QUESTION, OPERATOR))
        second = await begun(households.ask(AskHousehold(alarm=18, language="zh"), OPERATOR))
        asked = await waiting
        assert (asked.alarm, asked.account, asked.origin) == (17, "op-7", "district")
        other = await households.wait(AwaitHousehold(), CONSOLE)
        assert (other.alarm, other.language) == (18, "zh")
        gone = AnswerHousehold(request=other.request, unshown=Unshown.GONE)
        await households.answer(gone, CONSOLE)
        await households.answer(AnswerHousehold(request=asked.request, view=VIEW), CONSOLE)
        assert await first == VIEW
        with pytest.raises(QuestionRefused, match="closed"):
            await second

    asyncio.run(play())


def test_a_console_that_was_started_again_gets_the_questions() -> None:
    async def play() -> None:
        households = Households()
        dead = await begun(households.wait(AwaitHousehold(), CONSOLE))
        alive = await begun(households.wait(AwaitHousehold(), CONSOLE))
        assert await dead == HouseholdAsked()
        asking = await begun(households.ask(QUESTION, OPERATOR))
        request = (await alive).request
        await households.answer(AnswerHousehold(request=request, view=VIEW), CONSOLE)
        assert await asking == VIEW

    asyncio.run(play())


def test_without_a_console_it_is_said_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.01)
    monkeypatch.setattr(module, "WAIT_S", 0.01)

    async def play() -> None:
        households = Households()
        with pytest.raises(QuestionRefused, match="console does not answer"):
            await households.ask(QUESTION, OPERATOR)
        assert await households.wait(AwaitHousehold(), CONSOLE) == HouseholdAsked()
        late = AnswerHousehold(request="0" * 16, view=VIEW)
        await households.answer(late, CONSOLE)

    asyncio.run(play())
