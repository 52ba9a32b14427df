"""What a district says for an area reaches a real gateway there, also when it was away."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.areas import levels, plans
from callpoint_district.areas.desks import turns_of
from callpoint_district.areas.territory import gateways_in
from callpoint_district.areas.told import AtSite, SiteState
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites import notes
from callpoint_district.sites.asking import AskingLine
from callpoint_district.sites.own_plans import own_plans_of
from callpoint_district.sites.standing import open_alarms
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import ask as ask_gateway
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, ActionBody, LevelBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.supervision.questions import (
    EndLevel,
    ListLevels,
)
from callpoint_gateway.upstream.given_plans import FILE, read
from callpoint_gateway.upstream.own_plans.file import version_of
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.own_plans.questions import CompareOwnPlans, TellOwnPlan
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM, Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 90.0
LEADER = By("op-7", Role.SUPERVISOR, "district")
XIHU = ("Hangzhou", "Xihu")
CALL = PlanStep("call", "Call the street", "致电街道")
NOTE = "nobody opens, the neighbour has a key"
SEND = PlanStep("send", "Send somebody", "派人", Action.DISPATCH)
AREAS = """
[[area]]
grid = ["Hangzhou", "Xihu"]
[[area.rule]]
level = "street"
desk = "beishan"
centre = "Beishan street"
"""


class District1:
    """An engine, a district's process, its database, and one site with a board."""

    def __init__(self, folder: Path, address: str) -> None:
        self.engine = Engine(folder, free_port())
        self.site = Rig(folder)
        self.site.address = {"city": XIHU[0], "district": XIHU[1], "street": "Beishan"}
        self.site.sections += [
            "[upstream]",
            'district = "d1"',
            'gateway = "g1"',
            f'servers = ["{self.engine.address}"]',
            'questions = ["alarm", "level", "level end", "plan", "plan end", "plan list", '
            '"inhibit", "inhibit list"]',
        ]
        self.board = self.site.board("button", [{"zone": 7, "kind": "panic", "input": "button"}])
        (folder / "areas.toml").write_text(AREAS, encoding="utf-8")
        self.config = folder / "district.toml"
        self.config.write_text(
            f'district = "d1"\nservers = ["{self.engine.address}"]\ndatabase = "{address}"\n'
            'areas = "areas.toml"\n',
            encoding="utf-8",
        )
        run = [sys.executable, *PROGRAM, "district", "run", "-c", str(self.config)]
        self.process = Part("district", folder, run, None)
        self.database = Database(address)
        self.settings = District(district="d1", servers=[self.engine.address], database=address)
        self.state = folder / "state"

    def in_xihu(self) -> list[str]:
        """Return the gateways that are known to be in the area."""
        with self.database.transaction() as connection:
            return gateways_in(connection, XIHU)

    def begin(self, level: int) -> int:
        """Put the area to a level for an hour."""
        with self.database.transaction() as connection:
            now_ms = SystemClock().wall_ms()
            return levels.begin(connection, XIHU, level, 3600, "storm", LEADER, now_ms).number

    def end(self, number: int) -> None:
        """End a level of the area."""
        with self.database.transaction() as connection:
            levels.end(connection, number, LEADER, SystemClock().wall_ms())

    def give(self, *steps: PlanStep) -> str:
        """Give the area a plan, and return its digest."""
        with self.database.transaction() as connection:
            now_ms = SystemClock().wall_ms()
            given = plans.give(connection, XIHU, "panic", None, steps, LEADER, now_ms)
        return given.digest

    def sites(self, level: int) -> list[AtSite]:
        """Return how far the gateways are with a level."""
        with self.database.transaction() as connection:
            found = levels.listed(connection, 0, ended_after_ms=0)
        return next(each.sites for each in found if each.number == level)

    def states(self, level: int) -> list[SiteState]:
        """Return the states of the gateways with a level."""
        return [site.state for site in self.sites(level)]

    def plan_states(self) -> list[SiteState]:
        """Return the states of the gateways with the plans."""
        with self.database.transaction() as connection:
            return [site.state for plan in plans.listed(connection) for site in plan.sites]

    def plans_there(self) -> list[str]:
        """Return the digests of the plans that the gateway has."""
        return [plan.digest for plan in read(self.state / FILE) if plan.until_ms is None]

    def notes(self, alarm: int) -> list[notes.Note]:
        """Return the notes that have not been delivered."""
        with self.database.transaction() as connection:
            found = notes.undelivered(connection, "g1")
        return [note for note in found if note.alarm == alarm]

    def bodies(self, type: Type) -> list[object]:
        """Return the bodies of the site's entries of a type."""
        with closing(Reader(self.state / "alarms.db")) as reader:
            return [entry.body for entry in reader.all_of(type)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(SOON_S):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.05)


def test_levels_notes_and_plans_reach_a_gateway_that_was_away(
    tmp_path: Path, address: str, database: Database
) -> None:
    here = District1(tmp_path, address)
    line = AskingLine(here.settings)

    async def play() -> None:
        await here.engine.start()
        await here.process.start()
        try:
            async with here.site:
                await here.board.until_up(SOON_S)
                await until(lambda: here.in_xihu() == ["g1"])
                await here.board.press("button")
                await until(lambda: len(open_alarms(database)) == 1)
                (alarm,) = open_alarms(database)
                await asyncio.gather(asyncio.to_thread(_asked, here), _a_level_ended_there(here))
                await _told_while_away(here, line, alarm.alarm)
                await _told_again(here, alarm.alarm)
                await _own_plans_go_up(here)
                with database.transaction() as connection:
                    turns = turns_of(connection, [("g1", alarm.alarm)])["g1", alarm.alarm]
                assert [turn.desk for turn in turns] == ["beishan"]
        finally:
            await line.close()
            await here.process.stop()
            await here.engine.stop()

    asyncio.run(play())
    here.database.close()


