"""The form of an action plan: its rows as they are typed, and the steps that they mean."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.datastructures import FormData

from callpoint_gateway.alarms.plan_check import ACTIONS, MOST_STEPS, Mistake, mistakes
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.journal.entries import Action

_EMPTY_ROWS: Final = 3


class Typed(msgspec.Struct, frozen=True):
    """A row of the form, as it was typed."""

    order: str
    id: str = ""
    action: str = ""
    en: str = ""
    zh: str = ""


def form_rows(steps: Sequence[PlanStep], typed: Sequence[Typed] = ()) -> list[Typed]:
    """Return the rows of the form: what was typed, else the steps; then some empty ones."""
    rows = list(typed) or [
        Typed(str(number), step.id, step.action or "", step.en, step.zh)
        for number, step in enumerate(steps, 1)
    ]
    empty = min(_EMPTY_ROWS, max(0, MOST_STEPS - len(rows)))
    return [*rows, *(Typed(str(len(rows) + number + 1)) for number in range(empty))]


def typed_rows(form: FormData) -> list[Typed]:
    """Return the rows that have a text, in the order of their numbers."""
    names_of = ("order", "id", "action", "en", "zh")
    columns = [[str(value).strip() for value in form.getlist(name)] for name in names_of]
    rows = [Typed(*row) for row in zip(*columns, strict=False)]
    return sorted((row for row in rows if row.en or row.zh), key=_number)


def _number(row: Typed) -> float:
    try:
        number = float(row.order)
    except ValueError:
        return 0.0
    return number if abs(number) < 1e6 else 0.0  # also not a number that cannot be compared


def steps_in(rows: Sequence[Typed]) -> tuple[list[PlanStep], list[Mistake]]:
    """Return the steps, and what is wrong with them. A step without a short name gets one."""
    taken, steps, wrong = {row.id for row in rows}, [], []
    for number, row in enumerate(rows, 1):
        id = row.id or next(
            name for n in range(100) if (name := f"step_{number + n}") not in taken
        )
        taken.add(id)
        action = Action(row.action) if row.action in ACTIONS else None
        if row.action and action is None:
            wrong.append(Mistake("bad_action", number))
        steps.append(PlanStep(id, row.en, row.zh, action))
    return steps, [*wrong, *mistakes(steps)]
