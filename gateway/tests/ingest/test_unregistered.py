"""What the register does not give a device is never an alarm: quarantine, and a fault."""

import pytest

from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.ingest.allowance import BURST
from callpoint_protocol import messages, names

from . import test_ingest
from .test_ingest import Bench, bench, to

__all__ = ["bench"]

KNOWN = [Zone(zone=1, kind="door"), Zone(zone=2, kind="smoke")]
REGISTER = Register([Place(id="home")], [Device(id="door", place="home", zone=KNOWN)])


@pytest.fixture(autouse=True)
def with_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_ingest, "REGISTER", REGISTER)


def event(kind: int, state: int, zone: int) -> tuple[str, bytes]:
    return to("door"), messages.encode_event(7, 1, kind, state, zone)


@pytest.mark.parametrize(
    ("kind", "zone", "said"),
    [
        (names.PANIC, 1, "zone 1 of door is door in the register, not panic"),
        (names.SMOKE, 3, "zone 3 (smoke) of door is not in the register"),
        (names.TAMPER, 0, "zone 0 (tamper) of door is not in the register"),
    ],
)
def test_an_alarm_that_the_register_does_not_know(
    bench: Bench, kind: int, zone: int, said: str
) -> None:
    bench.take(event(kind, names.ALARM, zone))
    assert bench.events() == []
    assert bench.reasons() == [f"z: {said}"]
    assert bench.blamed == [("door", "unregistered", said)]
    assert bench.told == [("door", names.REFUSED, 7, 1, 1)]


@pytest.mark.parametrize(
    ("kind", "state", "zone"),
    [
        (names.DOOR, names.NOTICE, 1),
        (names.SMOKE, names.ALARM, 2),
        (names.SMOKE, names.TROUBLE, 2),
        (names.DEVICE, names.TROUBLE, 0),
        (names.DEVICE, names.TROUBLE, 9),
        (names.BATTERY, names.TROUBLE, 0),
        (names.TEST, names.TESTED, 0),
    ],
)
def test_what_it_senses_and_what_it_says_of_itself(
    bench: Bench, kind: int, state: int, zone: int
) -> None:
    bench.take(event(kind, state, zone))
    assert len(bench.events()) == 1
    assert bench.blamed == []


def test_of_a_device_without_zones_the_register_says_nothing(bench: Bench) -> None:
    assert REGISTER.unregistered("stranger", 1, "panic") is None
    bare = Register([Place(id="home")], [Device(id="door", place="home")])
    assert bare.unregistered("door", 1, "panic") is None


def test_what_it_does_not_know_uses_up_no_allowance(bench: Bench) -> None:
    """A board whose settings are wrong in one zone is heard in its others."""
    unknown = [
        (to("door"), messages.encode_event(7, seq, names.PANIC, names.ALARM, seq % 200 + 10))
        for seq in range(1, BURST + 500)
    ]
    bench.take(*unknown)
    bench.take((to("door"), messages.encode_event(7, BURST + 1_000, names.DOOR, names.NOTICE, 1)))
    assert len(bench.events()) == 1
    assert bench.ingest.counted["mqtt", "passed_over"] == 0
