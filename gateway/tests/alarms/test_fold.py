"""The life of an alarm as a state machine: what people may do, and what a restart must not change.

Hypothesis plays devices, people and restarts against a model that is written from the issue, on
a real journal.
"""

import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from callpoint_gateway.alarms.case import STEPS, Case, Handling, refusal
from callpoint_gateway.alarms.fold import BUNDLE_MS, KEPT, Cases
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.alarms.snapshot import catch_up, restore, snapshot
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    ArmingBody,
    Cause,
    Cursor,
    DeliveryBody,
    Entry,
    EscalationBody,
    EventBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    Mark,
    NewEntry,
    Quality,
    SeenBody,
    Stage,
    StatusBody,
    Stored,
    Type,
    Write,
)
from callpoint_gateway.journal.partition import Mode, Panel, State
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

WAIT_S = 20.0
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


def event(
    state: int = names.ALARM,
    *,
    kind: int = names.PANIC,
    zone: int = 1,
    place: str = "home",
    mark: Mark = Mark.REAL,
    detail: int = 0,
    **more: Any,
) -> EventBody:
    """Return an event as ingest makes it."""
    return EventBody(
        "estate",
        kind,
        state,
        zone,
        detail,
        1,
        0,
        1_795_000_000_000,
        Quality.AGE,
        place=place,
        mark=mark,
        **more,
    )


def commit(journal: Journal, *writes: Write) -> int:
    """Write, wait for the disk, and return the last position."""
    stored: list[Stored] = []
    done = threading.Event()

    def remember(result: Sequence[Stored]) -> None:
        stored.extend(result)
        done.set()

    journal.submit(writes, remember)
    assert done.wait(WAIT_S)
    return stored[-1].position if stored else 0


def state_of(state: SiteState) -> object:
    """Return everything that a fold knows, comparable."""
    cases = state.cases
    exercise = cases.exercise and msgspec.to_builtins(
        msgspec.structs.replace(cases.exercise, tested=set())
    )
    tested = sorted(cases.exercise.tested) if cases.exercise else []
    return (
        [msgspec.structs.astuple(case) for case in cases.open_cases()],
        cases.sensors.all(),
        sorted(cases.sensors.last_restores()),
        state.faults,
        state.lost,
        state.partitions,
        state.inhibits,
        msgspec.to_builtins(cases.tests),
        exercise,
        tested,
    )


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
            assert case.handling is not Handling.RESOLVED
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
        running = self.cases.exercise
        if (running is None) == (stage is Stage.START):
            body = ExerciseBody(mark, stage, 3600, [], [], "desk-1", "cli")
            about = running.position if running else None
            self.put(Type.EXERCISE, body, about=about)

    @rule(ms=st.sampled_from([1000, BUNDLE_MS + 1]))
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


class Story:
    """A fold beside its journal."""

    def __init__(self, alarms: Journal) -> None:
        self.alarms = alarms
        self.state = SiteState()
        self.cases = self.state.cases
        self.seq = 0

    def tell(self, body: EventBody, device: str = "a") -> Case | None:
        """Put an event and return the alarm that it belongs to."""
        self.seq += 1
        position = commit(self.alarms, NewEntry(Type.EVENT, body, device, 7, self.seq))
        with self.alarms.reader() as reader:
            catch_up(self.state, reader)
        return self.cases.case(position)

    def tell_as(self, seq: int, body: EventBody, device: str = "a") -> Case | None:
        """Put an event with this number of the device."""
        self.seq = seq - 1
        return self.tell(body, device)

    def act(self, case: Case, *actions: Action) -> None:
        """Have people act."""
        for action in actions:
            body = ActionBody(action, "desk-1", "cli")
            commit(self.alarms, NewEntry(Type.ACTION, body, about=case.position))
        with self.alarms.reader() as reader:
            catch_up(self.state, reader)


@pytest.fixture
def story(alarms: Journal) -> Story:
    return Story(alarms)


def test_one_alarm_per_point_kind_and_partition(story: Story) -> None:
    first = story.tell(event())
    assert first is not None
    assert story.tell(event(zone=2), "b") is first
    others = [
        story.tell(event(kind=names.SMOKE)),
        story.tell(event(place="next door")),
        story.tell(event(partition=2)),
        story.tell(event(mark=Mark.DRILL)),
        story.tell(event(place="")),
    ]
    assert len({case.position for case in others if case is not None} - {first.position}) == 5
    assert first.events == 2


def test_it_is_active_until_every_sensor_is_restored(story: Story) -> None:
    case = story.tell(event())
    story.tell(event(zone=2), "b")
    story.tell(event(names.RESTORE))
    assert case is not None
    assert case.condition == "active"
    story.tell(event(names.RESTORE, zone=2), "b")
    assert case.condition == "restored"


def test_what_comes_long_after_an_acknowledgement_is_an_alarm_of_its_own(
    story: Story, clock: ManualClock
) -> None:
    first = story.tell(event())
    clock.advance(3 * BUNDLE_MS)
    assert story.tell(event()) is first, "nobody has looked at it yet"
    assert first is not None
    story.act(first, Action.ACKNOWLEDGE)
    clock.advance(BUNDLE_MS)
    clock.wall += 100 * BUNDLE_MS
    assert story.tell(event()) is first, "only the monotonic clock counts"
    clock.advance(BUNDLE_MS + 1)
    assert story.tell(event()) is not first


