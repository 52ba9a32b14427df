"""Who falls silent, who comes back, and what is made of many at once."""

import sqlite3
import threading

import pytest

from callpoint_gateway.configuration.config import SupervisionSettings
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import EventBody, FaultBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.devices import TOGETHER, TOGETHER_MS, Supervision
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_protocol import names

from ..conftest import ManualClock

WAIT_S = 60.0
LOST, BACK = names.TROUBLE, names.TROUBLE_RESTORE


class Watch:
    """Supervision of ``count`` boards that may be silent for 180 s."""

    def __init__(self, alarms: Journal, clock: ManualClock, count: int) -> None:
        self.alarms, self.clock = alarms, clock
        self.names = [f"board-{n}" for n in range(count)]
        zone = Zone(zone=4, kind="panic")
        boards = [Device(id=name, place="home", zone=[zone]) for name in self.names]
        self.register = Register([Place(id="home")], boards)
        self.closed: set[str | None] = set()
        self.worked_on: set[str] = set()
        self.settings = SupervisionSettings()
        self.source = "mqtt"
        self.supervision = self.started()

    def started(self) -> Supervision:
        return Supervision(
            "estate",
            self.register,
            self.alarms,
            self.clock,
            lambda source: source not in self.closed,
            self.settings,
            lambda device: device in self.worked_on,
        )

    def let_pass(self, seconds: int, heard: list[str] | None = None) -> None:
        """Let time pass second by second; those ``heard`` send all the while."""
        for _ in range(seconds):
            self.clock.advance(1000)
            for name in heard or []:
                self.supervision.heard(name, self.source)
            self.supervision.look()
        stored = threading.Event()
        self.alarms.submit([], lambda _: stored.set())
        assert stored.wait(WAIT_S)

    def reported(self) -> list[tuple[str, int | bool]]:
        """Return (device, state) and (source, active) of all that was reported."""
        found: list[tuple[str, int | bool]] = []
        with self.alarms.reader() as reader:
            for entry in reader.read(0, 1000, (Type.EVENT, Type.FAULT)):
                if isinstance(entry.body, EventBody):
                    assert (entry.body.kind, entry.body.zone) == (names.SUPERVISION, 4)
                    found.append((entry.device or "", entry.body.state))
                elif isinstance(entry.body, FaultBody):
                    assert bool(entry.body.remedy) == entry.body.active
                    found.append((entry.body.source, entry.body.active))
        return found


@pytest.fixture
def two(alarms: Journal, clock: ManualClock) -> Watch:
    return Watch(alarms, clock, 2)


@pytest.fixture
def ten(alarms: Journal, clock: ManualClock) -> Watch:
    return Watch(alarms, clock, 10)


def test_a_silent_device_is_trouble_and_its_return_a_restore(two: Watch) -> None:
    two.let_pass(180, ["board-0"])
    assert two.reported() == []
    two.let_pass(2, ["board-0"])
    assert two.reported() == [("board-1", LOST)]
    two.let_pass(1000, ["board-0"])
    assert two.reported() == [("board-1", LOST)]
    two.let_pass(1, ["board-0", "board-1"])
    assert two.reported() == [("board-1", LOST), ("board-1", BACK)]


def test_a_brief_drop_out_is_nothing(two: Watch) -> None:
    for _ in range(5):
        two.let_pass(170, ["board-0"])
        two.let_pass(1, ["board-0", "board-1"])
    assert two.reported() == []


def test_a_restart_reports_nothing_twice(two: Watch) -> None:
    two.let_pass(200, ["board-0"])
    two.supervision = two.started()
    two.let_pass(400, ["board-0"])
    assert two.reported() == [("board-1", LOST)]
    two.supervision = two.started()
    two.let_pass(1, ["board-0", "board-1"])
    assert two.reported() == [("board-1", LOST), ("board-1", BACK)]


def test_after_a_restart_each_device_has_its_time_again(two: Watch) -> None:
    two.supervision = two.started()
    two.let_pass(170)
    assert two.reported() == []


def test_many_at_once_are_one_finding(ten: Watch) -> None:
    ten.let_pass(400, ["board-0", "board-1"])
    assert ten.reported() == [(TOGETHER, True)]
    ten.let_pass(5, ten.names[:9])
    assert ten.reported() == [(TOGETHER, True)]
    ten.let_pass(5, ten.names)
    assert ten.reported() == [(TOGETHER, True), (TOGETHER, False)]


def test_one_finding_survives_a_restart(ten: Watch) -> None:
    ten.let_pass(400, ["board-0"])
    ten.supervision = ten.started()
    ten.let_pass(400, ["board-0"])
    assert ten.reported() == [(TOGETHER, True)]
    ten.let_pass(5, ten.names)
    assert ten.reported()[-1] == (TOGETHER, False)


