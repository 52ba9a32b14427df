"""Finds the missed deadlines of an alarm, and whom the escalation ladder informs now."""

from collections.abc import Callable, Iterator
from typing import Final

from callpoint_gateway.alarms.case import Case, Handling
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import Action, EscalationBody

ACKNOWLEDGE: Final = "acknowledge"
ARRIVE: Final = "arrive"
REINFORCE: Final = "reinforce"
RESOLVE: Final = "resolve"

Age = Callable[[Stamp], int]


def deadlines(case: Case, settings: AlarmSettings) -> Iterator[tuple[str, Stamp, int]]:
    """Yield name, begin and length in ms of each deadline that is still to be met."""
    handling = case.handling
    priority = settings.priority(case.kind)
    if handling is Handling.NEW:
        yield ACKNOWLEDGE, case.opened, settings.acknowledge_s[priority - 1] * 1000
    dispatch = case.done(Action.DISPATCH)
    if dispatch is not None:
        if handling is Handling.DISPATCHED:
            yield ARRIVE, dispatch.at, settings.arrive_s * 1000
        under_way = handling in (Handling.DISPATCHED, Handling.ON_SCENE)
        if under_way and priority == 1 and case.done(Action.REINFORCE) is None:
            yield REINFORCE, dispatch.at, settings.reinforce_s * 1000
    if handling is not Handling.RESOLVED:
        yield RESOLVE, case.opened, settings.resolve_s * 1000


def missed(case: Case, settings: AlarmSettings, age: Age) -> Iterator[EscalationBody]:
    """Yield each escalation step that is due now and has not been taken.

    ``age`` returns the age of a moment in ms. Steps that came due while no gateway ran are taken
    once each. The last step is repeated every ``repeat_s``.
    """
    for name, since, within_ms in deadlines(case, settings):
        overdue_ms = age(since) - within_ms
        if overdue_ms < 0:
            continue
        reached = case.escalated.get(name)
        first = 0 if reached is None else reached.step + 1
        for number, rung in enumerate(settings.ladder[first:], first):
            if overdue_ms >= rung.after_s * 1000:
                yield EscalationBody(name, number, rung.text, overdue_ms)
        again_ms = settings.repeat_s * 1000
        last = len(settings.ladder) - 1
        if reached and reached.step >= last and overdue_ms >= reached.overdue_ms + again_ms:
            to = settings.ladder[last].text
            yield EscalationBody(name, reached.step, to, overdue_ms, reached.times + 1)
