"""Action plans: one for each kind of alarm, in both languages, and how far an alarm has come."""

import re
import tomllib

import msgspec
import pytest

from callpoint_console.plans import (
    SHIPPED,
    Plan,
    ShippedPlans,
    progress,
    step_of_note,
)
from callpoint_gateway.alarms.plan_check import mistakes
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_protocol import names

from .estate import Estate

PLANS = ShippedPlans()


def chinese(text: str) -> bool:
    return bool(re.search("[\u4e00-\u9fff]", text))


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("kind", PRIORITIES, ids=lambda kind: names.KINDS[kind])
def test_each_kind_of_alarm_has_a_plan_in_both_languages(kind: int, profile: Profile) -> None:
    plan = PLANS.plan(kind, profile)
    assert len(plan.step) >= 3
    assert mistakes(plan.step) == []
    for step in plan.step:
        assert step.en.isascii()
        assert chinese(step.zh)
        privacy.note(step.note)
    actions = [step.action for step in plan.step if step.action]
    assert actions == [Action.DISPATCH, Action.ARRIVE, Action.RESOLVE]


def test_every_file_is_of_a_kind_and_a_profile() -> None:
    kinds = {names.KINDS[kind] for kind in PRIORITIES}
    for file in SHIPPED.rglob("*.toml"):
        assert file.stem in kinds
        assert file.parent.name in {"general", *Profile}
        assert "version" not in tomllib.loads(file.read_text("utf-8"))


def test_panic_sends_somebody_first_and_smoke_begins_with_one_call() -> None:
    assert PLANS.plan_for(names.PANIC, "").step[0].action is Action.DISPATCH
    assert [step.id for step in PLANS.plan_for(names.SMOKE, "").step[:2]] == ["call", "dispatch"]


def test_a_kind_without_a_plan_has_no_steps() -> None:
    assert PLANS.plan_for(names.BATTERY, "").step == ()


def test_a_step_of_an_unknown_action_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"step": [{"id": "x", "en": "x", "zh": "x", "action": "fly"}]}, Plan)


def test_a_case_goes_through_its_plan(site: Estate) -> None:
    plan = PLANS.plan_for(names.SMOKE, "")
    number = site.event("button-1-101", kind=names.SMOKE, zone=2)

    def stands() -> list[str]:
        with site.source.live() as live:
            (alarm,) = live.situation().alarms
            return [
                "done" if state.by else "now" if state.current else "-"
                for state in progress(plan, alarm)
            ]

    assert stands() == ["-"] * 5, "nobody has it yet"
    site.act(number, Action.ACKNOWLEDGE)
    assert stands() == ["now", "-", "-", "-", "-"]
    site.note(number, plan.step[0].note)
    assert stands() == ["done", "now", "-", "-", "-"]
    site.act(number, Action.DISPATCH)
    site.act(number, Action.RESOLVE)
    assert stands() == ["done", "done", "now", "-", "done"], "what is over is not asked for"
    site.act(number, Action.CLOSE, cause=Cause.REAL)


def test_a_note_names_a_step_only_in_its_own_form() -> None:
    plan = Plan((PlanStep("call", "Call", "致电"),))
    assert step_of_note(plan, "step:call") == plan.step[0]
    assert step_of_note(plan, "call") is None
    assert step_of_note(plan, "step:other") is None
