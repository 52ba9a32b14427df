"""A gateway keeps the plans that its district gives, and refuses what is damaged or too much."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from callpoint_gateway.alarms.plan_steps import PlanStep, digest_of
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import Asker, By
from callpoint_gateway.control.line import Reply
from callpoint_gateway.control.question import Question, name_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.given_plans import FILE, GivenPlansFile, TooMany, read
from callpoint_gateway.upstream.plan_requests import register_requests
from callpoint_gateway.upstream.questions import GivePlan, TakePlanBack
from callpoint_protocol import names

from ..conftest import ManualClock

XIHU = ["Hangzhou", "Xihu"]
CALL = PlanStep("call", "Call the street", "致电街道")
SEND = PlanStep("send", "Send somebody", "派人", Action.DISPATCH)
REGISTER = Register([Place(id="flat", city="Hangzhou", district="Xihu", street="North")], [])


@pytest.fixture
def file(tmp_path: Path, clock: ManualClock) -> GivenPlansFile:
    return GivenPlansFile(tmp_path / FILE, clock)


def given(*steps: PlanStep, area: list[str] = XIHU, digest: str | None = None) -> GivePlan:
    return GivePlan(area=area, kind="panic", steps=list(steps), digest=digest or digest_of(steps))


def reply(tmp_path: Path, file: GivenPlansFile, question: Question[Any]) -> Reply:
    """Return what the gateway says to a question of the district's supervisor."""
    control = Control(tmp_path)
    register_requests(control, file, REGISTER)
    by = By("op-7", Role.SUPERVISOR, "district")

    async def judge(question: Question[Any]) -> Asker:
        return for_account(question, by)

    async def ask() -> Reply:
        text = msgspec.Raw(msgspec.json.encode(question))
        return await control.answer(name_of(type(question)), text, judge)

    return asyncio.run(ask())


def test_a_plan_is_replaced_and_what_was_before_is_kept(
    file: GivenPlansFile, tmp_path: Path, clock: ManualClock
) -> None:
    file.give(tuple(XIHU), names.PANIC, None, [CALL], "op-7", "district")
    clock.advance(60)
    file.give(tuple(XIHU), names.PANIC, None, [CALL, SEND], "op-8", "district")
    again = file.give(tuple(XIHU), names.PANIC, None, [CALL, SEND], "op-9", "district")
    assert (again.who, again.digest) == ("op-8", digest_of([CALL, SEND])), "nothing twice"
    plans = read(tmp_path / FILE)
    assert [(plan.steps, plan.until_ms) for plan in plans] == [
        ((CALL,), clock.wall),
        ((CALL, SEND), None),
    ]
    assert file.take_back(tuple(XIHU), names.PANIC, Profile.SCHOOL, "district") is None
    assert file.take_back(tuple(XIHU), names.PANIC, None, "district") is not None
    assert file.in_force("district") == []


def test_no_tier_changes_the_plans_of_another(file: GivenPlansFile) -> None:
    area = tuple(XIHU)
    file.give(area, names.PANIC, None, [CALL], "op-7", "district")
    file.give(area, names.PANIC, None, [SEND], "op-1", "c1.district")
    assert [plan.steps for plan in file.in_force("district")] == [(CALL,)]
    assert file.take_back(area, names.PANIC, None, "c1.district") is not None
    assert [plan.steps for plan in file.in_force("district")] == [(CALL,)]
    assert file.in_force("c1.district") == []


def test_there_is_an_end_to_how_many_plans_there_are(tmp_path: Path, clock: ManualClock) -> None:
    file = GivenPlansFile(tmp_path / FILE, clock, most=2)
    for street in ("North", "South"):
        file.give((*XIHU, street), names.PANIC, None, [CALL], "op-7", "district")
    with pytest.raises(TooMany):
        file.give(tuple(XIHU), names.PANIC, None, [CALL], "op-7", "district")
    assert "already" in reply(tmp_path, file, given(CALL)).refused
    file.give((*XIHU, "North"), names.PANIC, None, [SEND], "op-7", "district")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (given(), "one step at least"),
        (given(*[PlanStep(f"s{n}", "Call", "致电") for n in range(21)]), "At most 20"),
        (given(PlanStep("a", "Call" * 60, "致电")), "at most 200"),
        (given(PlanStep("a", "Call 13800138000", "致电")), "names no person"),
        (given(CALL, digest="0" * 64), "came damaged"),
        (given(CALL, area=["Hangzhou", "Binjiang"]), "nothing of the register"),
        (TakePlanBack(area=XIHU, kind="panic"), "no such action plan"),
        (TakePlanBack(area=XIHU, kind="battery"), "battery"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_words(
    tmp_path: Path, file: GivenPlansFile, question: Question[Any], says: str
) -> None:
    told = reply(tmp_path, file, question)
    assert says in told.refused
    assert told.why.in_("zh") != told.refused


def test_a_damaged_file_is_named(tmp_path: Path, file: GivenPlansFile) -> None:
    assert reply(tmp_path, file, given(CALL)).refused == ""
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    assert FILE in reply(tmp_path, file, given(CALL)).refused
    with pytest.raises(sqlite3.DatabaseError):
        read(tmp_path / FILE)
