"""What a plan must fulfil before anybody works by it."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from callpoint_gateway.alarms.case import STEPS, Handling
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration import privacy
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.words.said import Said, said

MOST_STEPS: Final = 20
LONGEST: Final = privacy.MAX_NOTE
#: What a step may do; who acknowledges has the alarm already, and closing needs a cause.
ACTIONS: Final = (Action.DISPATCH, Action.ARRIVE, Action.REINFORCE, Action.RESOLVE)
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,23}")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_LATIN: Final = re.compile("[A-Za-z]")


class Mistake(NamedTuple):
    """What is wrong with a step, the first of which is 1."""

    what: str
    step: int

    @property
    def why(self) -> Said:
        """What is wrong, and what to do."""
        return said(f"step.{self.what}", step=self.step)


def mistakes(steps: Sequence[PlanStep]) -> list[Mistake]:
    """Return what is wrong with the steps of a plan, in their order. No steps: no plan."""
    if len(steps) > MOST_STEPS:
        return [Mistake("too_many", MOST_STEPS)]
    found: list[Mistake] = []
    seen: set[str] = set()
    handling = Handling.ACKNOWLEDGED
    for number, step in enumerate(steps, 1):
        found += [Mistake(key, number) for key in _alone(step)]
        if step.id in seen:
            found.append(Mistake("id_twice", number))
        seen.add(step.id)
        if step.action in ACTIONS:
            states, after = STEPS[step.action]
            if handling not in states:
                found.append(Mistake("order", number))
            handling = after or handling
    return found


def _alone(step: PlanStep) -> list[str]:
    found = []
    if not _ID.fullmatch(step.id) or privacy.personal(step.note):
        found.append("bad_id")
    if not _LATIN.search(step.en):
        found.append("no_english")
    if not _HAN.search(step.zh):
        found.append("no_chinese")
    for text in (step.en, step.zh):
        if len(text) > LONGEST or not (text.isprintable() or not text):
            found.append("bad_text")
        elif privacy.personal(text):
            found.append("person")
    if step.action is not None and step.action not in ACTIONS:
        found.append("bad_action")
    return list(dict.fromkeys(found))
