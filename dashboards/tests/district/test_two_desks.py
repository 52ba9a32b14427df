"""A real gateway, its own console, and an operator of the district beside one of the site."""

import asyncio
import sys
from pathlib import Path

import pytest

from callpoint_console.accounts.looks import Look, LookStore
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.database import Database as ConsoleFile
from callpoint_console.database import file_in
from callpoint_console.plan_book import PlanBook, PlanKey
from callpoint_console.schema import SUBJECTS as CONSOLE_SUBJECTS
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action
from callpoint_people.person import Person as PersonRecord
from callpoint_people.person import Responsibility
from callpoint_people.store import PeopleStore
from callpoint_protocol import names
from callpoint_rig.console_part import ConsolePart
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig

from ..accounts.office import ManualClock
from .shown_district import Person, ShownDistrict
from .written_district import WrittenDistrict

pytestmark = pytest.mark.end_to_end

SOON_S = 90.0
PANIC = PlanKey(names.PANIC, Profile.ESTATE)
GATE = PlanStep("gate", "Call the gatehouse", "通知门岗")
NAME, PHONE = "Zhao Xiaoman", "13800000101"


class BothDesks:
    """A site with a button and a console, and its district with a console."""

    def __init__(self, folder: Path, district: WrittenDistrict) -> None:
        self.folder, self.clock = folder, district.clock
        self.engine, self.rig = Engine(folder, free_port()), Rig(folder)
        self.rig.sections += ["[upstream]", 'district = "d1"', 'gateway = "g1"']
        self.rig.sections += [f'servers = ["{self.engine.address}"]']
        self.rig.sections += ['questions = ["alarm", "alarms", "household"]']
        self.console = ConsolePart(self.rig)
        zones = [{"zone": 7, "kind": "panic", "input": "button"}]
        self.board = self.rig.board("button", zones)
        config = folder / "district.toml"
        config.write_text(
            f'district = "d1"\nservers = ["{self.engine.address}"]\n'
            f'database = "{district.address}"\n',
            encoding="utf-8",
        )
        run = [sys.executable, "-m", "callpoint_cli.main", "district", "run", "-c", str(config)]
        self.keeping = Part("district", folder, run, None)
        self.shown = ShownDistrict(folder / "console", district, self.engine.address)

    async def acknowledged_at_the_site(self, number: int) -> bool:
        """Acknowledge an alarm there; say whether it was done."""
        question = ActOnAlarm(alarm=number, action=Action.ACKNOWLEDGE)
        try:
            await ask_async(self.rig.state_dir, question, role=Role.OPERATOR)
        except QuestionRefused:
            return False
        return True

    def move_in(self) -> None:
        """Store a resident at the site."""
        resident = PersonRecord(
            name=NAME, language="en", consent_on="2026-03-01", addresses={"phone": PHONE}
        )
        with PeopleStore(self.rig.state_dir) as store:
            store.add(resident, [Responsibility("resident", "button")])

    def write_plan(self) -> None:
        """Have the site's console keep a plan that was written before any alarm."""
        file = ConsoleFile(file_in(self.rig.state_dir), CONSOLE_SUBJECTS)
        clock = ManualClock()
        clock.wall = 1000
        try:
            PlanBook(file, Register([], []), clock).save(PANIC, [GATE], "lin", 0)
        finally:
            file.close()

    def looks_at_the_site(self) -> list[Look]:
        """Return the site's record of looks."""
        file = ConsoleFile(file_in(self.rig.state_dir), SUBJECTS)
        try:
            return LookStore(file, self.clock).looks()
        finally:
            file.close()

    def files_with(self, text: str) -> list[Path]:
        """Return the files of all parts that have a text in clear."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return [file for file in files if text.encode() in file.read_bytes()]


async def acknowledged(person: Person, number: int) -> bool:
    """Acknowledge an alarm at the district; say whether it was done."""
    answer = await person.form(f"/sites/g1/alarm/{number}/acknowledge")
    assert answer.status_code in (204, 409), answer.text
    return answer.status_code == 204


async def take_it_both(both: BothDesks, person: Person, number: int) -> None:
    """Two operators take one alarm: one of them has it, the other is refused."""
    here, there = await asyncio.gather(
        acknowledged(person, number), both.acknowledged_at_the_site(number)
    )
    assert here != there
    await both.board.until_lamp("operator", SOON_S)
    await person.until("/sites/g1/", f"seen by {'op-7' if here else 'operator'}")
    # Each further step is the same desk's.
    assert (await person.form(f"/sites/g1/alarm/{number}/dispatch")).status_code == 204
    answer = await person.form(f"/sites/g1/alarm/{number}/dispatch")
    assert answer.status_code == 409
    assert answer.text


async def look_at_the_household(both: BothDesks, person: Person, number: int) -> None:
    """The names are at the site: they are shown, kept nowhere else, and the look is on record.

    The plan that the site has written is on the card at the district.
    """
    path = f"/sites/g1/operator/alarm/{number}/household"
    refused = await person.form(path)
    assert refused.status_code == 409
    assert "console does not answer" in refused.text
    both.move_in()
    both.write_plan()
    card = f"/sites/g1/operator/alarm/{number}"
    assert GATE.en not in (await person.open(card)).text
    await both.console.start()
    try:
        # The console tells its gateway, which tells the district.
        assert "version 1" in await person.until(card, GATE.en)
        step = await person.form(f"/sites/g1/alarm/{number}/step/{GATE.id}")
        assert step.status_code == 204, step.text
        async with asyncio.timeout(SOON_S):
            while True:
                if (answer := await person.form(path)).status_code != 409:
                    break
                await asyncio.sleep(0.1)
        assert answer.status_code == 200
        assert NAME in answer.text
        assert PHONE in answer.text
        assert answer.headers["cache-control"] == "no-store"
        viewer = both.shown.person("watcher", Grant(Role.VIEWER))
        assert (await viewer.form(path)).status_code == 403
    finally:
        await both.console.stop()
    seen = {(each.account, each.what, each.place, each.alarm) for each in both.looks_at_the_site()}
    assert seen == {("district:op-7", "household", "button", number)}
    (look,) = both.shown.accounts.looks.looks()
    assert (look.account, look.what, look.place) == ("op-7", "household", "g1: button")
    for part in (both.keeping, both.engine, both.rig.gateway, both.console):
        assert NAME not in part.printed()
        assert PHONE not in part.printed()
    assert both.files_with(NAME) == []


def test_an_operator_of_the_district_works_beside_one_of_the_site(
    tmp_path: Path, district: WrittenDistrict
) -> None:
    both = BothDesks(tmp_path, district)

    async def play() -> None:
        await both.engine.start()
        await both.keeping.start()
        try:
            async with both.rig, both.shown.running():
                person = both.shown.person("op-7", Grant(Role.OPERATOR))
                await both.board.until_up(SOON_S)
                await both.board.press("button")
                page = await person.until("/sites/g1/", 'id="alarm-')
                number = int(page.split('id="alarm-')[1].split('"')[0])
                await take_it_both(both, person, number)
                await look_at_the_household(both, person, number)
        finally:
            await both.keeping.stop()
            await both.engine.stop()

    try:
        asyncio.run(play())
    finally:
        both.shown.close()
