"""What a district tells gateways: in the end each has what it should, and nothing twice."""

import asyncio
import random
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from callpoint_district.areas import level_errands, levels, plan_errands, plans
from callpoint_district.areas.told import SiteState
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites.asking import AskingLine, NotAnswered
from callpoint_district.sites.errands import AGAIN_MS, REFUSED_AGAIN_MS, Errands
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.configuration.upstream import USUAL
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.line import Reply
from callpoint_gateway.control.question import (
    AnswerT,
    Question,
    QuestionRefused,
    answer_type,
)
from callpoint_gateway.control.roles import Role
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import LevelBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.levels import Levels
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel
from callpoint_gateway.upstream.downward import Downward, Request
from callpoint_gateway.upstream.given_plans import FILE, GivenPlansFile
from callpoint_gateway.upstream.plan_requests import register_requests
from callpoint_gateway.words.said import said, stored

from ..conftest import ManualClock
from .area_rows import gateway

LEADER = By("op-7", Role.SUPERVISOR, "district")
XIHU = ("Hangzhou", "Xihu")
AREAS = [(), XIHU, (*XIHU, "North"), (*XIHU, "South")]
STREETS = {"g1": "North", "g2": "North", "g3": "South"}
DAY_S = 86_400


class Site:
    """Levels and given plans of a site, on real files, behind what a district may ask."""

    def __init__(self, folder: Path, street: str, clock: ManualClock) -> None:
        folder.mkdir()
        place = Place(id="flat", city=XIHU[0], district=XIHU[1], street=street)
        register = Register(
            [place], [Device(id="a", place="flat", zone=[Zone(zone=1, kind="panic")])]
        )
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.levels = Levels(register, self.alarms, clock)
        self.plans = GivenPlansFile(folder / FILE, clock)
        control = Control(folder)
        control.register(BeginLevel, self.levels.begin)
        control.register(EndLevel, self.levels.end)
        register_requests(control, self.plans, register)
        self.control = control
        self.downward = Downward(control, USUAL)

    def close(self) -> None:
        self.alarms.close()
        self.levels.close()

    def holding(self) -> Counter[tuple[str, int]]:
        """Return the area and the level of each level that holds."""
        return Counter((view.area, view.level) for view in self.levels.listed().levels)

    def begun(self) -> Counter[str]:
        """Return how often each request has begun a level."""
        with self.alarms.reader() as reader:
            bodies = [entry.body for entry in reader.all_of(Type.LEVEL)]
        return Counter(body.request for body in bodies if isinstance(body, LevelBody))


class LossyLine(AskingLine):
    """A line to sites in this process that loses questions and answers."""

    def __init__(self, sites: dict[str, Site], chance: random.Random) -> None:
        super().__init__(District(district="d1", servers=["nats://127.0.0.1:9"], database=""))
        self._sites, self._chance = sites, chance
        self.loss = 0.0
        self.asked = 0

    async def ask(self, gateway: str, question: Question[AnswerT], by: By) -> AnswerT:
        self.asked += 1
        lost = NotAnswered(said("district.no_answer", gateway=gateway))
        if self._chance.random() < self.loss:
            raise lost
        text = msgspec.json.encode(Request(msgspec.Raw(msgspec.json.encode(question)), by))
        answer = await self._sites[gateway].downward.answer(text)
        if self._chance.random() < self.loss:
            raise lost
        reply = msgspec.json.decode(answer, type=Reply)
        if reply.refused:
            raise QuestionRefused(stored(reply.why, reply.refused))
        return msgspec.json.decode(reply.answer, type=answer_type(type(question)))


