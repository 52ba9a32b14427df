"""What is wired to a board: each zone of the settings gets its parts, imported only if needed.

A line that woke the chip and is back where it was last reported has moved and moved back: both
are reported. One that is elsewhere moved while nobody looked, and that is reported too.
"""

from callpoint_firmware.positions import ACTIVE, FAULT, Positions
from callpoint_protocol.names import DOOR, MEDICAL, PANIC

_BUTTONS = (PANIC, MEDICAL)


def _part(parts, what, name):
    if name not in parts:
        raise ValueError("%s: this board has no %s" % (what, name))
    return parts[name]


class _Wiring:
    def __init__(self, board, settings, inputs, events, answers, store):
        self._board = board
        self._values = settings.values
        self._inputs = inputs
        self._events = events
        self._answers = answers
        self._kept = Positions(store)

    def _line(self, zone, name, high, changed, bit):
        pin = _part(self._board.inputs, "input", name)
        active = bool(self._kept.get(zone.number) & bit)
        woken = name == self._board.woken_by
        self._inputs.add(pin, high, changed, "d%d" % zone.number, active, woken)

    def _release(self, zone):
        if not zone.release:
            return None
        from callpoint_firmware.door import Release

        release = Release()
        self._line(zone, zone.release, zone.release_active, release.changed, 0)
        return release

    def _sensed(self, zone):
        """Return what makes events of a zone's changes."""
        number, events, kept = zone.number, self._events, self._kept
        if zone.kind in _BUTTONS:
            from callpoint_firmware.button import Button

            touched = self._answers.touched
            return Button(zone.kind, number, events, self._values, touched, kept)
        if zone.kind == DOOR:
            from callpoint_firmware.door import Door

            return Door(number, events, self._values, kept, self._release(zone))
        if zone.latch_s:
            from callpoint_firmware.latch import Latch

            return Latch(zone.kind, number, events, kept, zone.latch_s)
        from callpoint_firmware.contact import Contact

        return Contact(zone.kind, number, events, kept)

    def _loop(self, zone, changed):
        from callpoint_firmware.loop import Loop

        name, borders, classes = zone.loop
        read = _part(self._board.loops, "loop", name).read
        kind, number, kept = zone.kind, zone.number, self._kept
        return Loop(
            read, borders, classes, kind, number, self._events, self._values, kept, changed
        )

    def add(self, zone):
        sensed = self._sensed(zone)
        if hasattr(sensed, "due"):
            self._inputs.add_timed(sensed.due)
        if zone.loop:
            self._inputs.add_timed(self._loop(zone, sensed.changed).due)
        else:
            self._line(zone, zone.input, zone.active, sensed.changed, ACTIVE)
        if zone.fault:
            from callpoint_firmware.contact import FaultContact

            fault = FaultContact(zone.kind, zone.number, self._events, self._kept)
            self._line(zone, zone.fault, zone.active, fault.changed, FAULT)


def wire(board, settings, inputs, events, answers, store, buttons_only=False):
    """Wire every zone. ``store`` keeps the last positions; None keeps none."""
    wiring = _Wiring(board, settings, inputs, events, answers, store)
    for zone in settings.zones:
        if zone.kind in _BUTTONS or not buttons_only:
            wiring.add(zone)
