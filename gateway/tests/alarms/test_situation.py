"""What is the matter at a site, read from a journal: the one model that everything shows."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from callpoint_gateway.alarms.case import Handling
from callpoint_gateway.alarms.model import LOOKED_FOR, Model
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.alarms.situation import Silence, Situation
from callpoint_gateway.alarms.snapshot import catch_up, snapshot
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.journal.entries import (
    Action,
    ArmingBody,
    Body,
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
    Stage,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.partition import Mode, Panel, State
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.supervision.devices import NAME as SUPERVISION
from callpoint_protocol import names

from ..conftest import ManualClock
from .site_journals import NORMAL, REGISTER, URGENT, Site


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    found = Site(tmp_path, clock)
    yield found
    found.close()


def test_a_panic_that_was_released_is_open_until_a_person_has_it(site: Site) -> None:
    alarm = site.event(names.ALARM)
    site.event(names.RESTORE)
    site.tell(DeliveryBody("police", 1, True, "ACK", 3), about=alarm)
    (shown,) = site.now().real
    assert (shown.handling, shown.condition, shown.accepted_by) == ("new", "restored", ("police",))
    assert not site.now().quiet
    site.act(alarm, Action.ACKNOWLEDGE)
    assert not site.now().quiet, "acknowledged is not closed"
    site.act(alarm, Action.CLOSE, cause=Cause.FALSE)
    assert site.now().quiet


def test_what_an_operator_closed_is_closed_though_the_detector_goes_on(site: Site) -> None:
    alarm = site.event(names.ALARM, names.SMOKE)
    site.act(alarm, Action.ACKNOWLEDGE, Action.CLOSE, cause=Cause.FALSE)
    assert site.now().alarms == ()
    assert site.now().quiet


def test_the_smoke_of_a_drill_is_no_real_alarm_and_not_quiet(site: Site) -> None:
    start = ExerciseBody(Mark.DRILL, Stage.START, 600, [], [], "desk-2", "cli")
    begun = site.tell(start, None)
    site.event(names.ALARM, names.SMOKE, mark=Mark.DRILL)
    site.clock.advance(100_000)
    now = site.now()
    assert now.real == []
    assert [one.mark for one in now.exercised] == ["drill"]
    assert [(each.mark, each.left_ms) for each in now.exercises] == [("drill", 500_000)]
    assert not now.quiet
    site.act(now.alarms[0].alarm, Action.CLOSE, cause=Cause.DRILL)
    assert not site.now().quiet, "it still runs"
    site.tell(msgspec.structs.replace(start, stage=Stage.END), None, begun)
    assert site.now().quiet


def test_what_a_walk_test_raises_is_no_alarm(site: Site) -> None:
    site.event(names.ALARM, names.SMOKE, mark=Mark.TEST)
    assert site.now().alarms == ()


def test_the_detector_of_a_disarmed_partition_is_no_alarm(site: Site) -> None:
    site.event(names.ALARM, names.INTRUSION, guarded=True)
    assert site.now().alarms == ()
    assert site.now().quiet
    # That of an armed one is an event which the guard writes.
    site.event(names.ALARM, names.INTRUSION)
    assert len(site.now().real) == 1


def test_what_is_inhibited_is_not_the_matter_and_is_named(site: Site) -> None:
    body = InhibitBody("button", None, "", "new lock", "technician", False, False, 0, 60_000)
    number = site.tell(body)
    for state in (names.ALARM, names.TROUBLE):
        site.event(state, names.TAMPER, inhibited=number)
    now = site.now()
    assert now.quiet
    assert [(one.number, one.role, one.left_ms) for one in now.inhibits] == [
        (number, "technician", 60_000)
    ]
    site.tell(InhibitOverBody(""), about=number)
    assert site.now().inhibits == ()


def test_overdue_and_escalated_alarms_say_so(site: Site) -> None:
    alarm = site.event(names.ALARM)
    assert not site.now().alarms[0].overdue
    site.clock.advance(42_000)
    (shown,) = site.now().alarms
    first = shown.deadlines[0]
    assert (first.what, first.rest_ms) == ("acknowledge", -12_000)
    assert shown.overdue
    site.tell(EscalationBody("acknowledge", 0, "supervisor", 12_000), about=alarm)
    (shown,) = site.now().alarms
    assert [(one.to, one.overdue_ms) for one in shown.escalated] == [("supervisor", 12_000)]


def test_the_most_urgent_comes_first_then_the_oldest(site: Site) -> None:
    water = site.event(names.ALARM, names.WATER)
    panic = site.event(names.ALARM)
    smoke = site.event(names.ALARM, names.SMOKE)
    assert [one.alarm for one in site.now().alarms] == [panic, smoke, water]


def test_a_device_is_missed_until_its_first_word(site: Site) -> None:
    assert site.now().quiet, "without a register nobody is expected"
    (missed,) = site.now(REGISTER).missed
    assert (missed.device, missed.how, missed.since_ms) == ("button", Silence.UNHEARD, None)
    assert missed.where == "3 / 301"
    assert not site.now(REGISTER).quiet
    # What the broker says of it is not its word.
    site.tell(StatusBody("estate", names.ONLINE, 7, "1", 1))
    assert not site.now(REGISTER).quiet
    model = site.model(REGISTER)
    reading = TelemetryBody("estate", {"mv": 3000}, site.clock.wall)
    site.store(NewEntry(Type.TELEMETRY, reading, "button", 7, 1), lane=site.telemetry)
    model.follow()
    assert model.situation().quiet
    assert site.now(REGISTER).quiet


def test_a_device_is_missed_once_as_it_is_missed_worst(site: Site) -> None:
    site.tell(StatusBody("estate", names.LOST, 7, "", 0))
    assert [one.how for one in site.now(REGISTER).missed] == [Silence.LOST]
    site.event(names.TROUBLE, names.SUPERVISION)
    now = site.now(REGISTER)
    assert [(one.device, one.how) for one in now.missed] == [("button", Silence.SILENT)]
    assert now.troubles == ()
    site.event(names.TROUBLE_RESTORE, names.SUPERVISION)
    site.tell(StatusBody("estate", names.ONLINE, 8, "1", 1))
    assert site.now(REGISTER).quiet


def test_devices_that_fell_silent_together_are_named(site: Site) -> None:
    site.store(
        NewEntry(Type.FAULT, FaultBody("devices", True, "a button")),
        Cursor(SUPERVISION, 0, {"a": 2, "button": 2}),
    )
    now = site.now()
    assert [(one.device, one.how) for one in now.missed] == [("a", "silent"), ("button", "silent")]
    assert [one.source for one in now.faults] == ["devices"]


def test_faults_and_troubles_stand_until_they_are_over(site: Site) -> None:
    site.tell(FaultBody("centre/police", True, "refused"), None)
    site.tell(FaultBody("centre/police", True, "said again"), None)
    site.event(names.TROUBLE, names.DEVICE, names.FAULT_CLOCK)
    site.event(names.TROUBLE, names.BATTERY, 2900)
    site.event(names.TROUBLE, names.DOOR, names.LEFT_OPEN)
    site.event(names.TROUBLE, names.DOOR, names.LOOP_OPEN)
    site.event(names.TROUBLE_RESTORE, names.DEVICE, names.FAULT_RESTART)
    now = site.now()
    assert [(one.source, str(one.reason)) for one in now.faults] == [("centre/police", "refused")]
    assert len(now.troubles) == 4
    assert not now.quiet
    site.tell(FaultBody("centre/police", False, "back"), None)
    site.event(names.TROUBLE_RESTORE, names.DEVICE, names.FAULT_CLOCK)
    site.event(names.TROUBLE_RESTORE, names.BATTERY, 3200)
    site.event(names.TROUBLE_RESTORE, names.DOOR, names.LEFT_OPEN)
    assert [one.detail for one in site.now().troubles] == [names.LOOP_OPEN]
    site.event(names.TROUBLE_RESTORE, names.DOOR, names.LOOP_OPEN)
    assert site.now().quiet


def test_partitions_are_as_they_were_left(site: Site) -> None:
    site.tell(ArmingBody(Panel(State.ARMED, Mode.AWAY), "guard", "cli"), "flat")
    site.tell(ArmingBody(Panel(State.PENDING, Mode.AWAY, 30), "gateway", "gateway"), "flat")
    site.tell(ArmingBody(Panel(State.ARMED, Mode.HOME), "guard", "cli"), "removed")
    site.clock.advance(10_000)
    (shown,) = site.now(REGISTER).partitions
    assert (shown.partition, shown.panel.state, shown.left_ms) == ("flat", "pending", 20_000)
    assert len(site.now().partitions) == 2, "without a register all are shown"


def test_which_centres_have_an_alarm_and_which_are_awaited(site: Site) -> None:
    site.store(Cursor(URGENT, 0), Cursor(NORMAL, 0), Cursor("centre/fire/urgent", 0))
    alarm = site.event(names.ALARM)
    assert site.now().alarms[0].awaited == ("fire", "police")
    site.tell(DeliveryBody("police", 1, False, "NAK", 3), about=alarm)
    # It was not for this one: its cursor is beyond it, and it said nothing.
    site.store(Cursor("centre/fire/urgent", alarm))
    (shown,) = site.now().alarms
    assert (shown.accepted_by, shown.refused_by, shown.awaited) == ((), ("police",), ())


def test_an_idle_gateway_has_nothing_waiting(site: Site) -> None:
    names_of = (URGENT, NORMAL, "timeseries", "alarms/snapshot", "state/arming")
    site.store(*(Cursor(name, 0) for name in names_of))
    for _ in range(3):
        alarm = site.event(names.ALARM)
    waiting = {one.consumer: one.count for one in site.now().waiting}
    assert waiting == {URGENT: 3, NORMAL: 3, "timeseries": 3}
    # What was told, its answers and the cursors that moved with them are no work.
    site.store(Cursor(URGENT, alarm), Cursor(NORMAL, alarm), Cursor("timeseries", alarm + 4))
    for _ in range(4):
        site.tell(DeliveryBody("police", 1, True, "ACK", 3), about=alarm)
    waiting = {one.consumer: one.count for one in site.now().waiting}
    assert waiting == {URGENT: 0, NORMAL: 0, "timeseries": 0}


def test_a_follower_counts_what_comes_and_goes(site: Site) -> None:
    site.store(Cursor(URGENT, 0))
    model = site.model()
    for expected in (1, 2, 3):
        last = site.event(names.ALARM)
        assert [one.count for one in model.situation().waiting] == [expected]
    site.store(Cursor(URGENT, last - 1))
    assert [one.count for one in model.situation().waiting] == [1]
    site.store(Cursor(URGENT, last))
    assert [one.count for one in model.situation().waiting] == [0]


def test_a_centre_that_was_removed_waits_for_nothing(site: Site) -> None:
    site.store(Cursor(URGENT, 0), Cursor("centre/old/urgent", 0), Cursor("webhook/old", 0))
    site.event(names.ALARM)
    now = site.now(consumers=frozenset(["centre/police", "timeseries"]))
    assert [(one.consumer, one.count) for one in now.waiting] == [(URGENT, 1)]
    assert now.alarms[0].awaited == ("police",)


def test_time_alone_changes_nothing_of_what_is_the_matter(site: Site) -> None:
    site.event(names.ALARM)
    model = site.model()
    before = model.situation()
    site.clock.advance(5000)
    after = model.situation()
    assert after != before
    assert after.timeless == before.timeless
    site.clock.advance(60_000)
    assert model.situation().timeless != before.timeless, "now it is overdue"


class CountingReader(Reader):
    """Counts the entries that are read one after the other."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.taken = 0

    def read(self, after: int, limit: int, types: tuple[Type, ...] = ()) -> list[Entry]:  # type: ignore[override]
        found = super().read(after, limit, types)
        self.taken += len(found)
        return found


