"""How often a path is tested, by a clock that jumps: minutes of silence take no time."""

import asyncio
from itertools import pairwise

from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.centres.supervised_path import (
    LOST_S,
    MANY,
    RETURN_S,
    TEST_AGAIN_S,
    SupervisedPath,
)
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_protocol import names

from ..virtual_time import run

HERE = Outcome(Verdict.ACCEPTED, "ACK", "", 0)
REFUSES = Outcome(Verdict.UNREACHABLE, "NAK", "it refuses", 0)
AWAY = Outcome(Verdict.UNREACHABLE, "", "nobody answers", 0)
PANIC = Report(names.PANIC, names.ALARM, 1, 0)


class Line:
    """A carrier that answers what it is told to, at once, and keeps when it was asked."""

    def __init__(self, answer: Outcome = HERE) -> None:
        self.answer = answer
        self.tests_s: list[float] = []
        self.asked = asyncio.Event()

    async def send(self, report: Report, number: int) -> Outcome:
        return self.answer

    async def supervise(self) -> Outcome:
        self.tests_s.append(asyncio.get_running_loop().time())
        self.asked.set()
        return self.answer

    async def close(self) -> None:
        pass

    async def gaps_s(self, count: int) -> list[float]:
        """Return the seconds between the next tests; the first counts from now."""
        before = asyncio.get_running_loop().time()
        self.tests_s.clear()
        while len(self.tests_s) < count:
            self.asked.clear()
            await self.asked.wait()
        times = [before, *self.tests_s[:count]]
        return [round(later - earlier, 6) for earlier, later in pairwise(times)]


class Watched:
    """A path under supervision over one line."""

    def __init__(self, line: Line, supervision_s: float = 3600.0) -> None:
        self.path = SupervisedPath(1, lambda _: line, "1234", supervision_s, lambda *_: None)

    async def __aenter__(self) -> SupervisedPath:
        self._watching = asyncio.create_task(self.path.watch())
        return self.path

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await self.path.close()


def test_a_lost_path_is_tested_often_at_first_and_rarely_later() -> None:
    async def scenario() -> None:
        line = Line()
        async with Watched(line) as path:
            assert await line.gaps_s(2) == [3600, 3600]
            line.answer = AWAY
            assert await line.gaps_s(2) == [3600, TEST_AGAIN_S]
            assert path.health is Health.LOST
            assert await line.gaps_s(MANY + 3) == [LOST_S] * MANY + [RETURN_S] * 3

    run(scenario())


def test_a_path_that_is_lost_again_is_tested_often_again() -> None:
    async def scenario() -> None:
        line = Line(AWAY)
        async with Watched(line) as path:
            await line.gaps_s(2 + MANY + 1)
            line.answer = HERE
            assert await line.gaps_s(2) == [RETURN_S, 3600]
            assert path.health is Health.UP
            line.answer = AWAY
            assert await line.gaps_s(2 + MANY + 1) == [
                3600,
                TEST_AGAIN_S,
                *[LOST_S] * MANY,
                RETURN_S,
            ]

    run(scenario())


def test_a_short_supervision_is_never_made_longer() -> None:
    async def scenario() -> None:
        line = Line(AWAY)
        async with Watched(line, supervision_s=0.1):
            assert set(await line.gaps_s(2 + MANY + 3)) == {0.1}

    run(scenario())


def test_a_centre_that_refuses_everything_is_asked_no_more_often() -> None:
    """It cannot be relied on, and it is there: more tests would find out nothing."""

    async def scenario() -> None:
        line = Line(REFUSES)
        async with Watched(line) as path:
            await path.send("1234", PANIC, 1)
            assert path.health is Health.SUSPECT
            assert await line.gaps_s(3) == [3600] * 3
            assert path.health is Health.LOST

    run(scenario())


class Impossible(Line):
    """A carrier that raises whatever it is asked."""

    async def send(self, report: Report, number: int) -> Outcome:
        raise ZeroDivisionError("a slip")

    async def supervise(self) -> Outcome:
        await super().supervise()
        raise ZeroDivisionError("a slip")


def test_a_carrier_that_fails_is_a_path_that_is_away_and_tested_with_pauses() -> None:
    async def scenario() -> None:
        line = Impossible()
        async with Watched(line) as path:
            assert await line.gaps_s(4) == [3600, TEST_AGAIN_S, LOST_S, LOST_S]
            assert path.health is Health.LOST
            outcome = await path.send("1234", PANIC, 7)
            assert outcome.verdict is Verdict.UNREACHABLE
            assert str(outcome.reason) == "an unexpected error"

    run(scenario())


def test_a_carrier_that_cannot_be_made_refuses_no_event() -> None:
    """Else an alarm would be given up for a mistake of the gateway's own."""

    def no_carrier(account: str) -> Line:
        raise ValueError("no port has this number")

    async def scenario() -> None:
        path = SupervisedPath(1, no_carrier, "1234", 3600, lambda *_: None)
        for _ in range(2):
            outcome = await path.send("1234", PANIC, 7)
            assert outcome.verdict is Verdict.UNREACHABLE
        assert path.health is Health.SUSPECT

    run(scenario())


def test_a_path_knows_how_long_ago_the_centre_answered() -> None:
    async def scenario() -> None:
        line = Line(AWAY)
        async with Watched(line, supervision_s=60.0) as path:
            await line.gaps_s(1)
            assert path.answered_s is None
            line.answer = HERE
            await path.send("1234", PANIC, 1)
            await asyncio.sleep(7)
            assert path.answered_s == 7
            line.answer = AWAY
            await path.send("1234", PANIC, 2)
            assert path.answered_s == 7

    run(scenario())
