"""What is wired to a board: each zone of the settings gets its parts, imported only if needed.

A line that woke the chip and is back where it was last reported has moved and moved back: both
are reported. One that is elsewhere moved while nobody looked, and that is reported too.
"""

from callpoint_firmware.positions import ACTIVE, FAULT, Positions
from callpoint_protocol.names import DOOR, MEDICAL, PANIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.answers import Answers
    from callpoint_firmware.board import Board, Changed
    from callpoint_firmware.door import Release
    from callpoint_firmware.events import Events
    from callpoint_firmware.inputs import Inputs
    from callpoint_firmware.loop import Loop
    from callpoint_firmware.settings import Settings, Zone
    from callpoint_firmware.store import Store

_BUTTONS = (PANIC, MEDICAL)


def _part(parts: dict[str, Any], what: str, name: str) -> Any:
    if name not in parts:
        raise ValueError("%s: this board has no %s" % (what, name))
    return parts[name]


class _Wiring:
    def __init__(
        self,
        board: Board,
        settings: Settings,
        inputs: Inputs,
        events: Events,
        answers: Answers,
        store: Store | None,
    ) -> None:
        self._board = board
        self._values = settings.values
        self._inputs = inputs
        self._events = events
        self._answers = answers
        self._positions = Positions(store)

    def _line(self, zone: Zone, name: str, high: int, changed: Changed, bit: int) -> None:
        pin = _part(self._board.inputs, "input", name)
        active = bool(self._positions.get(zone.number) & bit)
        woken = name == self._board.woken_by
        self._inputs.add(pin, high, changed, "d%d" % zone.number, active, woken)

    def _release(self, zone: Zone) -> Release | None:
        if not zone.release:
            return None
        from callpoint_firmware.door import Release

        release = Release()
        self._line(zone, zone.release, zone.release_active, release.changed, 0)
        return release

    def _sensed(self, zone: Zone) -> Any:
        """Return what makes events of a zone's changes."""
        number, events, positions = zone.number, self._events, self._positions
        if zone.kind in _BUTTONS:
            from callpoint_firmware.button import Button

            touched = self._answers.touched
            return Button(zone.kind, number, events, self._values, touched, positions)
        if zone.kind == DOOR:
            from callpoint_firmware.door import Door

            return Door(number, events, self._values, positions, self._release(zone))
        if zone.latch_s:
            from callpoint_firmware.latch import Latch

            return Latch(zone.kind, number, events, positions, zone.latch_s)
        from callpoint_firmware.contact import Contact

        return Contact(zone.kind, number, events, positions)

    def _loop(self, zone: Zone, changed: Changed) -> Loop:
        from callpoint_firmware.loop import Loop

        name, borders, classes = zone.loop
        read = _part(self._board.loops, "loop", name).read
        kind, number, positions = zone.kind, zone.number, self._positions
        return Loop(
            read, borders, classes, kind, number, self._events, self._values, positions, changed
        )

    def add(self, zone: Zone) -> None:
        sensed = self._sensed(zone)
        if hasattr(sensed, "due"):
            self._inputs.add_timed(sensed.due)
        if zone.loop:
            self._inputs.add_timed(self._loop(zone, sensed.changed).due)
        else:
            self._line(zone, zone.input, zone.active, sensed.changed, ACTIVE)
        if zone.fault:
            from callpoint_firmware.contact import FaultContact

            fault = FaultContact(zone.kind, zone.number, self._events, self._positions)
            self._line(zone, zone.fault, zone.active, fault.changed, FAULT)


def wire(
    board: Board,
    settings: Settings,
    inputs: Inputs,
    events: Events,
    answers: Answers,
    store: Store | None,
    buttons_only: bool = False,
) -> None:
    """Wire every zone. ``store`` keeps the last positions; None keeps none."""
    wiring = _Wiring(board, settings, inputs, events, answers, store)
    for zone in settings.zones:
        if zone.kind in _BUTTONS or not buttons_only:
            wiring.add(zone)
