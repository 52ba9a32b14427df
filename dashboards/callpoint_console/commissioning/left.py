"""What is left to be tried, by building and storey, and what needs a technician's eye."""

from collections.abc import Mapping, Sequence

import msgspec

from callpoint_console.commissioning.hints import hints
from callpoint_console.commissioning.states import DeviceState, device_states
from callpoint_console.commissioning.storey_names import storey_of
from callpoint_console.site_map import Spot, natural
from callpoint_console.storeys.store import StoreyStore
from callpoint_console.views.context import Context
from callpoint_gateway.control.roles import DEVICES


class LeftDevice(msgspec.Struct, frozen=True):
    """A device in the list: where it is, its label's code ("": none), and what is left of it."""

    state: DeviceState
    where: str
    code: str
    kinds: str
    at: str


class StoreyGroup(msgspec.Struct, frozen=True):
    """A storey (its name, "" if it has none) with what is left there."""

    name: str
    left: tuple[LeftDevice, ...]


class BuildingGroup(msgspec.Struct, frozen=True):
    """A building: how many of its devices are done, and its storeys on which something is left."""

    name: str
    devices: int
    done: int
    storeys: tuple[StoreyGroup, ...]
    tested: tuple[LeftDevice, ...]


class Left(msgspec.Struct, frozen=True):
    """Everything that a technician has in charge. ``watched``: devices with which something is."""

    devices: int
    done: int
    buildings: tuple[BuildingGroup, ...]
    watched: tuple[LeftDevice, ...]


def in_charge(context: Context) -> list[str]:
    """Return the devices that the visitor may test."""
    areas = context.scope.areas(DEVICES)
    return [
        name
        for name, sensed in context.site.devices.items()
        if context.site.in_areas(sensed.place, areas)
    ]


def what_is_left(
    context: Context, storeys: StoreyStore, codes: Mapping[str, str], since_ms: int = 0
) -> Left:
    """Return what is left. ``codes``: by place; trials from ``since_ms`` (Unix ms) on count."""
    states = device_states(context, in_charge(context), hints(context), since_ms)
    rows = [_row(state, codes, context) for state in states]
    rows.sort(key=lambda row: ([natural(part) for part in row.state.spot], row.state.device))
    by_building: dict[Spot, list[LeftDevice]] = {}
    for row in rows:
        building = context.site.building_of(row.state.device) or row.state.spot
        by_building.setdefault(building, []).append(row)
    return Left(
        devices=len(rows),
        done=sum(row.state.done for row in rows),
        buildings=tuple(
            _building(building, inside, storeys, context)
            for building, inside in by_building.items()
        ),
        watched=tuple(row for row in rows if row.state.hints),
    )


def _building(
    building: Spot, rows: Sequence[LeftDevice], storeys: StoreyStore, context: Context
) -> BuildingGroup:
    by_storey: dict[str, list[LeftDevice]] = {}
    for row in rows:
        if not row.state.done:
            name = storey_of(row.state.device, context.site, storeys)
            by_storey.setdefault(name, []).append(row)
    return BuildingGroup(
        name=context.site.short(building),
        devices=len(rows),
        done=sum(row.state.done for row in rows),
        storeys=tuple(
            StoreyGroup(name, tuple(by_storey[name])) for name in sorted(by_storey, key=natural)
        ),
        tested=tuple(row for row in rows if row.state.done),
    )


def _row(state: DeviceState, codes: Mapping[str, str], context: Context) -> LeftDevice:
    words = context.words
    kinds = [words.kind(zone.kind) for zone in state.zones if zone.trial is None]
    where, last = context.site.short(state.spot), state.last
    at = context.clock(last.at_ms) if last else ""
    code = codes.get(state.place, "")
    return LeftDevice(state, where, code, words.listed(dict.fromkeys(kinds)), at)
