"""A backup and its restore bring back plans, storey plans with their devices, and codes."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_console.database import Database, file_in
from callpoint_console.plan_book import PlanKey
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import Stores, stores_of
from callpoint_console.storeys.store import picture_of
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.upstream.given_plans import FILE, GivenPlansFile
from callpoint_protocol import names

from ..accounts.office import ManualClock
from .estate import Estate
from .test_pictures_are_harmless import RECT, drawing

KEY = PlanKey(names.PANIC, Profile.BANK)
BUILDING = ("幸福小区", "1")


def opened(state: Path, site: Estate) -> Stores:
    database = Database(file_in(state), SUBJECTS)
    return stores_of(database, site.register, ManualClock(), ConsoleSettings())


def test_a_restore_brings_back_plans_storeys_and_codes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    )
    site = Estate(state)
    stores = opened(state, site)
    stores.plans.save(KEY, [PlanStep("call", "Call", "致电")], "lin", 0)
    given = GivenPlansFile(state / FILE, ManualClock())
    given.give((), names.GAS, None, [PlanStep("call", "Call", "致电")], "op-7", "district")
    plans = given.in_force("district")
    number = stores.storeys.upload(BUILDING, "3F", picture_of(drawing(RECT)), "lin")
    stores.storeys.place("button-1-101", number, 0.25, 0.5)
    picture, codes = stores.storeys.picture(number), stores.codes.all()
    versions, positions = stores.plans.versions(KEY), stores.storeys.positions
    copy = tmp_path / "copy"
    # The console and the gateway run meanwhile.
    made = CliRunner().invoke(main, ["backup", str(copy), "-c", str(config)])
    assert made.exit_code == 0, made.output
    stores.plans.save(KEY, [], "wang", 1)
    stores.database.close()
    site.close()
    shutil.rmtree(state)
    state.mkdir()
    restored = CliRunner().invoke(main, ["restore", str(copy), "-c", str(config)])
    assert restored.exit_code == 0, restored.output
    again = opened(state, site)
    assert again.plans.versions(KEY) == versions
    assert given.in_force("district") == plans
    assert again.storeys.positions == positions
    assert again.storeys.picture(number) == picture
    assert again.codes.all() == codes, "labels on walls still lead to their pages"
    again.database.close()