def test_a_start_reads_the_snapshot_and_not_what_ever_was(site: Site, tmp_path: Path) -> None:
    site.tell(FaultBody("timeseries", True, "away"), None)
    site.tell(ArmingBody(Panel(State.ARMED, Mode.AWAY), "guard", "cli"), "flat")
    site.tell(StatusBody("estate", names.LOST, 7, "", 0), "other")
    site.event(names.TROUBLE, names.SMOKE)
    alarm = site.event(names.ALARM)
    body = EventBody("estate", names.DOOR, names.NOTICE, 3, 0, 1, 0, 0, Quality.AGE)
    site.store(*(NewEntry(Type.EVENT, body, "door", 7, n) for n in range(5000)))
    state = SiteState()
    with site.alarms.reader() as reader:
        catch_up(state, reader)
    site.store(snapshot(state))
    site.act(alarm, Action.ACKNOWLEDGE)
    with CountingReader(tmp_path / "alarms.db") as counting:
        model = Model(counting, site.clock, AlarmSettingsByLevel(AlarmSettings()))
        model.start()
        now = model.situation()
        assert counting.taken == 1
    assert msgspec.structs.replace(now, waiting=()) == msgspec.structs.replace(
        _from_the_start(site), waiting=()
    )
    assert now.alarms[0].handling is Handling.ACKNOWLEDGED
    assert (len(now.faults), len(now.troubles), len(now.missed)) == (1, 1, 1)
    assert [one.partition for one in now.partitions] == ["flat"]


