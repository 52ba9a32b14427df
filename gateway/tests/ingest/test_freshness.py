"""How far each device had come is read from both journals, generation by generation."""

import threading

import pytest

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.ingest.freshness import Age, Freshness
from callpoint_gateway.journal.entries import (
    EventBody,
    NewEntry,
    Quality,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

REGISTER = Register(
    [Place(id="home")], [Device(id="button", place="home"), Device(id="door", place="home")]
)
FIRST, SECOND = 0x10000, 0xFFFE0000  # generations; the numbers of boots fill the lower half


@pytest.fixture
def freshness(alarms: Journal, telemetry: Journal) -> Freshness:
    body = EventBody("estate", names.DOOR, names.NOTICE, 1, 0, 1, 0, 1, Quality.AGE)
    events = [(FIRST + 1, 3), (FIRST + 0xFF00, 9), (FIRST + 0xFF00, 4), (SECOND + 2, 5)]
    alarms.submit([NewEntry(Type.EVENT, body, "button", *one) for one in events])
    alarms.submit([NewEntry(Type.EVENT, body, "button"), NewEntry(Type.EVENT, body, "door", 1, 1)])
    readings = TelemetryBody("estate", {}, 1)
    telemetry.submit([NewEntry(Type.TELEMETRY, readings, "button", FIRST + 0xFF00, 20)])
    for journal in (alarms, telemetry):
        stored = threading.Event()
        journal.submit([], lambda _, stored=stored: stored.set())
        assert stored.wait(60)
    return Freshness(REGISTER, alarms, telemetry)


def test_each_generation_is_as_far_as_it_came(freshness: Freshness, alarms: Journal) -> None:
    with alarms.reader() as reader:
        assert list(reader.furthest()) == [
            ("door", 1, 1),
            ("button", SECOND + 2, 5),
            ("button", FIRST + 0xFF00, 9),
        ]
    judge = freshness.judge
    assert judge("event", "button", FIRST + 0xFEFF, 1) is Age.OLD
    assert judge("event", "button", FIRST + 0xFF00, 9) is Age.BEHIND
    assert judge("event", "button", FIRST + 0xFF00, 10) is Age.NEW
    assert judge("status", "button", SECOND + 7, 0) is Age.NEW
    assert judge("event", "button", SECOND + 6, 100) is Age.OLD
    assert judge("event", "button", SECOND + 7, 1) is Age.NEW
    assert judge("event", "door", 1, 2) is Age.NEW
    assert judge("event", "door", 0x30001, 1) is Age.NEW


def test_events_and_readings_have_sequences_of_their_own(freshness: Freshness) -> None:
    assert freshness.judge("telemetry", "button", FIRST + 0xFF00, 20) is Age.BEHIND
    assert freshness.judge("event", "button", FIRST + 0xFF00, 15) is Age.NEW
    assert freshness.judge("telemetry", "button", FIRST + 0xFF00, 21) is Age.NEW
    # A later boot, said in one lane, is later for the other as well.
    assert freshness.judge("event", "button", FIRST + 0xFF01, 1) is Age.NEW
    assert freshness.judge("telemetry", "button", FIRST + 0xFF00, 22) is Age.OLD
    assert freshness.judge("telemetry", "button", FIRST + 0xFF01, 1) is Age.NEW
