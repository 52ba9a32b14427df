"""What every page says above all else: no gateway, an exercise, a response level, a duty check."""

from typing import Final

import msgspec

from callpoint_console.views.context import Context
from callpoint_console.views.running import running_exercises
from callpoint_console.work.roles import WORKERS
from callpoint_gateway.alarms.situation import LevelRow
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.control.roles import DESK

# Where a gateway is elsewhere, all that is known is that it is not heard.
_STOPPED: Final = {False: "page.stopped", True: "page.unheard"}


class WaitingHandOver(msgspec.Struct, frozen=True):
    """A hand-over that waits for a signature; ``may_sign``: somebody of this scope may sign."""

    number: int
    text: str
    may_sign: bool


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """The lines above a page. ``stopped``: that there is no gateway, "" if there is.

    ``duty``: the centres that ask whether anybody is there. ``shifts``: who is on shift;
    ``hand_overs``: those that nobody has signed for. ``trouble``: why a changed configuration is
    not used, for those who work with the site.
    """

    stopped: str
    trouble: str
    exercises: tuple[str, ...]
    levels: tuple[str, ...]
    shifts: tuple[str, ...]
    hand_overs: tuple[WaitingHandOver, ...]
    duty: tuple[str, ...]
    may_answer: bool


def strip(context: Context) -> Strip:
    """Return the lines above a page."""
    situation, words = context.snapshot.situation, context.words
    exercises = tuple(
        words("manager.exercise", what=runs.what, where=runs.where, until=runs.until)
        for runs in running_exercises(context)
    )
    levels = [
        words(
            "operator.level",
            level=words.level(level.level),
            area=level.area or words("operator.whole_site"),
            until=context.clock(level.until_ms),
            reason=level.reason,
        )
        for level in levels_of(context)
    ]
    duty = [fault.source for fault in situation.faults if fault.source.endswith("/duty")]
    return Strip(
        stopped=_stopped(context),
        trouble=_trouble(context),
        exercises=exercises,
        levels=tuple(levels),
        shifts=_shifts(context),
        hand_overs=tuple(
            WaitingHandOver(
                each.number,
                words("shift.waits", who=each.login, time=context.clock(each.made_ms)),
                context.has(DESK, each.handed.areas),
            )
            for each in context.work.hand_overs
        ),
        duty=tuple(source.split("/")[1] for source in duty),
        may_answer=context.may(AnswerDuty),
    )


def _stopped(context: Context) -> str:
    if context.retired:
        return context.words("page.retired", since=context.retired)
    if context.snapshot.gateway is not False:
        return ""
    return context.words(_STOPPED[context.elsewhere])


def _trouble(context: Context) -> str:
    if context.trouble is None or not context.scope.areas(WORKERS):
        return ""
    return context.words("page.not_reloaded", why=context.words.told(context.trouble))


def _shifts(context: Context) -> tuple[str, ...]:
    words, shifts = context.words, context.work.shifts
    if not shifts and context.work.kept and context.scope.areas(DESK):
        return (words("shift.nobody"),)
    return tuple(
        words("shift.on", who=shift.login, since=context.clock(shift.since_ms)) for shift in shifts
    )


def levels_of(context: Context) -> list[LevelRow]:
    """Return the response levels in force that concern a place of the visitor."""
    site, areas = context.site, context.scope.areas()
    return [
        level
        for level in context.snapshot.situation.levels
        if not level.area
        or site.in_areas(level.area, areas)
        or any(site.in_areas(area, frozenset({level.area})) for area in areas)
    ]
