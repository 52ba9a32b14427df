"""The parts of a site as tiles: how many devices each has, and the worst that is open in it."""

from collections.abc import Mapping, Sequence

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context


class Tile(msgspec.Struct, frozen=True):
    """One building, or one part of it. ``level``: of the worst that is open there; None: nothing.

    ``hollow``: it has no device, so nothing of it would be seen.
    """

    spot: Spot
    name: str
    devices: int
    online: int
    alarms: int
    faults: int
    level: int | None

    @property
    def hollow(self) -> bool:
        """Whether it has no device."""
        return not self.devices


class Online(msgspec.Struct, frozen=True):
    """How many devices there are in scope, and how many of them are heard."""

    devices: int
    online: int


def building_tiles(context: Context) -> list[Tile]:
    """Return a tile for each building in scope."""
    return _tiles(context, context.site.buildings, len(context.site.top))


def part_tiles(context: Context, spot: Spot) -> list[Tile]:
    """Return a tile for each part of a spot."""
    site = context.site
    parts = {part: [each.device for each in site.devices_in(part)] for part in site.below(spot)}
    return _tiles(context, parts, len(spot))


def _tiles(context: Context, parts: Mapping[Spot, Sequence[str]], above: int) -> list[Tile]:
    """Return a tile for each part; its name leaves out the first ``above`` parts of its spot."""
    situation = context.snapshot.situation
    silent = {missed.device for missed in situation.missed}
    faulty = silent | {trouble.device for trouble in situation.troubles}
    levels: dict[str, list[int]] = {}
    for alarm in situation.real:
        levels.setdefault(alarm.device, []).append(alarm.priority)
    visible = context.site.seen(context.scope)
    tiles = []
    for spot, devices in parts.items():
        seen = [device for device in devices if device in visible]
        if not seen and (devices or not context.scope.everywhere):
            continue
        open_here = [level for device in seen if device in levels for level in levels[device]]
        faults = sum(device in faulty for device in seen)
        tiles.append(
            Tile(
                spot=spot,
                name=" / ".join(spot[above:] or spot[-1:]),
                devices=len(seen),
                online=sum(device not in silent for device in seen),
                alarms=len(open_here),
                faults=faults,
                level=min(open_here, default=3 if faults else None),
            )
        )
    return tiles


def online(context: Context) -> Online:
    """Return how many devices in scope are heard."""
    silent = {missed.device for missed in context.snapshot.situation.missed}
    visible = context.site.seen(context.scope)
    return Online(len(visible), len(visible) - sum(device in visible for device in silent))