class Played:
    """A district with three sites in this process."""

    def __init__(
        self, folder: Path, database: Database, clock: ManualClock, seed: int, stack: ExitStack
    ) -> None:
        self.sites = {name: Site(folder / name, street, clock) for name, street in STREETS.items()}
        for name, site in self.sites.items():
            stack.callback(site.close)
            gateway(database, name, *XIHU, STREETS[name])
        self.chance = random.Random(seed)
        self.line = LossyLine(self.sites, self.chance)
        sources = (level_errands.due, plan_errands.due)
        self.errands = Errands(database, self.line, clock, sources)
        self.database, self.clock = database, clock

    async def look(self) -> None:
        """Tell what there is to tell, also where nobody answered before."""
        self.clock.advance(AGAIN_MS)
        await self.errands.look()

    def something_happens(self) -> None:
        """Begin or end a level, give a plan or take one back."""
        area, now_ms = self.chance.choice(AREAS), self.clock.wall_ms()
        steps = [PlanStep(f"s{self.chance.randrange(5)}", "Call", "致电")]
        with self.database.transaction() as connection:
            holding = levels.listed(connection, now_ms)
            given = plans.listed(connection)
            match self.chance.randrange(4):
                case 0 if holding:
                    number = self.chance.choice(holding).number
                    levels.end(connection, number, LEADER, now_ms)
                case 1 if given:
                    plans.remove(
                        connection, self.chance.choice(given).area, "panic", None, LEADER, now_ms
                    )
                case 2:
                    plans.give(connection, area, "panic", None, steps, LEADER, now_ms)
                case _ if free := [
                    level
                    for level in range(1, 5)
                    if not any((held.area, held.level) == (area, level) for held in holding)
                ]:
                    level = self.chance.choice(free)
                    levels.begin(connection, area, level, DAY_S, "storm", LEADER, now_ms)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_lost_each_gateway_has_what_it_should_and_nothing_twice(
    tmp_path: Path, database: Database, clock: ManualClock, seed: int
) -> None:
    async def play() -> None:
        with ExitStack() as stack:
            here = Played(tmp_path, database, clock, seed, stack)
            here.line.loss = 0.3
            for _ in range(25):
                await asyncio.to_thread(here.something_happens)
                await here.look()
            here.line.loss = 0.0
            for _ in range(3):
                await here.look()
            asked = here.line.asked
            await here.look()
            assert here.line.asked == asked, "all is said"
            with database.transaction() as connection:
                wanted = levels.listed(connection, clock.wall_ms())
                given = plans.listed(connection)
            assert wanted or given
            states = [site.state for each in (*wanted, *given) for site in each.sites]
            assert set(states) == {SiteState.CONFIRMED}
            for name, site in here.sites.items():
                own = (*XIHU, STREETS[name])
                held = [each for each in wanted if own[: len(each.area)] == each.area]
                assert site.holding() == Counter(
                    (" / ".join(each.area), each.level) for each in held
                )
                assert set(site.begun().values()) <= {1}
                there = {(plan.area, plan.digest) for plan in site.plans.in_force("district")}
                assert there == {
                    (plan.area, plan.digest)
                    for plan in given
                    if own[: len(plan.area)] == plan.area
                }

    asyncio.run(play())


def test_a_refusal_is_shown_with_its_words_and_asked_again_later(
    tmp_path: Path, database: Database, clock: ManualClock
) -> None:
    async def play() -> None:
        with ExitStack() as stack:
            here = Played(tmp_path, database, clock, 1, stack)
            there = here.sites["g3"]
            there.downward = Downward(there.control, ["alarm"])
            with database.transaction() as connection:
                area = (*XIHU, "South")
                levels.begin(connection, area, 2, DAY_S, "storm", LEADER, clock.wall_ms())
            await here.look()
            await here.look()
            with database.transaction() as connection:
                ((site,),) = [each.sites for each in levels.listed(connection, clock.wall_ms())]
            assert site.state is SiteState.REFUSED
            assert "does not let its district ask 'level'" in str(site.why)
            assert here.line.asked == 1
            there.downward = Downward(there.control, USUAL)
            clock.advance(REFUSED_AGAIN_MS)
            await here.look()
            with database.transaction() as connection:
                ((site,),) = [each.sites for each in levels.listed(connection, clock.wall_ms())]
            assert (site.state, str(site.why)) == (SiteState.CONFIRMED, "")

    asyncio.run(play())


def test_a_gateway_that_is_away_is_asked_again_when_it_is_heard(
    tmp_path: Path, database: Database, clock: ManualClock
) -> None:
    async def play() -> None:
        with ExitStack() as stack:
            here = Played(tmp_path, database, clock, 1, stack)
            here.line.loss = 1.0
            with database.transaction() as connection:
                area = (*XIHU, "South")
                levels.begin(connection, area, 2, DAY_S, "storm", LEADER, clock.wall_ms())
            for _ in range(3):
                await here.errands.look()
            assert here.line.asked == 1
            with database.transaction() as connection:
                connection.execute("UPDATE gateways SET heard_ms = 2 WHERE gateway = 'g3'")
            here.line.loss = 0.0
            await here.errands.look()
            assert here.sites["g3"].holding() == Counter({("Hangzhou / Xihu / South", 2): 1})

    asyncio.run(play())
