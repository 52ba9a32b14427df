"""Plans with versions: who wrote which, what an open alarm keeps, and what is wrong with one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_console.database import Database, file_in
from callpoint_console.given_book import GivenBook
from callpoint_console.plan_book import (
    Outdated,
    PlanBook,
    PlanKey,
    difference,
    keys_of,
    missing_in,
)
from callpoint_console.plans import Plan
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.plan_check import MOST_STEPS, mistakes
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.given_plans import FILE, GivenPlansFile
from callpoint_protocol import names

from ..accounts.office import ManualClock

REGISTER = Register(
    [Place(id="flat"), Place(id="school", profile=Profile.SCHOOL)],
    [
        Device(id="a", place="flat", zone=[Zone(zone=1, kind="panic")]),
        Device(id="b", place="school", zone=[Zone(zone=1, kind="smoke")]),
    ],
)
FLAT, SCHOOL = PlanKey(names.PANIC, Profile.ESTATE), PlanKey(names.SMOKE, Profile.SCHOOL)
CALL = PlanStep("call", "Call them", "致电")
SEND = PlanStep("send", "Send somebody", "派人", Action.DISPATCH)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(file_in(tmp_path), SUBJECTS)
    yield opened
    opened.close()


@pytest.fixture
def book(database: Database, clock: ManualClock) -> PlanBook:
    return PlanBook(database, REGISTER, clock)


def test_the_profile_of_the_place_decides(book: PlanBook) -> None:
    assert book.plan_for(names.SMOKE, "flat") != book.plan_for(names.SMOKE, "school")
    assert book.plan_for(names.SMOKE, "school") == book.versions(SCHOOL)[0].plan
    assert book.plan_for(names.SMOKE, "no such place") == book.plan_for(names.SMOKE, "flat")
    assert set(keys_of(REGISTER)) == {FLAT, SCHOOL}


def test_an_open_alarm_keeps_the_version_with_which_it_began(
    book: PlanBook, clock: ManualClock
) -> None:
    shipped = book.plan_for(names.PANIC, "flat", clock.wall_ms())
    opened = [clock.wall_ms()]
    for number in (1, 2):
        clock.advance(60)
        book.save(FLAT, [CALL, SEND][:number], "lin", number - 1)
        opened.append(clock.wall_ms())
    found = [book.plan_for(names.PANIC, "flat", at_ms) for at_ms in opened]
    assert found == [shipped, Plan((CALL,), 1), Plan((CALL, SEND), 2)]
    assert book.plan_for(names.PANIC, "flat", opened[0] - 10**9) == shipped


def test_every_version_is_kept_and_any_can_come_back(
    book: PlanBook, database: Database, clock: ManualClock
) -> None:
    shipped = book.versions(FLAT)[0].plan
    book.save(FLAT, [CALL], "lin", 0)
    clock.advance(-3600)
    book.save(FLAT, [SEND], "wang", 1)
    book.back_to(FLAT, 0, "lin", 2)
    again = PlanBook(database, REGISTER, clock)
    found = again.versions(FLAT)
    assert [(each.plan.version, each.who) for each in found] == [
        (3, "lin"),
        (2, "wang"),
        (1, "lin"),
        (0, ""),
    ]
    assert found == book.versions(FLAT)
    assert list(found[0].plan.step) == list(shipped.step)
    moments = [each.at_ms for each in found]
    assert moments == sorted(moments, reverse=True), "also when the clock was set back"
    with pytest.raises(KeyError):
        book.back_to(FLAT, 9, "lin", 3)
    assert len(again.versions(SCHOOL)) == 1


def test_of_two_who_write_at_once_the_second_is_told(book: PlanBook) -> None:
    book.save(FLAT, [CALL], "lin", 0)
    with pytest.raises(Outdated):
        book.save(FLAT, [SEND], "wang", 0)
    assert book.versions(FLAT)[0].who == "lin"


def test_a_difference_names_what_is_new_and_what_is_gone() -> None:
    other = PlanStep("call", "Call them twice", "致电两次")
    more = PlanStep("end", "End", "结束", Action.RESOLVE)
    found = difference(Plan((CALL, SEND)), Plan((other, SEND, more), 1))
    assert [(each.sign, each.step) for each in found] == [
        ("-", CALL),
        ("+", other),
        (" ", SEND),
        ("+", more),
    ]


NORTH = ("Hangzhou", "Xihu", "North")


def test_the_sites_own_plan_goes_before_the_smallest_area_and_that_before_what_was_shipped(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    register = Register([Place(id="flat", city=NORTH[0], district=NORTH[1], street=NORTH[2])], [])
    given = GivenPlansFile(tmp_path / FILE, clock)
    book = PlanBook(database, register, clock, GivenBook(tmp_path))
    shipped = book.plan_for(names.PANIC, "flat")
    opened = clock.wall_ms()
    clock.advance(60)
    given.give(NORTH[:2], names.PANIC, None, [CALL], "op-7", "district")
    assert book.plan_for(names.PANIC, "flat") == Plan((CALL,), given=NORTH[:2])
    assert book.plan_for(names.SMOKE, "flat").given is None
    clock.advance(60)
    given.give(NORTH, names.PANIC, None, [CALL], "op-9", "c1.district")
    given.give(NORTH, names.PANIC, None, [SEND], "op-7", "district")
    given.give(NORTH, names.PANIC, Profile.SCHOOL, [CALL], "op-7", "district")
    assert book.plan_for(names.PANIC, "flat") == Plan((SEND,), given=NORTH)
    assert book.plan_for(names.PANIC, "flat", opened) == shipped, "it began before"
    assert [plan.area for plan in book.given(FLAT)] == [NORTH[:2], NORTH, NORTH]
    clock.advance(60)
    moment = clock.wall_ms()
    clock.advance(60)
    book.save(FLAT, [CALL, SEND], "lin", 0)
    assert book.plan_for(names.PANIC, "flat") == Plan((CALL, SEND), 1)
    given.take_back(NORTH, names.PANIC, None, "district")
    assert book.plan_for(names.PANIC, "flat", moment) == Plan((SEND,), given=NORTH)
    (tmp_path / FILE).write_text("no database")
    assert book.plan_for(names.PANIC, "flat", moment) == Plan((SEND,), given=NORTH)


def test_a_kind_without_a_plan_is_named(book: PlanBook, database: Database) -> None:
    assert book.without() == []
    assert missing_in(database.file, REGISTER) == []
    book.save(SCHOOL, [], "lin", 0)
    assert book.without() == [SCHOOL]
    assert missing_in(database.file, REGISTER) == [SCHOOL]


def test_where_the_file_cannot_be_read_the_shipped_plans_count(tmp_path: Path) -> None:
    assert missing_in(tmp_path / "none.sqlite3", REGISTER) == []
    assert not (tmp_path / "none.sqlite3").exists()
    (tmp_path / "other.sqlite3").write_text("no database")
    assert missing_in(tmp_path / "other.sqlite3", REGISTER) == []
    sqlite3.connect(tmp_path / "empty.sqlite3").close()
    assert missing_in(tmp_path / "empty.sqlite3", REGISTER) == []


def test_config_check_names_a_kind_without_a_plan(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    )
    (tmp_path / "register.toml").write_text(
        '[[place]]\nid = "room"\nprofile = "school"\n[[device]]\nid = "a"\nplace = "room"\n'
        '[[device.zone]]\nzone = 1\nkind = "smoke"\n'
    )
    checked = ["config", "check", "-c", str(tmp_path / "gateway.toml")]
    before = CliRunner().invoke(main, checked)
    assert before.exit_code == 0, before.output
    assert "no action plan" not in before.output
    assert not file_in(tmp_path / "state").exists(), "a check makes no file"
    database = Database(file_in(tmp_path / "state"), SUBJECTS)
    PlanBook(database, REGISTER, clock).save(SCHOOL, [], "lin", 0)
    database.close()
    after = CliRunner().invoke(main, checked)
    assert "an alarm of kind smoke (school) has no action plan" in after.output
    chinese = CliRunner().invoke(main, ["--lang", "zh", *checked])
    assert "没有处置预案" in chinese.output


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([CALL, SEND], []),
        ([], []),
        ([CALL, CALL], [("id_twice", 2)]),
        ([PlanStep("a", "", "致电")], [("no_english", 1)]),
        ([PlanStep("a", "Call", "Call")], [("no_chinese", 1)]),
        ([PlanStep("A b", "Call", "致电")], [("bad_id", 1)]),
        ([PlanStep("a13800138000", "Call", "致电")], [("bad_id", 1)]),
        ([PlanStep("a", "Call 13800138000", "致电")], [("person", 1)]),
        ([PlanStep("a", "Call\n", "致电")], [("bad_text", 1)]),
        ([PlanStep("a", "Call" * 60, "致电")], [("bad_text", 1)]),
        ([PlanStep("a", "There", "到场", Action.ARRIVE)], [("order", 1)]),
        ([PlanStep("a", "Over", "完成", Action.RESOLVE), SEND], [("order", 2)]),
        ([PlanStep("a", "Close", "结案", Action.CLOSE)], [("bad_action", 1)]),
        ([PlanStep("a", "Take", "确认", Action.ACKNOWLEDGE)], [("bad_action", 1)]),
        ([CALL] * (MOST_STEPS + 1), [("too_many", MOST_STEPS)]),
    ],
)
def test_what_is_wrong_with_a_plan(steps: list[PlanStep], wrong: list[tuple[str, int]]) -> None:
    assert mistakes(steps) == wrong
