"""The status word of a component, from what stands at its zone."""

from collections.abc import Iterable
from typing import Final

from callpoint_gateway.alarms.sensors import Standing
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.protocols.gbt26875.codes import FIRE_KINDS, Status
from callpoint_protocol import names

# What a whole device is said to have, rather than one of its zones.
DEVICE_KINDS: Final = (names.DEVICE, names.BATTERY, names.SUPERVISION)


def bits(kind: int, state: int, detail: int) -> Status:
    """Return the bits that an event sets; none for one that begins nothing."""
    if state == names.ALARM:
        return Status.FIRE if kind in FIRE_KINDS else Status.SUPERVISION
    if state == names.TROUBLE:
        power = Status.POWER_FAULT if kind == names.BATTERY else Status(0)
        return Status.FAULT | power
    if (kind, state, detail) == (names.DOOR, names.NOTICE, names.OPEN):
        return Status.SUPERVISION
    return Status(0)


def word(standing: Iterable[Standing]) -> Status:
    """Return the status word of a component at which this stands.

    What belongs to an exercise is shown as under test, never as real; a fire that is real is not
    hidden behind one that is not. It says what the sensors say: closing an alarm at the desk
    takes no smoke out of the air.
    """
    real = tried = Status(0)
    for one in standing:
        found = bits(one.body.kind, one.body.state, one.body.detail)
        if one.body.mark is Mark.REAL:
            real |= found
        else:
            tried |= found
    if tried and not real & Status.FIRE:
        return real | tried
    return Status.NORMAL | real
