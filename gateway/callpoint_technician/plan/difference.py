"""What a plan changes on a site: places and devices that are added, changed, removed.

Only columns that the table has are compared, and only what an import has brought can be removed:
the rest of the register is made by hand and stays.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.words.said import Said, said
from callpoint_technician.plan import columns
from callpoint_technician.plan.columns import folded
from callpoint_technician.plan.record import Record
from callpoint_technician.plan.units import Unit


class Way(StrEnum):
    """What happens with a place or device."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Key(msgspec.Struct, frozen=True):
    """One key that becomes another; None: it is not there."""

    name: str
    old: Any
    new: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One place or device. ``zones``: kind by number as wanted, None: as they are.

    ``identity``: the device's identity must be made, or made anew.
    """

    way: Way
    table: str
    id: str
    keys: tuple[Key, ...] = ()
    zones: dict[int, str] | None = None
    old_zones: dict[int, str] | None = None
    identity: bool = False


class Difference(msgspec.Struct, frozen=True):
    """All changes; how many places and devices stay as they are; why it cannot be done."""

    changes: list[Change]
    same: int
    mistakes: list[Said]

    def of(self, way: Way, table: str) -> list[Change]:
        """Return the changes of one kind, of places or of devices."""
        return [change for change in self.changes if (change.way, change.table) == (way, table)]


PLACE: Final = "place"
DEVICE: Final = "device"
_DEFAULTS: Final = {
    **{field.name: field.default for field in msgspec.structs.fields(Place) if not field.required},
    **{
        field.name: field.default for field in msgspec.structs.fields(Device) if not field.required
    },
}


def difference(
    units: Iterable[Unit], register: Register, record: Record, marks: Mapping[str, str]
) -> Difference:
    """Compare a checked plan with a site. ``marks``: of the identities that the plan wants."""
    changes: list[Change] = []
    mistakes: list[Said] = []
    same = 0
    known = {folded(place.id): place for place in register.places()}
    devices = {folded(id): id for id in register.device_ids()}
    places: dict[str, Unit] = {}
    wanted: dict[str, Unit] = {}
    for unit in units:
        if unit.place not in places:
            places[unit.place] = unit
            near = known.get(folded(unit.place))
            if near is not None and near.id != unit.place:
                what = said("plan.near_known", id=near.id)
                mistakes.append(unit.line.wrong(columns.PLACE, what))
                continue
            change = _place(unit, register.place(unit.place))
            changes += [change] if change else []
            same += not change
        if unit.device:
            wanted[unit.device] = unit
            if devices.get(folded(unit.device), unit.device) != unit.device:
                what = said("plan.near_known", id=devices[folded(unit.device)])
                mistakes.append(unit.line.wrong(columns.DEVICE, what))
                continue
            if unit.device in record.replaced:
                what = said("plan.replaced", new=record.replaced[unit.device])
                mistakes.append(unit.line.wrong(columns.DEVICE, what))
                continue
            found = _device(unit, register.device(unit.device), record, marks, mistakes)
            changes += [found] if found else []
            same += not found
    gone = [id for id in record.devices if id not in wanted and register.device(id) is not None]
    changes += [Change(way=Way.REMOVED, table=DEVICE, id=id) for id in gone]
    # A place that something made by hand needs stays.
    used = _used(register, {*gone, *wanted})
    lost = [id for id in record.places if id not in places and register.has_place(id)]
    changes += [Change(way=Way.REMOVED, table=PLACE, id=id) for id in lost if id not in used]
    return Difference(changes, same, mistakes)


def _used(register: Register, moved: set[str]) -> set[str]:
    """Return the places that something of the register needs; ``moved``: devices of the plan."""
    found = {partition.place for partition in register.partitions.values()}
    for id in register.device_ids():
        device = register.device(id)
        if device is not None:
            found |= {zone.place for zone in device.zone if zone.place}
            found |= set() if id in moved else {device.place}
    return found


def _keys(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Key, ...]:
    return tuple(
        Key(name, None if found.get(name) == _DEFAULTS.get(name) else found.get(name), set_to)
        for name, value in wanted.items()
        if found.get(name, _DEFAULTS.get(name)) != value
        for set_to in [None if value == _DEFAULTS.get(name) else value]
    )


def _place(unit: Unit, found: Place | None) -> Change | None:
    keys = _keys(unit.of_place, msgspec.structs.asdict(found) if found else {})
    if found is None:
        return Change(way=Way.ADDED, table=PLACE, id=unit.place, keys=keys)
    return Change(way=Way.CHANGED, table=PLACE, id=unit.place, keys=keys) if keys else None


def _device(
    unit: Unit,
    found: Device | None,
    record: Record,
    marks: Mapping[str, str],
    mistakes: list[Said],
) -> Change | None:
    wanted = {"place": unit.place, **unit.of_device}
    zones = None if unit.zones is None else {wired.zone: wired.kind for wired in unit.zones}
    if found is None:
        return Change(
            way=Way.ADDED,
            table=DEVICE,
            id=unit.device,
            keys=_keys(wanted, {}),
            zones=zones or {},
            identity=unit.device in marks,
        )
    keys = _keys(wanted, msgspec.structs.asdict(found))
    old = {zone.zone: zone.kind for zone in found.zone}
    zones = None if zones is None or zones == old else zones
    if zones is not None:
        for zone in found.zone:
            if zones.get(zone.zone) != zone.kind and _by_hand(zone):
                what = said("plan.by_hand", device=unit.device, zone=zone.zone)
                mistakes.append(unit.line.wrong(columns.WIRING, what))
    before = record.devices.get(unit.device)
    mark = marks.get(unit.device, "")
    anew = bool(mark) and (before is None or before.mark != mark)
    if not keys and zones is None and not anew:
        return None
    return Change(
        way=Way.CHANGED,
        table=DEVICE,
        id=unit.device,
        keys=keys,
        zones=zones,
        old_zones=None if zones is None else old,
        identity=anew,
    )


def _by_hand(zone: Zone) -> bool:
    """Say whether a zone has more than a plan knows of it."""
    return zone != Zone(zone=zone.zone, kind=zone.kind)
