"""What a district says for an area reaches a real gateway there, also when it was away."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_district.areas import levels, plans
from callpoint_district.areas.desks import turns_of
from callpoint_district.areas.territory import gateways_in
from callpoint_district.areas.told import AtSite, SiteState
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites import notes
from callpoint_district.sites.asking import AskingLine
from callpoint_district.sites.standing import open_alarms
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import ask as ask_gateway
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, ActionBody, LevelBody, Mark, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.supervision.questions import (
    BeginInhibit,
    EndLevel,
    ListInhibits,
    ListLevels,
)
from callpoint_gateway.upstream.given_plans import FILE, read
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM, Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 90.0
LEADER = By("op-7", Role.SUPERVISOR, "district")
XIHU = ("Hangzhou", "Xihu")
CALL = PlanStep("call", "Call the street", "致电街道")
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
        config = folder / "district.toml"
        config.write_text(
            f'district = "d1"\nservers = ["{self.engine.address}"]\ndatabase = "{address}"\n'
            'areas = "areas.toml"\n',
            encoding="utf-8",
        )
        run = [sys.executable, *PROGRAM, "district", "run", "-c", str(config)]
        self.process = Part("district", folder, run, None)
        self.database = Database(address)
        self.settings = District(district="d1", servers=[self.engine.address], database=address)
        self.state = folder / "state"

    def sites(self, level: int) -> list[AtSite]:
        """Return how far the gateways are with a level."""
        with self.database.transaction() as connection:
            found = levels.listed(connection, 0, ended_after_ms=0)
            return next(each.sites for each in found if each.number == level)

    def states(self, level: int) -> list[SiteState]:
        return [site.state for site in self.sites(level)]

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
                await here.board.press("button")
                await until(lambda: len(open_alarms(database)) == 1)
                (alarm,) = open_alarms(database)
                await _asked(here, line)
                await until(lambda: _knows_the_area(database))
                await _levels(here)
                await _plans(here)
                await _late_note(here, line, alarm.alarm)
                with database.transaction() as connection:
                    turns = turns_of(connection, [("g1", alarm.alarm)])["g1", alarm.alarm]
                assert [turn.desk for turn in turns] == ["beishan"]
        finally:
            await line.close()
            await here.process.stop()
            await here.engine.stop()

    asyncio.run(play())
    here.database.close()


def _knows_the_area(database: Database) -> bool:
    with database.transaction() as connection:
        return gateways_in(connection, XIHU) == ["g1"]


async def _asked(here: District1, line: AskingLine) -> None:
    """What the site lets its district do is done; all else is refused with words."""
    held = BeginInhibit(device="button", for_s=60, reason="new button")
    begun = await line.ask("g1", held, LEADER)
    assert (begun.role, begun.device) == ("op-7", "button")
    listed = await line.ask("g1", ListInhibits(), LEADER)
    assert [each.number for each in listed.inhibits] == [begun.number]
    with pytest.raises(QuestionRefused, match="exercise-start"):
        await line.ask("g1", StartExercise(mark=Mark.DRILL, seconds=60), LEADER)
    with pytest.raises(QuestionRefused, match="not connected"):
        await line.ask("g9", ListInhibits(), LEADER)


def _begin(here: District1, level: int) -> int:
    with here.database.transaction() as connection:
        now_ms = SystemClock().wall_ms()
        begun = levels.begin(connection, XIHU, level, 3600, "storm", LEADER, now_ms)
    return begun.number


async def _levels(here: District1) -> None:
    first = _begin(here, 3)
    await until(lambda: here.states(first) == [SiteState.CONFIRMED])
    (there,) = ask_gateway(here.state, ListLevels()).levels
    assert (there.area, there.level, there.who) == ("Hangzhou / Xihu", 3, "op-7")
    # A person of the site ends it: that is shown, and it is not begun again.
    ask_gateway(here.state, EndLevel(number=there.number))
    await until(lambda: here.states(first) == [SiteState.CHANGED])
    assert here.sites(first)[0].by == "supervisor"
    await here.site.gateway.stop()
    second, third = _begin(here, 2), _begin(here, 4)
    with here.database.transaction() as connection:
        levels.end(connection, third, LEADER, SystemClock().wall_ms())
    assert here.states(second) == [SiteState.WAITING]
    await here.site.gateway.start()
    await until(lambda: here.states(second) == [SiteState.CONFIRMED])
    (there,) = ask_gateway(here.state, ListLevels()).levels
    assert there.level == 2
    assert there.left_s <= 3600
    with here.database.transaction() as connection:
        levels.end(connection, second, LEADER, SystemClock().wall_ms())
    await until(lambda: not ask_gateway(here.state, ListLevels()).levels)
    begun = [body.level for body in here.bodies(Type.LEVEL) if isinstance(body, LevelBody)]
    assert begun == [3, 2], "each once, and none that was over before the gateway came"


def _plan_states(here: District1) -> list[tuple[str, SiteState]]:
    with here.database.transaction() as connection:
        return [
            (site.gateway, site.state) for plan in plans.listed(connection) for site in plan.sites
        ]


async def _plans(here: District1) -> None:
    """A gateway has what is given to its area, also when it was away or its file is lost."""

    def there() -> list[str]:
        return [plan.digest for plan in read(here.state / FILE) if plan.until_ms is None]

    with here.database.transaction() as connection:
        now_ms = SystemClock().wall_ms()
        given = plans.give(connection, XIHU, "panic", None, [CALL], LEADER, now_ms)
    await until(lambda: _plan_states(here) == [("g1", SiteState.CONFIRMED)])
    assert there() == [given.digest]
    await here.site.gateway.stop()
    with here.database.transaction() as connection:
        given = plans.give(connection, XIHU, "panic", None, [CALL, SEND], LEADER, now_ms)
    assert _plan_states(here) == [("g1", SiteState.WAITING)]
    await here.site.gateway.start()
    await until(lambda: _plan_states(here) == [("g1", SiteState.CONFIRMED)])
    assert there() == [given.digest]
    (here.state / FILE).unlink()
    with here.database.transaction() as connection:
        connection.execute("UPDATE area_plan_looks SET looked_ms = 0")
    await until((here.state / FILE).exists)
    await until(lambda: there() == [given.digest])
    with here.database.transaction() as connection:
        plans.remove(connection, XIHU, "panic", None, LEADER, SystemClock().wall_ms())
    await until(lambda: there() == [])
    assert _plan_states(here) == []


async def _late_note(here: District1, line: AskingLine, alarm: int) -> None:
    await here.site.gateway.stop()
    clock = SystemClock()
    with pytest.raises(QuestionRefused):
        await notes.write(here.database, line, clock, "g1", alarm, "call 13800138000", LEADER)
    text = "nobody opens, the neighbour has a key"
    written = await notes.write(here.database, line, clock, "g1", alarm, text, LEADER)
    assert written.waits

    def waiting() -> list[notes.Note]:
        with here.database.transaction() as connection:
            return notes.about(connection, "g1", alarm)

    assert [note.note for note in waiting()] == [text]
    await here.site.gateway.start()
    await until(lambda: waiting() == [])
    # The answer was lost, and the district tells it again.
    with here.database.transaction() as connection:
        connection.execute("UPDATE notes SET delivered_ms = NULL")
    await until(lambda: waiting() == [])
    found = [body for body in here.bodies(Type.ACTION) if isinstance(body, ActionBody)]
    assert [(body.note, body.who, body.written_ms) for body in found] == [
        (text, "op-7", written.written_ms)
    ]
