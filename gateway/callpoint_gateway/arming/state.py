"""The transitions of a partition's state, without a clock or a disk: ``guard`` has both.

    disarmed -arm-> arming -exit delay-> armed -entry zone-> pending -entry delay-> triggered
                                           '------------ any other zone ---------------^

Disarming ends every state. Zones are named "device/zone". Only doors and intrusion detectors are
guarded; the other kinds (panic, medical, smoke, gas, water, tamper) are always on.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from callpoint_gateway.journal.partition import Mode, Panel, State
from callpoint_gateway.words.said import Said, said, value_said


class Guarded(msgspec.Struct, frozen=True):
    """A guarded zone: the modes in which it counts, and whether it begins the entry delay."""

    modes: frozenset[Mode]
    entry: bool = False


class Rules(msgspec.Struct, frozen=True):
    """The rules of one partition: its zones and its delays in seconds.

    ``most_alarms``: how many alarms a zone may raise from one arming to the next.
    """

    zones: Mapping[str, Guarded]
    exit_s: int
    entry_s: int
    most_alarms: int


class Changed(NamedTuple):
    """The result of a transition: the panel, and the zones whose alarm begins or ends."""

    panel: Panel
    raised: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()


class ArmingNotPossible(ValueError):
    """The change is not possible now; ``why`` says why, and what is possible."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def arm(panel: Panel, mode: Mode, unready: Collection[str], rules: Rules, force: bool) -> Panel:
    """Return the panel with the exit delay begun. ``unready``: zones that are open or in trouble.

    ``force`` leaves unready zones out until the partition is disarmed. ArmingNotPossible: it is
    armed, or (without ``force``) a zone of this mode is not ready.
    """
    if panel.state not in (State.DISARMED, State.ARMING):
        raise ArmingNotPossible(
            said("arming.armed_already", state=value_said("panel.state", panel.state))
        )
    left_out = tuple(
        sorted(zone for zone in unready if zone in rules.zones and mode in rules.zones[zone].modes)
    )
    if left_out and not force:
        raise ArmingNotPossible(said("arming.open", zones=", ".join(left_out)))
    state = State.ARMING if rules.exit_s else State.ARMED
    return Panel(state, mode, rules.exit_s, left_out, (), panel.alarmed)


def disarm(panel: Panel) -> Panel:
    """Return the disarmed panel. ArmingNotPossible: it is disarmed already."""
    if panel.state is State.DISARMED:
        raise ArmingNotPossible(said("arming.disarmed_already"))
    return Panel(alarmed=panel.alarmed)


def opened(panel: Panel, zone: str, rules: Rules, ago_s: float = 0) -> Changed | None:
    """Return the change by a zone that was opened ``ago_s`` seconds ago; None: no change."""
    guarded = rules.zones.get(zone)
    if guarded is None or panel.mode not in guarded.modes or zone in panel.bypassed:
        return None
    if panel.counts.get(zone, 0) >= rules.most_alarms:
        return None
    if panel.state is State.ARMED and guarded.entry:
        left_s = max(0, round(rules.entry_s - ago_s))
        return Changed(_with(panel, state=State.PENDING, seconds=left_s, waiting=(zone,)))
    if panel.state is State.PENDING and guarded.entry:
        if zone in panel.waiting:
            return None
        return Changed(_with(panel, waiting=(*panel.waiting, zone)))
    if panel.state is State.TRIGGERED and zone in panel.alarmed:
        return None
    if panel.state in (State.ARMED, State.PENDING, State.TRIGGERED):
        return _triggered(panel, (*panel.waiting, zone))
    return None


def closed(panel: Panel, zone: str) -> Changed | None:
    """Return the change by a closed zone: its alarm ends or it takes part again; None: neither."""
    if zone not in panel.alarmed and zone not in panel.late:
        return None
    alarmed, bypassed, late = (
        tuple(name for name in zones if name != zone)
        for zones in (panel.alarmed, panel.bypassed, panel.late)
    )
    if zone not in panel.late:
        bypassed = panel.bypassed
    after = _with(panel, alarmed=alarmed, bypassed=bypassed, late=late)
    return Changed(after, restored=(zone,) if zone in panel.alarmed else ())


def delay_over(panel: Panel, unready: Collection[str], rules: Rules) -> Changed:
    """Return the change by the end of the running delay. ArmingNotPossible: no delay runs.

    A zone that is open when the exit delay ends is left out until it is closed, or until the
    partition is disarmed.
    """
    if panel.state is State.ARMING:
        assert panel.mode is not None
        known = {name for name in unready if name in rules.zones}
        counting = {name for name in known if panel.mode in rules.zones[name].modes}
        late = tuple(sorted(counting - set(panel.bypassed)))
        bypassed = tuple(sorted(counting | set(panel.bypassed)))
        return Changed(_with(panel, state=State.ARMED, seconds=0, bypassed=bypassed, late=late))
    if panel.state is State.PENDING:
        return _triggered(panel, panel.waiting)
    raise ArmingNotPossible(said("arming.no_delay", state=value_said("panel.state", panel.state)))


def _triggered(panel: Panel, zones: tuple[str, ...]) -> Changed:
    fresh = tuple(dict.fromkeys(name for name in zones if name not in panel.alarmed))
    counts = panel.counts | {name: panel.counts.get(name, 0) + 1 for name in fresh}
    after = _with(
        panel,
        state=State.TRIGGERED,
        seconds=0,
        waiting=(),
        alarmed=(*panel.alarmed, *fresh),
        counts=counts,
    )
    return Changed(after, raised=fresh)


def _with(panel: Panel, **changes: object) -> Panel:
    return msgspec.structs.replace(panel, **changes)
