"""A storey plan with the devices on it, and the part of it around one device."""

from collections.abc import Iterable
from typing import Final

import msgspec

from callpoint_console.storeys.store import Storey, StoreyStore
from callpoint_console.views.context import Context
from callpoint_console.views.devices import Row, device_rows

#: The part of a plan that a card shows: half of its width.
PART: Final = 0.5


class Marker(msgspec.Struct, frozen=True):
    """A device on a plan; ``x`` and ``y`` are percent. ``level``: of the worst there, or None."""

    device: str
    x: str
    y: str
    level: int | None
    row: Row


class StoreyPlan(msgspec.Struct, frozen=True):
    """A storey with the devices in scope."""

    storey: Storey
    markers: tuple[Marker, ...]


class Part(msgspec.Struct, frozen=True):
    """The part of a plan around a device, in the units of a picture that is 1000 wide."""

    storey: Storey
    device: str
    level: int | None
    height: float
    view: str
    x: float
    y: float


def storey_plan(storey: Storey, store: StoreyStore, context: Context) -> StoreyPlan:
    """Return a storey with its markers."""
    here = [device for device, at in store.positions.items() if at.storey == storey.id]
    markers = []
    for row in device_rows(context, sorted(here)):
        at = store.positions[row.device]
        x, y = f"{at.x * 100:.2f}", f"{at.y * 100:.2f}"
        markers.append(Marker(row.device, x, y, row.level, row))
    # What is worst lies on top.
    markers.sort(key=lambda marker: -(marker.level or 9))
    return StoreyPlan(storey, tuple(markers))


def plans_of(storeys: Iterable[Storey], store: StoreyStore, context: Context) -> list[StoreyPlan]:
    """Return storeys with their markers."""
    return [storey_plan(storey, store, context) for storey in storeys]


def part_around(device: str, store: StoreyStore, context: Context) -> Part | None:
    """Return the part of a plan around a device; None: it is on no plan."""
    at = store.positions.get(device)
    storey = store.storey(at.storey) if at else None
    row = next(iter(device_rows(context, [device])), None)
    if at is None or storey is None or row is None:
        return None
    high = 1000 * storey.height / storey.width
    wide, tall = 1000 * PART, min(high, 1000 * PART * 0.6)
    x, y = at.x * 1000, at.y * high
    left = min(max(0, x - wide / 2), 1000 - wide)
    top = min(max(0, y - tall / 2), high - tall)
    view = f"{left:.1f} {top:.1f} {wide:.1f} {tall:.1f}"
    return Part(storey, device, row.level, round(high, 1), view, round(x, 1), round(y, 1))
