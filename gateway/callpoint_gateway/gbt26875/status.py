"""The status word of a component, from what its zone has reported."""

from collections.abc import Iterable
from typing import Final

from callpoint_gateway.entries import EventBody
from callpoint_gateway.gbt26875.codes import FIRE_KINDS, Status
from callpoint_protocol import names

# What a whole device is said to have, rather than one of its zones.
DEVICE_KINDS: Final = (names.DEVICE, names.BATTERY, names.SUPERVISION)
_BEGINS: Final = {names.ALARM: names.ALARM, names.TROUBLE: names.TROUBLE}
_ENDS: Final = {names.RESTORE: names.ALARM, names.TROUBLE_RESTORE: names.TROUBLE}


def bits(kind: int, state: int) -> Status:
    """Return the bits that an alarm or a trouble sets; none for what begins nothing."""
    if state == names.ALARM:
        return Status.FIRE if kind in FIRE_KINDS else Status.SUPERVISION
    if state == names.TROUBLE:
        power = Status.POWER_FAULT if kind == names.BATTERY else Status(0)
        return Status.FAULT | power
    if kind == names.DOOR and state == names.NOTICE:
        return Status.SUPERVISION
    return Status(0)


def begins(kind: int, state: int, detail: int) -> bool | None:
    """Say whether an event begins (True) or ends (False) something that stands; None: neither."""
    if state in _BEGINS:
        return True
    if state in _ENDS:
        return False
    if kind == names.DOOR and state == names.NOTICE:
        return detail == names.OPEN
    return None


def standing(told: Iterable[EventBody]) -> Status:
    """Return what stands after these events of one component, the oldest first."""
    active: dict[tuple[int, int], Status] = {}
    for body in told:
        begun = begins(body.kind, body.state, body.detail)
        if begun is None:
            continue
        what = body.kind, _ENDS.get(body.state, body.state)
        if begun:
            active[what] = bits(body.kind, body.state)
        else:
            active.pop(what, None)
    word = Status(0)
    for one in active.values():
        word |= one
    return word