def _from_the_start(site: Site) -> Situation:
    with site.alarms.reader() as reader:
        model = Model(reader, site.clock, AlarmSettingsByLevel(AlarmSettings()))
        catch_up(model.state, reader)
        return model.situation()


@pytest.mark.parametrize(
    "body",
    [
        FaultBody("timeseries", True, "away"),
        StatusBody("estate", names.LOST, 7, "", 0),
        EventBody("estate", names.SMOKE, names.TROUBLE, 3, 0, 1, 0, 0, Quality.AGE),
        EventBody("estate", names.SUPERVISION, names.TROUBLE, 3, 0, 1, 0, 0, Quality.AGE),
        EventBody("estate", names.WATER, names.ALARM, 3, 0, 1, 0, 0, Quality.AGE),
        ExerciseBody(Mark.TEST, Stage.START, 600, [], [], "desk-2", "cli"),
    ],
)
def test_any_one_of_these_is_enough_for_it_not_to_be_quiet(site: Site, body: Body) -> None:
    assert site.now().quiet
    site.tell(body)
    assert not site.now().quiet


def test_of_thousands_never_heard_a_look_asks_for_some_and_forgets_none(site: Site) -> None:
    names_of = [f"button-{number}" for number in range(2 * LOOKED_FOR + 10)]
    register = Register(
        [Place(id="lobby", building="3")], [Device(id=name, place="lobby") for name in names_of]
    )
    model = site.model(register)
    assert len(model.situation().missed) == len(names_of)
    last = names_of[-1]
    site.seq += 1
    reading = TelemetryBody("estate", {"mv": 3000}, site.clock.wall)
    site.store(NewEntry(Type.TELEMETRY, reading, last, 7, site.seq), lane=site.telemetry)
    looks = 0
    while last in [missed.device for missed in model.situation().missed]:
        looks += 1
        assert looks <= 3
    assert len(model.situation().missed) == len(names_of) - 1
    # A new reader asks for all of them at once.
    assert last not in [missed.device for missed in site.model(register).situation().missed]
