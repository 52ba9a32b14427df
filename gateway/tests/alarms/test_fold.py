"""The fold of the alarms journal: which entries open, join, restore and close an alarm."""

import pytest

from callpoint_gateway.alarms.case import STEPS, Case, Handling
from callpoint_gateway.alarms.fold import KEPT, Cases
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.alarms.snapshot import catch_up, restore, snapshot
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    Mark,
    NewEntry,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from .case_entries import commit, event, state_of


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


def test_one_alarm_per_sensor_and_partition(story: Story) -> None:
    first = story.tell(event())
    assert first is not None
    assert story.tell(event()) is first
    others = [
        story.tell(event(zone=2)),
        story.tell(event(), "b"),
        story.tell(event(kind=names.SMOKE)),
        story.tell(event(place="next door")),
        story.tell(event(partition=2)),
        story.tell(event(mark=Mark.DRILL)),
        story.tell(event(place="")),
    ]
    assert len({case.position for case in others if case is not None} - {first.position}) == 7
    assert first.events == 2


def test_it_is_active_until_its_sensor_is_restored(story: Story) -> None:
    case = story.tell(event())
    story.tell(event(zone=2), "b")
    story.tell(event(names.RESTORE, zone=2), "b")
    assert case is not None
    assert case.condition == "active"
    story.tell(event(names.RESTORE))
    assert case.condition == "restored"


def test_a_press_after_an_acknowledgement_is_an_alarm_of_its_own(story: Story) -> None:
    """However soon it comes, and however often: a person must look again each time."""
    first = story.tell(event())
    assert first is not None
    assert story.tell(event()) is first, "nobody has looked at it yet"
    for _ in range(3):
        story.act(first, Action.ACKNOWLEDGE)
        again = story.tell(event())
        assert again is not None
        assert again is not first
        assert again.handling is Handling.NEW
        assert story.tell(event()) is again
        first = again
    story.tell(event(names.RESTORE))
    assert {case.condition for case in story.cases.open_cases()} == {"restored"}


def test_no_acknowledged_alarm_takes_over_again(story: Story) -> None:
    first = story.tell(event())
    assert first is not None
    story.act(first, Action.ACKNOWLEDGE)
    second = story.tell(event())
    assert second is not None
    story.act(second, Action.ACKNOWLEDGE, Action.RESOLVE)
    fresh = SiteState()
    with story.alarms.reader() as reader:
        restore(fresh, snapshot(story.state), reader)
    third = story.tell(event())
    assert third not in (first, second)
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
