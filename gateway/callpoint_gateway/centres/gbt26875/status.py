"""The status word of a component, from what its zone has reported."""

from typing import Final

from callpoint_gateway.journal.entries import EventBody, Mark
from callpoint_gateway.journal.event_meaning import raises, restores
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


class Standing:
    """What stands at one component, event by event, the oldest first."""

    def __init__(self) -> None:
        """Nothing stands."""
        self._active: dict[tuple[int, bool], tuple[Status, bool]] = {}

    def take(self, body: EventBody) -> None:
        """Take the next event. What is inhibited is not begun yet."""
        if body.inhibited:
            return
        begun = bits(body.kind, body.state, body.detail), body.mark is not Mark.REAL
        alarm, trouble = (body.kind, True), (body.kind, False)
        if raises(body):
            self._active[alarm] = begun
        elif restores(body):
            self._active.pop(alarm, None)
        if body.state == names.TROUBLE:
            self._active[trouble] = begun
        elif body.state == names.TROUBLE_RESTORE:
            self._active.pop(trouble, None)

    @property
    def word(self) -> Status:
        """The status word. What belongs to an exercise is shown as under test, never as real.

        A fire that is real is not hidden behind one that is not.
        """
        real = tried = Status(0)
        for found, marked in self._active.values():
            if marked:
                tried |= found
            else:
                real |= found
        if tried and not real & Status.FIRE:
            return real | tried
        return Status.NORMAL | real