def _asked(here: District1) -> None:
    """What the site lets its district do is done; all else is refused with words."""

    def command(*words: str, code: int = 0) -> str:
        who = ("--account", "op-7", "--as", "supervisor", "-c", str(here.config))
        done = CliRunner().invoke(main, ["--lang", "en", "district", *words, *who])
        assert done.exit_code == code, done.output
        return done.output

    begun = command("inhibit", "begin", "g1", "button", "--for", "1h", "--reason", "new", "--json")
    assert json.loads(begun)["role"] == "op-7"
    assert "button" in command("inhibit", "list", "g1")
    assert "exercise-start" in command("drill", "start", "g1", code=4)
    assert "not connected" in command("drill", "start", "g9", code=4)


async def _a_level_ended_there(here: District1) -> None:
    """A level that a person of the site ends is shown as changed, and not begun again."""
    level = here.begin(3)
    await until(lambda: here.states(level) == [SiteState.CONFIRMED])
    (there,) = ask_gateway(here.state, ListLevels()).levels
    assert (there.area, there.level, there.who) == ("Hangzhou / Xihu", 3, "op-7")
    ask_gateway(here.state, EndLevel(number=there.number))
    await until(lambda: here.states(level) == [SiteState.CHANGED])
    assert here.sites(level)[0].by == "supervisor"


async def _own_plans_go_up(here: District1) -> None:
    """What the site's console has written is at the district at once, and stays there."""
    first = OwnPlan("panic", Profile.ESTATE, 1, 1000, [CALL])
    second = OwnPlan("panic", Profile.ESTATE, 2, 2000, [SEND])

    def write(*plans: OwnPlan) -> None:
        versions = CompareOwnPlans(versions=[version_of(plan) for plan in plans])
        for number in ask_gateway(here.state, versions).versions:
            ask_gateway(here.state, TellOwnPlan(plan=plans[number]))
        assert ask_gateway(here.state, versions).versions == []

    def at_district() -> list[OwnPlan]:
        with here.database.transaction() as connection:
            return own_plans_of(connection, "g1")

    await asyncio.to_thread(write, first)
    await until(lambda: at_district() == [first])
    await asyncio.to_thread(write, first, second)
    await until(lambda: at_district() == [first, second])
    # The gateway tells them without its console, to a district that has nothing of it any more.
    with here.database.transaction() as connection:
        connection.execute("UPDATE registers SET digest = ''")
        connection.execute("DELETE FROM own_plans")
    await here.site.gateway.stop()
    await here.site.gateway.start()
    await until(lambda: at_district() == [first, second])


async def _told_while_away(here: District1, line: AskingLine, alarm: int) -> None:
    """What is said while the gateway is away reaches it when it comes, if it is still wanted."""
    await here.site.gateway.stop()
    held, over = here.begin(2), here.begin(4)
    here.end(over)
    given = here.give(CALL)
    clock = SystemClock()
    with pytest.raises(QuestionRefused):
        await notes.write(here.database, line, clock, "g1", alarm, "call 13800138000", LEADER)
    written = await notes.write(here.database, line, clock, "g1", alarm, NOTE, LEADER)
    assert written.waits
    assert [note.note for note in here.notes(alarm)] == [NOTE]
    assert here.states(held) == here.plan_states() == [SiteState.WAITING]
    await here.site.gateway.start()
    await until(lambda: here.states(held) == [SiteState.CONFIRMED])
    await until(lambda: here.plan_states() == [SiteState.CONFIRMED])
    await until(lambda: here.notes(alarm) == [])
    (there,) = ask_gateway(here.state, ListLevels()).levels
    assert there.level == 2
    assert there.left_s <= 3600
    assert here.plans_there() == [given]
    here.end(held)
    await until(lambda: not ask_gateway(here.state, ListLevels()).levels)
    begun = [body.level for body in here.bodies(Type.LEVEL) if isinstance(body, LevelBody)]
    assert begun == [3, 2], "each once, and none that was over before the gateway came"


async def _told_again(here: District1, alarm: int) -> None:
    """What is told again after a lost answer is done once, and a lost plan is given again."""
    with here.database.transaction() as connection:
        connection.execute("UPDATE notes SET delivered_ms = NULL")
    await until(lambda: here.notes(alarm) == [])
    found = [body for body in here.bodies(Type.ACTION) if isinstance(body, ActionBody)]
    assert [(body.note, body.who) for body in found] == [(NOTE, "op-7")]
    assert found[0].written_ms > 0, "it came late"
    (here.state / FILE).unlink()
    given = here.give(CALL, SEND)
    with here.database.transaction() as connection:
        connection.execute("UPDATE area_plan_looks SET looked_ms = 0")
    await until(lambda: here.plans_there() == [given])
    with here.database.transaction() as connection:
        plans.remove(connection, XIHU, "panic", None, LEADER, SystemClock().wall_ms())
    await until(lambda: here.plans_there() == [])
