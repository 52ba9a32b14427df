"""What may follow what in a partition: every order of commands, doors and ended delays."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callpoint_gateway.arming.state import (
    ArmingNotPossible,
    Changed,
    Guarded,
    Rules,
    arm,
    closed,
    delay_over,
    disarm,
    opened,
)
from callpoint_gateway.journal.partition import Mode, Panel, State

ZONES = {
    "front/1": Guarded(frozenset(Mode), entry=True),
    "hall/1": Guarded(frozenset({Mode.AWAY}), entry=True),
    "window/1": Guarded(frozenset(Mode)),
    "loft/1": Guarded(frozenset({Mode.AWAY, Mode.NIGHT})),
}
RULES = Rules(ZONES, exit_s=45, entry_s=30, most_alarms=3)
zones = st.sampled_from([*ZONES, "stranger/1"])


class Partition(RuleBasedStateMachine):
    """Keeps beside the panel what a person would expect of it."""

    def __init__(self) -> None:
        super().__init__()
        self.panel = Panel()
        self.open: set[str] = set()
        self.raised: list[str] = []
        self.standing: set[str] = set()

    @initialize(exit_s=st.sampled_from([0, 45]), entry_s=st.sampled_from([0, 30]))
    def begin(self, exit_s: int, entry_s: int) -> None:
        self.rules = Rules(ZONES, exit_s, entry_s, most_alarms=3)

    def take(self, changed: Changed | None) -> None:
        if changed is None:
            return
        assert not set(changed.raised) & self.standing, "an alarm is raised once"
        self.raised += changed.raised
        self.standing |= set(changed.raised)
        assert set(changed.restored) <= self.standing, "only what stands is restored"
        self.standing -= set(changed.restored)
        self.panel = changed.panel

    @rule(mode=st.sampled_from(Mode), force=st.booleans())
    def arms(self, mode: Mode, force: bool) -> None:
        counting = {one for one in self.open if one in ZONES and mode in ZONES[one].modes}
        possible = self.panel.state in (State.DISARMED, State.ARMING) and (force or not counting)
        try:
            self.panel = arm(self.panel, mode, self.open, self.rules, force)
        except ArmingNotPossible:
            assert not possible
            return
        assert possible
        assert set(self.panel.bypassed) == counting
        assert self.panel.mode is mode
        self.raised.clear()

    @rule()
    def disarms(self) -> None:
        before = self.panel.state
        try:
            self.panel = disarm(self.panel)
        except ArmingNotPossible:
            assert before is State.DISARMED
            return
        assert before is not State.DISARMED
        assert self.panel.state is State.DISARMED

    @rule(zone=zones, ago_s=st.integers(0, 90))
    def opens(self, zone: str, ago_s: int) -> None:
        self.open.add(zone)
        before, raised = self.panel, len(self.raised)
        self.take(opened(self.panel, zone, self.rules, ago_s))
        quiet = before.state in (State.DISARMED, State.ARMING)
        if quiet or before.mode not in ZONES.get(zone, Guarded(frozenset())).modes:
            assert self.panel == before
        elif zone not in before.bypassed and before.counts.get(zone, 0) < 3:
            waits = ZONES[zone].entry and before.state in (State.ARMED, State.PENDING)
            if waits:
                assert self.panel.state is State.PENDING
                assert zone in self.panel.waiting
            elif zone not in before.alarmed:
                assert zone in self.raised[raised:]
            if self.panel.state is State.PENDING and before.state is State.ARMED:
                assert self.panel.seconds == max(0, self.rules.entry_s - ago_s)

    @rule(zone=zones)
    def closes(self, zone: str) -> None:
        self.open.discard(zone)
        before = self.panel
        self.take(closed(self.panel, zone))
        assert self.panel.state is before.state
        assert zone not in self.standing

    @rule()
    def delay_ends(self) -> None:
        before = self.panel
        try:
            self.take(delay_over(self.panel, self.open, self.rules))
        except ArmingNotPossible:
            assert before.state not in (State.ARMING, State.PENDING)
            return
        if before.state is State.ARMING:
            assert self.panel.state is State.ARMED
            late = {one for one in self.open if one in ZONES and before.mode in ZONES[one].modes}
            assert set(self.panel.bypassed) == late | set(before.bypassed)
        else:
            assert self.panel.state is State.TRIGGERED
            assert set(before.waiting) <= self.standing

    @invariant()
    def holds(self) -> None:
        assert set(self.panel.alarmed) == self.standing
        assert all(self.raised.count(zone) <= 3 for zone in ZONES)
        delayed = self.panel.state in (State.ARMING, State.PENDING)
        assert delayed or not self.panel.seconds
        assert (self.panel.mode is None) == (self.panel.state is State.DISARMED)


TestPartition = Partition.TestCase


def test_what_is_refused_says_why_and_what_to_do() -> None:
    with pytest.raises(ArmingNotPossible, match="not ready: front/1, window/1; close"):
        arm(Panel(), Mode.HOME, {"window/1", "front/1", "loft/1"}, RULES, False)
    armed = Panel(State.ARMED, Mode.AWAY)
    with pytest.raises(ArmingNotPossible, match="armed already; disarm it first"):
        arm(armed, Mode.HOME, (), RULES, True)
    with pytest.raises(ArmingNotPossible, match="disarmed already"):
        disarm(Panel())
    with pytest.raises(ArmingNotPossible, match="no delay runs"):
        delay_over(armed, (), RULES)
