"""What a board that sends without end may have stored, and what passes all the same."""

from collections.abc import Iterator

import pytest

from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.ingest import allowance
from callpoint_gateway.ingest.allowance import BURST, KEPT, Allowance
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.journal.entries import EventBody
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import messages, names

from ..conftest import ManualClock
from . import test_ingest
from .test_ingest import Bench, bench, status, to

__all__ = ["bench"]


ZONES = [
    Zone(zone=1, kind="panic"),
    Zone(zone=2, kind="door", report_opening=True),
    Zone(zone=3, kind="door", guarded_by="flat"),
    Zone(zone=4, kind="door"),
]


@pytest.fixture
def watched(
    alarms: Journal, telemetry: Journal, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A bench whose register has a reported, a guarded and an ordinary door at one board."""
    register = Register([Place(id="home")], [Device(id="door", place="home", zone=ZONES)])
    monkeypatch.setattr(test_ingest, "REGISTER", register)
    made = Bench(alarms, telemetry, clock)
    yield made
    made.settle()
    made.answers.close()


class Seconds:
    """A clock for the allowances."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_surplus_of_one_device_waits_in_its_memory(bench: Bench) -> None:
    """It is neither stored nor answered, and one fault names the device."""
    bench.take(*((to("door"), _panic(seq)) for seq in range(1, 2 * BURST)))
    stored = len(_of(bench, "door"))
    assert stored == BURST + 1, "the allowance and the zone's own"
    told = sum(count for device, stage, _, _, count in bench.told if device == "door")
    assert told == stored
    blamed = {(device, sort) for device, sort, _ in bench.blamed}
    assert blamed == {("door", "flood"), ("door", "chatter/1")}
    assert bench.ingest.counted["mqtt", "passed_over"] == 2 * BURST - 1 - stored
    # Another device, and another sensor of the same.
    smoke = messages.encode_event(7, 9_000, names.SMOKE, names.ALARM, 2)
    bench.take((to("button"), _panic(1)), (to("door"), smoke))
    assert len(_of(bench, "button")) == 1
    assert _zones(bench, "door")[2] == 1


def test_what_was_passed_over_is_stored_when_it_comes_again() -> None:
    clock = Seconds()
    allowed = Allowance(now=clock)
    first = [allowed.store_event("door", 1, names.DOOR, alarm=False) for _ in range(BURST + 5)]
    assert sum(first) == BURST
    clock.now += 3 / allowance.PER_S
    again = [allowed.store_event("door", 1, names.DOOR, alarm=False) for _ in range(5)]
    assert sum(again) == 3


def test_the_first_alarm_of_a_quiet_zone_always_passes() -> None:
    clock = Seconds()
    allowed = Allowance(now=clock)
    while allowed.store_event("hall", 1, names.DOOR, alarm=False):
        pass
    assert allowed.store_event("hall", 2, names.SMOKE, alarm=True)
    assert not allowed.store_event("hall", 2, names.SMOKE, alarm=True), "said a moment ago"
    assert allowed.store_event("hall", 3, names.PANIC, alarm=True)
    clock.now += allowance.QUIET_S
    while allowed.store_event("hall", 1, names.DOOR, alarm=False):
        pass
    assert allowed.store_event("hall", 2, names.SMOKE, alarm=True)


def test_zones_that_the_register_does_not_list_share_what_passes_beyond_the_allowance() -> None:
    """Else a board with 256 zones of its own would have 256 alarms pass every ten seconds."""
    clock = Seconds()
    allowed = Allowance(lambda device: device == "listed", clock)
    for device, passed in (("listed", 256), ("bare", 1)):
        while allowed.store_event(device, 1, names.DOOR, alarm=False):
            pass
        zones = [allowed.store_event(device, zone, names.PANIC, alarm=True) for zone in range(256)]
        assert sum(zones) == passed
        assert allowed.store_event(device, 9, names.SMOKE, alarm=True), "another kind"
    clock.now += allowance.QUIET_S
    while allowed.store_event("bare", 1, names.DOOR, alarm=False):
        pass
    assert allowed.store_event("bare", 200, names.PANIC, alarm=True)


def test_a_board_without_zones_in_the_register_floods_no_more_than_another(bench: Bench) -> None:
    """Its kinds and zones are its own, and its place is the device's."""
    panics = [_panic(seq, zone=seq % 256) for seq in range(1, 2 * BURST)]
    bench.take(*((to("door"), panic) for panic in panics))
    stored = _of(bench, "door")
    assert len(stored) == BURST + 1
    assert len(_zones(bench, "door")) == 256
    assert {body.place for body in stored} == {"home"}


@pytest.mark.parametrize(
    ("state", "detail", "passing"),
    [
        (names.NOTICE, names.OPEN, [2, 3]),
        (names.NOTICE, names.CLOSED, []),
        (names.TROUBLE, names.FORCED, [2, 3, 4]),
        (names.TROUBLE, names.LEFT_OPEN, []),
    ],
)
def test_a_door_that_somebody_watches_passes_as_an_alarm_does(
    watched: Bench, state: int, detail: int, passing: list[int]
) -> None:
    """Its opening is an alarm of the register, whatever the board calls it."""
    watched.take(*((to("door"), _panic(seq)) for seq in range(1, 2 * BURST)))
    doors = [
        messages.encode_event(7, 9_000 + zone, names.DOOR, state, zone, detail)
        for zone in (2, 3, 4)
    ]
    watched.take(*((to("door"), door) for door in doors))
    assert [zone for zone in _zones(watched, "door") if zone != 1] == passing


def test_readings_use_up_nothing_that_an_event_needs() -> None:
    allowed = Allowance(now=Seconds())
    while allowed.store("door", names.TELEMETRY):
        pass
    assert allowed.store("door", names.EVENT)


@pytest.mark.parametrize(("device", "blamed"), [("door", {"door"}), ("stranger", set())])
def test_of_what_cannot_be_used_only_so_much_is_kept(
    bench: Bench, device: str, blamed: set[str]
) -> None:
    bench.take(*((to(device), b"no JSON") for _ in range(KEPT + 100)))
    assert len(bench.reasons()) == KEPT
    assert bench.ingest.counted["mqtt", "not_kept"] == KEPT + 100 - len(bench.reasons())
    assert {device for device, _, _ in bench.blamed} == blamed


def test_a_state_that_flaps_fills_no_disk(bench: Bench) -> None:
    flapping = [status(1 + number % 2) for number in range(BURST + 500)]
    left = [Message(*one) for one in flapping]
    bench.ingest.take("mqtt", left, lambda: None)
    bench.settle()
    with bench.alarms.reader() as reader:
        assert reader.head() == BURST


def _panic(seq: int, zone: int = 1) -> bytes:
    return messages.encode_event(7, seq, names.PANIC, names.ALARM, zone)


def _of(bench: Bench, device: str) -> list[EventBody]:
    with bench.alarms.reader() as reader:
        found = reader.read(0, 10 * BURST)
    return [one.body for one in found if one.device == device and isinstance(one.body, EventBody)]


def _zones(bench: Bench, device: str) -> dict[int, int]:
    zones = [body.zone for body in _of(bench, device)]
    return {zone: zones.count(zone) for zone in zones}
