"""What a board that sends without end may have stored, and what passes all the same."""

import pytest

from callpoint_gateway.ingest import allowance
from callpoint_gateway.ingest.allowance import BURST, KEPT, Allowance
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.journal.entries import EventBody
from callpoint_protocol import messages, names

from .test_ingest import Bench, bench, status, to

__all__ = ["bench"]


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
    assert BURST < stored < BURST + 200, "the allowance, the zone's own and what came back"
    told = sum(count for device, stage, _, _, count in bench.told if device == "door")
    assert told == stored
    blamed = {(device, sort) for device, sort, _ in bench.blamed}
    assert blamed == {("door", "flood"), ("door", "chatter/1")}
    assert bench.ingest.counted["mqtt", "passed_over"] == 2 * BURST - 1 - stored
    # Another device, and another zone of the same.
    bench.take((to("button"), _panic(1)), (to("door"), _panic(9_000, zone=2)))
    assert len(_of(bench, "button")) == 1
    assert _zones(bench, "door")[2] == 1


def test_what_was_passed_over_is_stored_when_it_comes_again() -> None:
    clock = Seconds()
    allowed = Allowance(clock)
    first = [allowed.store_event("door", 1, names.DOOR, names.NOTICE) for _ in range(BURST + 5)]
    assert sum(first) == BURST
    clock.now += 3 / allowance.PER_S
    again = [allowed.store_event("door", 1, names.DOOR, names.NOTICE) for _ in range(5)]
    assert sum(again) == 3


def test_the_first_alarm_of_a_quiet_zone_always_passes() -> None:
    clock = Seconds()
    allowed = Allowance(clock)
    while allowed.store_event("hall", 1, names.DOOR, names.NOTICE):
        pass
    assert allowed.store_event("hall", 2, names.SMOKE, names.ALARM)
    assert not allowed.store_event("hall", 2, names.SMOKE, names.ALARM), "said a moment ago"
    assert allowed.store_event("hall", 3, names.PANIC, names.ALARM)
    clock.now += allowance.QUIET_S
    while allowed.store_event("hall", 1, names.DOOR, names.NOTICE):
        pass
    assert allowed.store_event("hall", 2, names.SMOKE, names.ALARM)


def test_readings_use_up_nothing_that_an_event_needs() -> None:
    allowed = Allowance(Seconds())
    while allowed.store("door", names.TELEMETRY):
        pass
    assert allowed.store("door", names.EVENT)


@pytest.mark.parametrize(("device", "blamed"), [("door", {"door"}), ("stranger", set())])
def test_of_what_cannot_be_used_only_so_much_is_kept(
    bench: Bench, device: str, blamed: set[str]
) -> None:
    bench.take(*((to(device), b"no JSON") for _ in range(KEPT + 100)))
    assert KEPT <= len(bench.reasons()) < KEPT + 50
    assert bench.ingest.counted["mqtt", "not_kept"] == KEPT + 100 - len(bench.reasons())
    assert {device for device, _, _ in bench.blamed} == blamed


def test_a_state_that_flaps_fills_no_disk(bench: Bench) -> None:
    flapping = [status(1 + number % 2) for number in range(BURST + 500)]
    left = [Message(*one) for one in flapping]
    bench.ingest.take("mqtt", left, lambda: None)
    bench.settle()
    with bench.alarms.reader() as reader:
        assert reader.head() < BURST + 200


def _panic(seq: int, zone: int = 1) -> bytes:
    return messages.encode_event(7, seq, names.PANIC, names.ALARM, zone)


def _of(bench: Bench, device: str) -> list[EventBody]:
    with bench.alarms.reader() as reader:
        found = reader.read(0, 10 * BURST)
    return [one.body for one in found if one.device == device and isinstance(one.body, EventBody)]


def _zones(bench: Bench, device: str) -> dict[int, int]:
    zones = [body.zone for body in _of(bench, device)]
    return {zone: zones.count(zone) for zone in zones}