def test_a_few_of_many_are_reported_one_by_one(ten: Watch) -> None:
    ten.let_pass(180 + TOGETHER_MS // 1000 + 2, ten.names[2:])
    assert ten.reported() == [("board-0", LOST), ("board-1", LOST)]


def test_time_without_a_link_does_not_count(two: Watch) -> None:
    two.let_pass(170)
    two.closed = {None, "mqtt"}
    two.let_pass(10_000)
    two.closed = set()
    two.let_pass(5)
    assert two.reported() == []
    two.let_pass(10)
    assert two.reported() == [("board-0", LOST), ("board-1", LOST)]


def test_the_wall_clock_decides_nothing(two: Watch) -> None:
    two.let_pass(100)
    two.clock.wall += 100_000_000
    two.let_pass(10)
    two.clock.wall -= 900_000_000
    two.let_pass(10)
    assert two.reported() == []


def test_a_device_may_be_left_alone(alarms: Journal, clock: ManualClock) -> None:
    watch = Watch(alarms, clock, 0)
    watch.register = Register(
        [Place(id="home")], [Device(id="spare", place="home", silent_after_s=0)]
    )
    watch.supervision = watch.started()
    watch.let_pass(10_000)
    assert watch.reported() == []


def test_only_the_way_on_which_a_device_comes_counts(two: Watch) -> None:
    two.source = "serial/bridge"
    two.let_pass(1, ["board-0"])
    two.source = "mqtt"
    two.let_pass(1, ["board-1"])
    two.closed = {"serial/bridge"}
    two.let_pass(400)
    assert two.reported() == [("board-1", LOST)]
    two.closed = {"mqtt"}
    two.let_pass(400)
    assert two.reported() == [("board-1", LOST), ("board-0", LOST)]


def test_who_is_worked_on_is_not_missed(two: Watch) -> None:
    two.worked_on = {"board-0"}
    two.let_pass(400)
    assert two.reported() == [("board-1", LOST)]
    assert [one.state for one in two.supervision.states()] == [
        SupervisedState.WORKED_ON,
        SupervisedState.FAULT,
    ]
    # A return is told also while it is worked on, and the end of the work is no fault.
    two.worked_on = {"board-0", "board-1"}
    two.let_pass(1, ["board-1"])
    assert two.reported() == [("board-1", LOST), ("board-1", BACK)]
    two.worked_on = set()
    two.let_pass(170, ["board-1"])
    assert len(two.reported()) == 2
    two.let_pass(20, ["board-1"])
    assert two.reported()[2:] == [("board-0", LOST)]


def test_each_device_has_its_own_time(alarms: Journal, clock: ManualClock) -> None:
    watch = Watch(alarms, clock, 0)
    watch.settings = SupervisionSettings(kinds={"smoke": 60, "door": 7200, "water": 0})

    def device(id: str, *kinds: str, power: str = "mains", after_s: int | None = None) -> Device:
        zones = [Zone(zone=4, kind=kind) for kind in kinds]
        return Device(id=id, place="home", zone=zones, power=power, silent_after_s=after_s)

    devices = [
        device("mains", "panic"),
        device("battery", "panic", power="battery"),
        device("kind", "smoke", "door", "water", power="battery"),
        device("own", "smoke", after_s=30),
        device("none", "water"),
        device("never", "smoke", after_s=0),
    ]
    watch.register = Register([Place(id="home")], devices)
    watch.supervision = watch.started()
    set_s = {one.source: one.after_s for one in watch.supervision.states()}
    assert set_s == {
        "device/mains": 180,
        "device/battery": 7200,
        "device/kind": 60,
        "device/own": 30,
    }


def test_states_say_since_when(two: Watch) -> None:
    def states() -> list[SupervisedState]:
        return [one.state for one in two.supervision.states()]

    assert states() == [SupervisedState.UNKNOWN, SupervisedState.UNKNOWN]
    two.let_pass(10, ["board-0"])
    assert states() == [SupervisedState.OK, SupervisedState.UNKNOWN]
    assert two.supervision.states()[0].since_ms == two.clock.monotonic
    two.let_pass(171, ["board-0"])
    assert states() == [SupervisedState.OK, SupervisedState.FAULT]


def test_a_journal_without_the_cursor_is_read(two: Watch) -> None:
    two.let_pass(200, ["board-0"])
    with sqlite3.connect(two.alarms.path) as journal:
        journal.execute("DELETE FROM cursors")
    journal.close()
    two.supervision = two.started()
    two.let_pass(300, ["board-0"])
    assert two.reported() == [("board-1", LOST)]


def test_a_finding_ends_when_its_devices_are_removed(ten: Watch) -> None:
    ten.let_pass(400, ten.names[:4])
    assert ten.reported() == [(TOGETHER, True)]
    boards = [d for name in ten.names[:4] if (d := ten.register.device(name)) is not None]
    ten.register = Register([Place(id="home")], boards)
    for _ in range(2):
        ten.supervision = ten.started()
        ten.let_pass(1, ten.names)
        assert ten.reported() == [(TOGETHER, True), (TOGETHER, False)]


def test_a_response_level_shortens_the_time_of_devices_on_mains_power(
    alarms: Journal, clock: ManualClock
) -> None:
    zone = Zone(zone=4, kind="panic")
    register = Register(
        [Place(id="home"), Place(id="kiosk")],
        [
            Device(id="near", place="kiosk", zone=[zone]),
            Device(id="far", place="home", zone=[zone]),
            Device(id="cell", place="kiosk", power="battery", silent_after_s=180, zone=[zone]),
        ],
    )
    part = {"kiosk": 1.0}
    supervision = Supervision(
        "estate",
        register,
        alarms,
        clock,
        lambda source: True,
        SupervisionSettings(),
        sooner=lambda place: part.get(place.id, 1.0) if place else 1.0,
    )
    for name in ("near", "far", "cell"):
        supervision.heard(name, "mqtt")
    clock.advance(100_000)
    part["kiosk"] = 0.5
    states = {found.source: (found.after_s, found.state) for found in supervision.states()}
    assert states == {
        "device/near": (90, SupervisedState.DUE),
        "device/far": (180, SupervisedState.OK),
        "device/cell": (180, SupervisedState.OK),
    }
