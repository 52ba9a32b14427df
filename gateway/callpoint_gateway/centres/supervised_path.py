"""One path to a centre, and whether it can be relied on.

A path carries one exchange at a time. What is more urgent takes the place of what is under way:
an event that of a link test, a newer event that of one which another path has delivered. The
same event asked for twice is the exchange that is under way.

One miss makes a path *suspect*: others are preferred, and it is tested at once. Two in a row make
it *lost*, which is reported; a single lost packet is not (EN 50136 practice: several polls).
"""

import asyncio
import logging
from collections.abc import Callable

from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols.report import Carrier, Outcome, Report, Verdict
from callpoint_gateway.words.said import NOTHING, Said, said, said_by

TEST_AGAIN_S = 0.25
# A lost path is tested so often, for so many times, and then more rarely, because a mobile line
# costs money. Without link tests an event is tried on it after that longer time.
LOST_S = 4.0
MANY = 15
RETURN_S = 60.0
MISSES = 2
UNFIT = said("centre.unfit.do")

# What nobody expected of a carrier: the path is away, and is tried again.
MISTAKEN = Outcome(Verdict.UNREACHABLE, "", said("part.unexpected"), 0, said("part.unexpected.do"))

Open = Callable[[str], Carrier]

log = logging.getLogger(__name__)


class SupervisedPath:
    """Path ``number`` of a centre, counted from 1. ``watch`` until cancelled."""

    def __init__(
        self,
        number: int,
        open_carrier: Open,
        account: str,
        supervision_s: float,
        judged: Callable[["SupervisedPath", Said, Said], None],
        *,
        lost: bool = False,
    ) -> None:
        """``account`` is the one that link tests name; ``supervision_s`` 0: no link tests.

        ``judged(path, reason, remedy)`` is called with every outcome; ``lost``: an earlier run
        has said that it is.
        """
        self.number = number
        self._open = open_carrier
        self._account = account
        self._supervision_s = supervision_s
        self._judged = judged
        self._carriers: dict[str, Carrier] = {}
        self._misses = MISSES if lost else 0
        self._refusing = False
        self._under_way: asyncio.Task[Outcome] | None = None
        self._key: object = None
        self._busy = False
        self._news = asyncio.Event()
        self._last = asyncio.get_running_loop().time()
        self._answered: float | None = None  # the loop's time of the last answer
        self._tests = 0  # of a lost path, since it was lost

    @property
    def health(self) -> Health:
        """UP until there is a reason to doubt it."""
        if self._misses >= MISSES:
            return Health.LOST
        return Health.SUSPECT if self._misses else Health.UP

    @property
    def answered_s(self) -> float | None:
        """Seconds since the centre last answered here; None: not since the gateway's start."""
        if self._answered is None:
            return None
        return asyncio.get_running_loop().time() - self._answered

    @property
    def preferred(self) -> bool:
        """An event may be tried here before the others.

        Without link tests nothing but an event can find out that a path is back.
        """
        if self.health is Health.UP:
            return True
        quiet_s = asyncio.get_running_loop().time() - self._last
        return not self._supervision_s and quiet_s >= RETURN_S

    async def send(self, account: str, report: Report, number: int) -> Outcome:
        """Deliver a report, and wait for what becomes of it."""
        if self._under_way is not None and not self._under_way.done():
            return await self.start(account, report, number)
        # Without a task of its own: half of what an exchange costs beyond the network.
        self._busy = True
        try:
            return await self._carry(account, report, number)
        finally:
            self._busy = False
            self._news.set()

    def start(self, account: str, report: Report, number: int) -> asyncio.Task[Outcome]:
        """Begin to deliver a report, or return the delivery of it that is under way."""
        key = account, number, report.reference
        if self._under_way is not None and not self._under_way.done():
            if key == self._key:
                return self._under_way
            self._under_way.cancel()
        self._key = key
        self._under_way = asyncio.create_task(self._carry(account, report, number))
        return self._under_way

    async def _carry(self, account: str, report: Report, number: int) -> Outcome:
        try:
            carrier = self._carrier(account)
            try:
                outcome = await carrier.send(report, number)
            except ValueError as error:
                # No frame can carry it: it is refused, and what comes after it goes on.
                return Outcome(Verdict.REFUSED, "", said_by(error), 0, UNFIT)
        except Exception:
            log.exception("path %d: its carrier failed", self.number)
            outcome = MISTAKEN
        there = outcome.verdict is not Verdict.UNREACHABLE
        # The centre may know this account only too little. A path whose events are not answered is
        # tested at once; it is lost when the centre does not answer that either.
        if there or not self._supervision_s or self._misses < MISSES - 1:
            self._judge(outcome, there)
        self._refusing = outcome.verdict is Verdict.UNREACHABLE and bool(outcome.answer)
        return outcome

    def _carrier(self, account: str) -> Carrier:
        if account not in self._carriers:
            self._carriers[account] = self._open(account)
        return self._carriers[account]

    async def test(self) -> Outcome:
        """Ask whether somebody is there. A refusal is an answer: some refuse every link test."""
        try:
            outcome = await self._carrier(self._account).supervise()
        except Exception:
            log.exception("path %d: its carrier failed", self.number)
            outcome = MISTAKEN
        accepted = outcome.verdict is Verdict.ACCEPTED
        self._judge(outcome, accepted or (bool(outcome.answer) and not self._refusing))
        return outcome

    def _judge(self, outcome: Outcome, there: bool) -> None:
        before = self.health
        self._last = asyncio.get_running_loop().time()
        self._misses = 0 if there else self._misses + 1
        if self.health is not before:
            self._tests = 0
        if there:
            self._answered = self._last
            self._judged(self, said("centre.answers_again"), NOTHING)
        else:
            self._judged(self, outcome.reason, outcome.remedy)
        self._news.set()

    async def watch(self) -> None:
        """Test the path whenever it has been quiet for its time."""
        while self._supervision_s:
            self._news.clear()
            wait_s = self._last + self._interval_s() - asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(max(0.0, wait_s)):
                    await self._news.wait()
                continue
            except TimeoutError:
                pass
            if self._busy:
                await self._news.wait()
                continue
            if self._under_way is not None and not self._under_way.done():
                await asyncio.wait([self._under_way])
                continue
            self._tests += 1
            self._key = None
            self._under_way = asyncio.create_task(self.test())
            await asyncio.wait([self._under_way])

    def _interval_s(self) -> float:
        """Return how long the path may be quiet; one that stays lost is tested less often."""
        if self._misses == 0 or self._refusing:
            return self._supervision_s
        if self.health is Health.SUSPECT:
            return min(TEST_AGAIN_S, self._supervision_s)
        return min(LOST_S if self._tests < MANY else RETURN_S, self._supervision_s)

    async def close(self) -> None:
        """End what is under way and let go of the connections."""
        if self._under_way is not None:
            await end_all([self._under_way])
        for carrier in self._carriers.values():
            await carrier.close()
