"""Which desks get an alarm: those of an area for its kind, in the order in which they get it.

The smallest area with a rule for the kind comes first, and within an area a rule that names the
kind goes before one for all. From there the alarm falls back to the desk that the rule names, or
to the next larger area, until no desk is left that has not had it.
"""

from enum import StrEnum

import msgspec

from callpoint_district.areas.rules import Area, Areas, Rule


class Reason(StrEnum):
    """Why a desk gets an alarm."""

    SMALLEST = "smallest"  # the smallest area with a rule for the kind
    LARGER = "larger"  # nobody took it, and this is the next larger area
    NAMED = "named"  # nobody took it, and the rule before names this desk


class DeskStep(msgspec.Struct, frozen=True, kw_only=True):
    """A desk that gets an alarm, and for how long (seconds) until the next one gets it.

    ``after_s`` is None for the last: nobody else gets it.
    """

    area: tuple[str, ...]
    level: str
    desk: str
    centre: str
    responders: tuple[str, ...]
    after_s: int | None
    why: Reason


def desks_for(areas: Areas, grid: tuple[str, ...], kind: str) -> list[DeskStep]:
    """Return the desks for a kind of alarm at a place, the first to get it first.

    ``grid``: the place's parts from the city down; empty if they are not known.
    """
    found: list[tuple[Area, Rule, Reason]] = []
    around = _around(areas, grid, kind)
    following = [(area, rule, Reason.SMALLEST) for area, rule in around[:1]]
    while following:
        area, rule, why = following[0]
        found.append((area, rule, why))
        had = [(before.grid, its.desk) for before, its, _ in found]
        following = _next(areas, around, area, rule, kind) if rule.fall_back_after_s else []
        following = [each for each in following if (each[0].grid, each[1].desk) not in had]
    return [
        DeskStep(
            area=tuple(area.grid),
            level=rule.level,
            desk=rule.desk,
            centre=rule.centre,
            responders=tuple(rule.responders),
            after_s=rule.fall_back_after_s if number < len(found) else None,
            why=why,
        )
        for number, (area, rule, why) in enumerate(found, 1)
    ]


def _around(areas: Areas, grid: tuple[str, ...], kind: str) -> list[tuple[Area, Rule]]:
    """Return the rule for a kind of each area around a place, the smallest area first."""
    covering = [area for area in areas.area if area.covers(grid)]
    found = []
    for area in sorted(covering, key=lambda each: len(each.grid), reverse=True):
        taking = [rule for rule in area.rule if rule.takes(kind)]
        if taking:
            found.append((area, max(taking, key=lambda rule: bool(rule.kinds))))
    return found


def _next(
    areas: Areas, around: list[tuple[Area, Rule]], area: Area, rule: Rule, kind: str
) -> list[tuple[Area, Rule, Reason]]:
    """Return to whom an alarm may fall back from a rule, the preferred one first."""
    if rule.fall_back_to is None:
        return [
            (wider, its, Reason.LARGER)
            for wider, its in around
            if len(wider.grid) < len(area.grid)
        ]
    named = [(a, r) for a, r in areas.rules() if r.desk == rule.fall_back_to]
    # The desk as the place has it goes before the same desk elsewhere in the file.
    named.sort(key=lambda each: (each not in around, not each[1].takes(kind)))
    return [(a, r, Reason.NAMED) for a, r in named]
