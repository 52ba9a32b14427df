"""The life of an alarm as a state machine: what people may do, and what a restart must not change.

Hypothesis plays devices, people and restarts against a model that is written from the issue, on
a real journal.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from callpoint_gateway.alarms.case import Handling, refusal
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.alarms.snapshot import catch_up, restore, snapshot
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    ArmingBody,
    Cause,
    Cursor,
    DeliveryBody,
    EscalationBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    Mark,
    NewEntry,
    SeenBody,
    Stage,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.partition import Mode, Panel, State
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock
from .case_entries import commit, event, state_of

# Written from the issue, not from the code.
AFTER = {
    ("new", "acknowledge"): "acknowledged",
    ("acknowledged", "dispatch"): "dispatched",
    ("dispatched", "arrive"): "on_scene",
    ("acknowledged", "resolve"): "resolved",
    ("dispatched", "resolve"): "resolved",
    ("on_scene", "resolve"): "resolved",
    ("dispatched", "reinforce"): "dispatched",
    ("on_scene", "reinforce"): "on_scene",
    ("acknowledged", "close"): "closed",
    ("dispatched", "close"): "closed",
    ("on_scene", "close"): "closed",
    ("resolved", "close"): "closed",
    **{(h.value, "note"): h.value for h in Handling if h is not Handling.CLOSED},
}


class Life(RuleBasedStateMachine):
    """Devices raise and restore, people act, the gateway restarts, the clock steps."""

    names_of_cases = Bundle("cases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock()
        self.journal = Journal(self.folder / "alarms.db", self.clock, chained=True)
        self.reader = self.journal.reader()
        self.state = SiteState()
        self.saved = Cursor("alarms/snapshot", 0)
        self.model: dict[int, str] = {}
        self.seq = 0

    @property
    def cases(self) -> Cases:
        return self.state.cases

    def teardown(self) -> None:
        self.reader.close()
        self.journal.close()
        shutil.rmtree(self.folder)

    def put(self, type: Type, body: Any, **more: Any) -> int:
        position = commit(self.journal, NewEntry(type, body, **more))
        catch_up(self.state, self.reader)
        return position

    @rule(
        target=names_of_cases,
        device=st.sampled_from(["a", "b"]),
        zone=st.integers(1, 2),
        kind=st.sampled_from([names.PANIC, names.SMOKE]),
        mark=st.sampled_from([Mark.REAL, Mark.REAL, Mark.DRILL, Mark.TEST]),
    )
    def raise_alarm(self, device: str, zone: int, kind: int, mark: Mark) -> int:
        self.seq += 1
        before = {case.position for case in self.cases.open_cases()}
        body = event(zone=zone, kind=kind, mark=mark)
        position = self.put(Type.EVENT, body, device=device, boot=7, seq=self.seq)
        case = self.cases.case(position)
        if mark is Mark.TEST:
            assert case is None
            return position
        assert case is not None
        assert case.condition == "active"
        if case.position not in before:
            assert case.position == position
            self.model[position] = "new"
        else:
            assert case.mark is mark
            assert case.kind == kind
            assert (case.device, case.zone) == (device, zone)
            assert case.handling is Handling.NEW
        return case.position

    @rule(device=st.sampled_from(["a", "b"]), zone=st.integers(1, 2))
    def restore_it(self, device: str, zone: int) -> None:
        self.seq += 1
        body = event(names.RESTORE, zone=zone)
        self.put(Type.EVENT, body, device=device, boot=7, seq=self.seq)
        for case in self.cases.open_cases():
            for one in case.raised.values():
                assert not (one.active and one.sensor == (device, zone, names.PANIC))

    @rule(
        device=st.sampled_from(["a", "b"]),
        kind=st.sampled_from([names.SMOKE, names.BATTERY, names.DOOR]),
        detail=st.sampled_from([names.LEFT_OPEN, names.LOOP_OPEN]),
        state=st.sampled_from([names.TROUBLE, names.TROUBLE_RESTORE]),
    )
    def trouble(self, device: str, kind: int, detail: int, state: int) -> None:
        self.seq += 1
        body = event(state, kind=kind, detail=detail)
        self.put(Type.EVENT, body, device=device, boot=7, seq=self.seq)
        stands = [one for one in self.state.sensors.troubles() if one.sensor == (device, 1, kind)]
        assert bool(stands) == (state == names.TROUBLE) or kind != names.BATTERY

    @rule(
        position=names_of_cases,
        event=st.integers(0, 3),
        accepted=st.booleans(),
        centre=st.sampled_from(["x", "y"]),
    )
    def a_centre_answers(self, position: int, event: int, accepted: bool, centre: str) -> None:
        """For any event of an alarm, not only the first."""
        case = self.cases.case(position)
        events = sorted(case.raised) if case else [position]
        answer = DeliveryBody(centre, 1, accepted, "", 1)
        self.put(Type.DELIVERY, answer, about=events[event % len(events)])

    @rule(
        body=st.sampled_from(
            [
                FaultBody("clock", True, "x"),
                FaultBody("clock", False, "y"),
                StatusBody("estate", names.LOST, 7, "", 0),
                StatusBody("estate", names.ONLINE, 7, "1", 1),
                ArmingBody(Panel(State.ARMED, Mode.AWAY), "guard", "cli"),
                ArmingBody(Panel(), "guard", "cli"),
                InhibitBody("a", None, "", "x", "technician", False, False, 0, 9),
            ]
        )
    )
    def anything_else(self, body: Any) -> None:
        types = {
            FaultBody: Type.FAULT,
            StatusBody: Type.STATUS,
            ArmingBody: Type.ARMING,
            InhibitBody: Type.INHIBIT,
        }
        self.put(types[type(body)], body, device="a")

    @rule()
    def inhibits_end(self) -> None:
        for position in list(self.state.inhibits):
            self.put(Type.INHIBIT, InhibitOverBody(""), about=position)

    @rule(
        position=names_of_cases,
        action=st.sampled_from(Action),
        cause=st.sampled_from([None, *Cause]),
    )
    def act(self, position: int, action: Action, cause: Cause | None) -> None:
        """Whatever is asked for is written, as a damaged or foreign writer might."""
        case = self.cases.case(position)
        state = self.model.get(position, "closed")
        drill = (
            case is not None and case.mark is Mark.DRILL and (state, action) == ("new", "close")
        )
        after = "closed" if drill else AFTER.get((state, action.value))
        allowed = after is not None and (cause is not None) == (action is Action.CLOSE)
        if case is not None:
            assert (refusal(case, action, cause) is None) == allowed
        body = ActionBody(action, "desk-1", "cli", cause)
        self.put(Type.ACTION, body, about=position)
        if allowed and after is not None:
            self.model[position] = after
        if self.model.get(position) == "closed":
            self.model.pop(position)

    @rule(position=names_of_cases)
    def see(self, position: int) -> None:
        self.put(Type.SEEN, SeenBody(0), about=position)
        assert position not in self.cases.tests

    @rule(position=names_of_cases, step=st.integers(0, 2))
    def escalate(self, position: int, step: int) -> None:
        body = EscalationBody("acknowledge", step, "manager", 1000 * step)
        self.put(Type.ESCALATION, body, about=position)

    @rule(stage=st.sampled_from(Stage), mark=st.sampled_from([Mark.DRILL, Mark.TEST]))
    def exercise(self, stage: Stage, mark: Mark) -> None:
        running = self.cases.exercises
        if len(running) < 3 if stage is Stage.START else running:
            body = ExerciseBody(mark, stage, 3600, [], [], "desk-1", "cli")
            about = None if stage is Stage.START else running[-1].position
            self.put(Type.EXERCISE, body, about=about)

    @rule(ms=st.sampled_from([1000, 600_001]))
    def wait(self, ms: int) -> None:
        self.clock.advance(ms)

    @rule(ms=st.integers(-(10**9), 10**9))
    def step_the_clock(self, ms: int) -> None:
        self.clock.wall += ms

    @rule()
    def save(self) -> None:
        self.saved = snapshot(self.state)
        commit(self.journal, self.saved)

    @rule()
    def restart(self) -> None:
        """From the last snapshot, however old it is."""
        fresh = SiteState()
        restore(fresh, self.reader.cursors().get("alarms/snapshot", self.saved), self.reader)
        catch_up(fresh, self.reader)
        assert state_of(fresh) == state_of(self.state)
        self.state = fresh

    @invariant()
    def nothing_is_lost(self) -> None:
        found = {case.position: case.handling.value for case in self.cases.open_cases()}
        assert found == self.model

    @invariant()
    def read_from_the_start_it_is_the_same(self) -> None:
        fresh = SiteState()
        catch_up(fresh, self.reader)
        assert state_of(fresh) == state_of(self.state)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
