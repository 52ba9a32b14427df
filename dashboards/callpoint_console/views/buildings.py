"""The buildings of a site: how many devices each has, and the worst that is the matter in it."""

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context


class BuildingTile(msgspec.Struct, frozen=True):
    """One building. ``level``: of the worst that is open in it, None if it is as it should be.

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


def building_tiles(context: Context) -> list[BuildingTile]:
    """Return a tile for each building in scope."""
    site, situation = context.site, context.snapshot.situation
    silent = {missed.device for missed in situation.missed}
    alarms: dict[Spot | None, list[int]] = {}
    for alarm in situation.real:
        alarms.setdefault(site.building_of(alarm.device), []).append(alarm.priority)
    faulty: dict[Spot | None, set[str]] = {}
    for device in (*silent, *(trouble.device for trouble in situation.troubles)):
        faulty.setdefault(site.building_of(device), set()).add(device)
    tiles = []
    for spot, devices in site.buildings.items():
        seen = [device for device in devices if context.sees(device)]
        if devices and not seen:
            continue
        levels, faults = alarms.get(spot, []), faulty.get(spot, set())
        level = min(levels, default=3 if faults else None)
        tiles.append(
            BuildingTile(
                spot=spot,
                name=site.short(spot),
                devices=len(seen),
                online=sum(device not in silent for device in seen),
                alarms=len(levels),
                faults=len(faults),
                level=level,
            )
        )
    return tiles


def online(context: Context) -> Online:
    """Return how many devices in scope are heard."""
    silent = {missed.device for missed in context.snapshot.situation.missed}
    seen = [device for device in context.site.devices if context.sees(device)]
    return Online(len(seen), sum(device not in silent for device in seen))
