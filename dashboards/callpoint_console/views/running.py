"""The drills and walk tests that run: what, where, until when, and who may end them."""

from typing import Final

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context
from callpoint_gateway.alarms.questions import StopExercise
from callpoint_gateway.alarms.situation import ExerciseRow

_NAMED: Final = 3  # places of an exercise that are named; the others are counted


class RunningExercise(msgspec.Struct, frozen=True):
    """A running exercise. ``mark``: its mark in a form; ``may_end``: the visitor may end it."""

    number: int
    mark: str
    what: str
    where: str
    until: str
    who: str
    may_end: bool


def running_exercises(context: Context) -> tuple[RunningExercise, ...]:
    """Return the running exercises that concern a place of the visitor, the oldest first."""
    situation, words, areas = context.snapshot.situation, context.words, context.scope.areas()
    shown = []
    for runs in situation.exercises:
        places = places_of(runs, context)
        if any(place == "" or context.site.in_areas(place, areas) for place in places):
            mark = runs.mark.value
            shown.append(
                RunningExercise(
                    number=runs.exercise,
                    mark=mark,
                    what=words.mark(mark),
                    where=_where(places, context),
                    until=ends_at(runs, context),
                    who=runs.who,
                    may_end=may_end(runs, context),
                )
            )
    return tuple(shown)


def ends_at(runs: ExerciseRow, context: Context) -> str:
    """Return when an exercise ends by itself, to the second."""
    return context.clock((context.now_ms + runs.left_ms + 500) // 1000 * 1000)


def places_of(runs: ExerciseRow, context: Context) -> list[str]:
    """Return the ids of the places of an exercise, each once; ``[""]``: the whole site."""
    places = dict.fromkeys(context.site.place_of(point) or point for point in runs.points)
    return list(places) or [""]


def may_end(runs: ExerciseRow, context: Context) -> bool:
    """Say whether the visitor may end an exercise: at each of its places."""
    return context.has(StopExercise.may, places_of(runs, context))


def _where(places: list[str], context: Context) -> str:
    if places == [""]:
        return context.words("operator.whole_site")
    spots: list[Spot] = context.site.whole_spots(places)
    names = [context.site.short(spot) for spot in spots[:_NAMED]]
    more = len(spots) - len(names)
    words = context.words
    return words.listed(names) + (words("running.more", count=more) if more else "")
