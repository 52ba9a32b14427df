"""What every page says above all else: no gateway, an exercise, a response level, a duty check."""

import msgspec

from callpoint_console.views.context import Context
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.configuration.levels import ROMAN


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """The lines above a page. ``duty``: the centres that ask whether anybody is there."""

    stopped: bool
    exercise: str
    mark: str
    levels: tuple[str, ...]
    duty: tuple[str, ...]
    may_answer: bool
    may_exercise: bool


def strip(context: Context) -> Strip:
    """Return the lines above a page."""
    situation, words = context.snapshot.situation, context.words
    runs = situation.exercise
    exercise = ""
    if runs is not None:
        until = context.clock((situation.at_ms + runs.left_ms + 500) // 1000 * 1000)
        exercise = words("manager.exercise", what=words.mark(runs.mark.value), until=until)
    levels = [
        words(
            "operator.level",
            level=ROMAN[level.level],
            area=level.area or words("operator.whole_site"),
            until=context.clock(level.until_ms),
            reason=level.reason,
        )
        for level in situation.levels
    ]
    duty = [fault.source for fault in situation.faults if fault.source.endswith("/duty")]
    return Strip(
        stopped=context.snapshot.gateway is False,
        exercise=exercise,
        mark=runs.mark.value if runs else "",
        levels=tuple(levels),
        duty=tuple(source.split("/")[1] for source in duty),
        may_answer=context.may(AnswerDuty),
        may_exercise=context.may(StartExercise),
    )