def test_an_older_alarm_takes_over_again_whatever_was_read_before(
    story: Story, clock: ManualClock
) -> None:
    first = story.tell(event())
    assert first is not None
    story.act(first, Action.ACKNOWLEDGE)
    clock.advance(BUNDLE_MS + 1)
    second = story.tell(event())
    assert second is not None
    story.act(second, Action.ACKNOWLEDGE, Action.RESOLVE)
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, snapshot(story.state), reader)
    # A new boot with a clock that is behind: the older alarm seems to be recent.
    clock.boot, clock.wall = "another", clock.wall - BUNDLE_MS
    assert story.tell(event()) is first
    with story.alarms.reader() as reader:
        catch_up(fresh, reader)
    assert state_of(fresh) == state_of(story.state)


def test_what_comes_after_the_resolution_is_an_alarm_of_its_own(story: Story) -> None:
    first = story.tell(event())
    assert first is not None
    story.act(first, Action.ACKNOWLEDGE, Action.RESOLVE)
    second = story.tell(event())
    assert second is not first
    assert [case.handling for case in story.cases.open_cases()] == ["resolved", "new"]


def test_what_was_said_after_a_snapshot_counts_once(story: Story) -> None:
    case = story.tell(event())
    assert case is not None
    story.act(case, Action.NOTE)
    saved = snapshot(story.state)
    story.act(case, Action.NOTE, Action.ACKNOWLEDGE)
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, saved, reader)
        assert [step.action for step in fresh.cases.open_cases()[0].steps] == ["note"]
        catch_up(fresh, reader)
    assert state_of(fresh) == state_of(story.state)


def test_a_door_that_the_register_reports_is_an_alarm(story: Story) -> None:
    opened = {"kind": names.DOOR, "detail": names.OPEN}
    assert story.tell(event(names.NOTICE, **opened)) is None
    case = story.tell(event(names.NOTICE, **opened, reported=True))
    assert case is not None
    story.tell(event(names.NOTICE, kind=names.DOOR, detail=names.CLOSED))
    assert case.condition == "restored"
    assert story.tell(event(names.TROUBLE, kind=names.DOOR, detail=names.FORCED)) is case
    assert story.tell(event(names.TROUBLE, kind=names.DOOR, detail=names.LEFT_OPEN)) is None


def test_a_chattering_sensor_fills_no_memory(story: Story) -> None:
    case = story.tell(event())
    for _ in range(KEPT + 10):
        story.tell(event(names.RESTORE))
        story.tell(event())
    assert case is not None
    assert case.events == KEPT + 11
    assert len(case.raised) == KEPT + 1
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, snapshot(story.state), reader)
    assert state_of(fresh) == state_of(story.state)


def test_every_action_has_a_step() -> None:
    assert set(STEPS) == set(Action)


def test_what_is_inhibited_opens_no_case() -> None:
    cases = Cases()
    for position, held in ((1, 9), (2, 0)):
        body = event(kind=names.TAMPER, inhibited=held)
        cases.take(Entry(position, Type.EVENT, 1, "b", 1, "d", 7, position, None, body))
    assert [case.position for case in cases.open_cases()] == [2]


def test_a_restore_that_arrives_before_its_alarm_counts_and_an_older_one_does_not(
    story: Story,
) -> None:
    story.tell_as(2, event(names.RESTORE))
    case = story.tell_as(1, event())
    assert case is not None
    assert case.condition == "restored"
    assert case.handling == "new", "nobody has seen it"
    story.tell_as(5, event())
    story.tell_as(4, event(names.RESTORE))
    assert case.condition == "active"
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, snapshot(story.state), reader)
    assert state_of(fresh) == state_of(story.state)
    story.tell_as(8, event(names.RESTORE))
    assert case.condition == "restored"
    story.tell_as(6, event(names.RESTORE))
    story.tell_as(7, event())
    assert case.condition == "restored", "the restore of number 8 has arrived already"
    assert story.state.sensors.all() == []


def test_a_snapshot_of_an_earlier_version_is_completed_from_the_journal(story: Story) -> None:
    case = story.tell(event())
    story.tell(event(names.TROUBLE, kind=names.SMOKE))
    kept = snapshot(story.state)
    of_old = {n: v for n, v in kept.state.items() if n.partition("/")[0] in ("case", "event")}
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, Cursor(kept.name, kept.position, of_old), reader)
    assert case is not None
    assert state_of(fresh) == state_of(story.state)
    assert len(fresh.sensors.all()) == 2


def test_a_centre_that_has_any_event_of_an_alarm_has_it_also_after_a_restart(story: Story) -> None:
    case, second = story.tell(event()), story.tell(event())
    assert case is second is not None
    answer = DeliveryBody("police", 1, True, "ACK", 3)
    commit(story.alarms, NewEntry(Type.DELIVERY, answer, about=max(case.raised)))
    fresh = SiteState()
    with story.alarms.reader() as reader:
        catch_up(story.state, reader)
        restore(fresh, snapshot(story.state), reader)
    assert case.accepted_by == ["police"]
    assert state_of(fresh) == state_of(story.state)
