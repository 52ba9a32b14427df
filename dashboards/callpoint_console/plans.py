"""Action plans: what an operator does about an alarm, step by step.

A step is an action of the desk (dispatch), or something that is only noted (a call). What is done
is on record in the journal: as the action itself, or as a note that names the step.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from callpoint_gateway.alarms.case import STEPS, Handling, Step
from callpoint_gateway.alarms.plan_steps import NOTE, PlanStep
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import Action
from callpoint_protocol import names

SHIPPED: Final = Path(__file__).parent / "shipped_plans"
_GENERAL: Final = "general"  # the folder for every profile but estates


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps for one kind of alarm, in order. ``version`` 0: not written at this site.

    ``given``: the area to which a district gives it; None: it does not come from a district.
    """

    step: Sequence[PlanStep]
    version: int = 0
    given: tuple[str, ...] | None = None

    def find(self, id: str) -> PlanStep | None:
        """Return a step by its id, None if there is none."""
        return next((step for step in self.step if step.id == id), None)


class Plans(Protocol):
    """The action plans of a site."""

    def plan_for(self, kind: int, place: str, at_ms: int | None = None) -> Plan:
        """Return the plan for an alarm of a kind at a place (its id); without steps if none.

        ``at_ms``: when the alarm was opened (Unix ms); it keeps the version that was in force.
        """


class ShippedPlans:
    """The plans that come with the package, in both languages: by kind and profile of the place.

    What a profile has no plan of its own for, it has from ``general``; estates have all.
    """

    def __init__(self, register: Register | None = None) -> None:
        """Read them. msgspec.ValidationError: a file is not a plan.

        ``register``: without it every place is of an estate.
        """
        self._register = register
        self._plans: Mapping[tuple[str, str], Plan] = {
            (file.parent.name, file.stem): msgspec.convert(
                tomllib.loads(file.read_text("utf-8")), Plan
            )
            for file in SHIPPED.glob("*/*.toml")
        }

    def profile_of(self, place: str) -> Profile:
        """Return the profile of a place (its id)."""
        known = self._register.place(place) if self._register else None
        return known.profile if known else Profile.ESTATE

    def plan(self, kind: int, profile: Profile) -> Plan:
        """Return the plan for a kind at places of a profile; without steps if none was shipped."""
        name = names.KINDS.get(kind, "")
        for folder in (profile, _GENERAL):
            if (folder, name) in self._plans:
                return self._plans[folder, name]
        return Plan(())

    def plan_for(self, kind: int, place: str, at_ms: int | None = None) -> Plan:
        """Return the plan for a kind of alarm at a place; see ``Plans.plan_for``."""
        return self.plan(kind, self.profile_of(place))


class StepState(msgspec.Struct, frozen=True):
    """A step of a plan with how far it is: done by whom, the current one, or still to come."""

    step: PlanStep
    by: Step | None
    current: bool


def progress(plan: Plan, alarm: Alarm) -> list[StepState]:
    """Return the steps of a plan as they stand. Nothing is current while nobody has the alarm."""
    states: list[StepState] = []
    found = alarm.handling is Handling.NEW
    for step in plan.step:
        by = _done(step, alarm)
        passed = by is not None or (step.action is not None and not _possible(step.action, alarm))
        current = not found and not passed
        found = found or current
        states.append(StepState(step, by, current))
    return states


def step_of_note(plan: Plan, note: str) -> PlanStep | None:
    """Return the step that a note of the journal names, None if it names none."""
    return plan.find(note.removeprefix(NOTE)) if note.startswith(NOTE) else None


def _done(step: PlanStep, alarm: Alarm) -> Step | None:
    for done in alarm.steps:
        if step.action is not None and done.action is step.action:
            return done
        if step.action is None and done.note == step.note:
            return done
    return None


def _possible(action: Action, alarm: Alarm) -> bool:
    """Say whether an action can still be done, now or after those before it."""
    order = list(Handling)
    states, _ = STEPS[action]
    return any(order.index(state) >= order.index(alarm.handling) for state in states)
