"""What a plan that a district gives must be: the same rules at the district and at the site."""

from collections.abc import Sequence
from typing import Final

from callpoint_gateway.alarms.plan_check import mistakes
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.words.said import said
from callpoint_protocol import names

#: The kinds of alarm that a plan may be for, by name.
KINDS: Final = {names.KINDS[code]: code for code in PRIORITIES}


def kind_of(name: str) -> int:
    """Return the code of a kind of alarm. QuestionRefused: there is no such kind."""
    if name not in KINDS:
        raise QuestionRefused(said("desk.no_kind", kind=name, valid=", ".join(KINDS)))
    return KINDS[name]


def check(steps: Sequence[PlanStep]) -> None:
    """Refuse steps by which nobody could work. QuestionRefused: it says what is wrong."""
    if not steps:
        raise QuestionRefused(said("given.empty"))
    if wrong := mistakes(steps):
        raise QuestionRefused(wrong[0].why)
