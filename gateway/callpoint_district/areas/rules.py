"""``areas.toml``: which desk has an area's alarms, and which one when nobody takes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.toml_file import Place, read, refuse
from callpoint_gateway.words.said import Said, of, said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import names

#: How long a desk has an alarm that nobody takes, unless its rule says otherwise, in seconds.
USUAL_S: Final = 180
Level = Literal["city", "district", "street", "community"]
Desk = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
# As the groups of contacts at a site are called, never a person or a number.
Responder = Annotated[str, Meta(pattern="^[a-z][a-z_]{0,31}$")]
Part = Annotated[str, Meta(min_length=1, max_length=64)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[area.rule]]``: the desk for alarms of these kinds; without ``kinds`` of all.

    ``centre``: the name by which people call that desk's centre. ``responders``: roles.
    ``fall_back_after_s``: when nobody takes the alarm within that time, the desk ``fall_back_to``
    has it, or without it the desk of the next larger area; 0: never.
    """

    kinds: list[str] = []
    level: Level
    desk: Desk
    centre: str
    responders: Annotated[list[Responder], Meta(max_length=16)] = []
    fall_back_after_s: Annotated[int, Meta(ge=0, le=86_400)] = USUAL_S
    fall_back_to: str | None = None

    def takes(self, kind: str) -> bool:
        """Say whether the rule is for a kind."""
        return not self.kinds or kind in self.kinds


class Area(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[area]]``: the parts of the grid from the city down; without any, everything."""

    grid: Annotated[list[Part], Meta(max_length=7)] = []
    rule: Annotated[list[Rule], Meta(min_length=1)]

    def covers(self, grid: tuple[str, ...]) -> bool:
        """Say whether a place of this grid lies in the area."""
        return grid[: len(self.grid)] == tuple(self.grid)


class Areas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    area: list[Area] = []

    def rules(self) -> Iterator[tuple[Area, Rule]]:
        """Yield every rule with its area, in the file's order."""
        for area in self.area:
            for rule in area.rule:
                yield area, rule

    def desks(self) -> list[str]:
        """Return the name of every desk once, in the file's order."""
        return list(dict.fromkeys(rule.desk for _, rule in self.rules()))


def load(path: Path) -> Areas:
    """Read the file. ConfigError: it names what is wrong and where."""
    areas = read(path, Areas)
    grids = [area.grid for area in areas.area]
    desks = areas.desks()
    for number, area in enumerate(areas.area):
        if area.grid in grids[:number]:
            twice = said("areas.twice", area=" / ".join(area.grid) or "-")
            raise refuse(path, ("area", number, "grid"), of("grid", twice))
        for index, rule in enumerate(area.rule):
            for key, what in _mistakes(rule, area.rule[:index], desks):
                place: Place = ("area", number, "rule", index, key)
                raise refuse(path, place, of(key, what))
    return areas


def _mistakes(rule: Rule, earlier: list[Rule], desks: list[str]) -> Iterator[tuple[str, Said]]:
    kinds = list(names.KINDS.values())
    for kind in rule.kinds:
        if kind not in kinds:
            yield "kinds", said("config.no_kind", kind=kind, valid=", ".join(kinds))
    for kind in rule.kinds or kinds:
        if any(kind in (other.kinds or kinds) for other in earlier if _alike(rule, other)):
            yield "kinds", said("areas.kind_twice", kind=kind)
    if not rule.centre.strip() or not rule.centre.isprintable() or len(rule.centre) > 64:
        yield "centre", said("refused.line", most=64)
    if privacy.personal(rule.centre):
        yield "centre", said("refused.person")
    if rule.fall_back_to is not None and rule.fall_back_to not in desks:
        known = near(rule.fall_back_to, desks)
        yield "fall_back_to", said("areas.no_desk", name=rule.fall_back_to, near=known)
    if rule.fall_back_to == rule.desk:
        yield "fall_back_to", said("areas.same_desk")


def _alike(rule: Rule, other: Rule) -> bool:
    """Say whether two rules of an area name kinds, or both all: naming one goes before all."""
    return bool(rule.kinds) == bool(other.kinds)
