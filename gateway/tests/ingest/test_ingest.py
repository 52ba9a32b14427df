"""What becomes of a message: stored, recognised, or quarantined; and what its device is told."""

import threading
from collections.abc import Iterator

import pytest

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.ingest.questions import GiveOrder
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    NewEntry,
    Quality,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.decoding import quarantine_reason
from callpoint_gateway.words.said import verbatim
from callpoint_protocol import messages, names, topics

from ..conftest import ManualClock

SITE = "estate"
WAIT_S = 60.0
REGISTER = Register(
    [Place(id="home")],
    [Device(id="button", place="home"), Device(id="door", place="home")],
)


class Bench:
    """Ingest on real journals, with a list for what devices are told."""

    def __init__(self, alarms: Journal, telemetry: Journal, clock: ManualClock) -> None:
        self.alarms, self.telemetry, self.clock = alarms, telemetry, clock
        self.told: list[tuple[str, int, int, int, int]] = []
        self.answers = Acknowledgements(SITE, alarms, self._publish)
        self.heard: list[str] = []
        self.ordered: list[str] = []
        self.orders = Orders(SITE, REGISTER, clock, self._order)
        self.blamed: list[tuple[str, str, str]] = []
        self.ingest = self.made_ingest()

    def made_ingest(self) -> Ingest:
        """Return what a starting gateway would make."""
        return Ingest(
            SITE,
            REGISTER,
            self.alarms,
            self.telemetry,
            self.clock,
            self.answers,
            lambda device, source: self.heard.append(device),
            orders=self.orders,
            blame=lambda device, sort, what: self.blamed.append((device, sort, str(what))),
        )

    def _order(self, topic: str, body: bytes) -> bool:
        self.ordered.append(topics.split(topic)[1])
        return True

    def _publish(self, topic: str, body: bytes) -> bool:
        _, device, _ = topics.split(topic)
        self.told.append((device, *messages.decode_ack(body)))
        return True

    def take(self, *wanted: tuple[str, bytes], queued: bool = False) -> None:
        """Hand messages over at once and wait until each is finished."""
        left = threading.Semaphore(0)
        for topic, body in wanted:
            self.ingest.take("mqtt", [Message(topic, body, queued)], left.release)
        for _ in wanted:
            assert left.acquire(timeout=WAIT_S)
        self.settle()

    def settle(self) -> None:
        """Wait for the writer's callbacks of everything submitted so far."""
        for journal in (self.alarms, self.telemetry):
            finished = threading.Event()
            journal.submit([], lambda _, done=finished: done.set())  # type: ignore[misc]
            assert finished.wait(WAIT_S)
            again = threading.Event()
            journal.submit([], lambda _, done=again: done.set())  # type: ignore[misc]
            assert again.wait(WAIT_S)

    def events(self) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 1000, (Type.EVENT,))

    def reasons(self) -> list[str]:
        with self.alarms.reader() as reader:
            return [one.reason for one in reader.quarantined()]


@pytest.fixture
def bench(alarms: Journal, telemetry: Journal, clock: ManualClock) -> Iterator[Bench]:
    made = Bench(alarms, telemetry, clock)
    yield made
    made.settle()
    made.answers.close()


def to(device: str = "button", channel: str = names.EVENT, site: str = SITE) -> str:
    return topics.topic(site, device, channel)


def event(seq: int, boot: int = 7, **more: int) -> bytes:
    return messages.encode_event(boot, seq, names.PANIC, names.ALARM, 1, **more)


def test_an_event_is_stored_and_its_device_told(bench: Bench) -> None:
    bench.take((to(), event(1, age_ms=250)))
    (entry,) = bench.events()
    assert isinstance(entry.body, EventBody)
    assert (entry.device, entry.boot, entry.seq) == ("button", 7, 1)
    assert bench.told == [("button", names.STORED, 7, 1, 1)]


def test_nothing_is_finished_before_it_is_on_disk(bench: Bench) -> None:
    """The writer is held: neither the source nor the device may hear anything."""
    held, release = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        held.set()
        assert release.wait(WAIT_S)

    bench.alarms.submit([], hold)
    assert held.wait(WAIT_S)
    finished = threading.Event()
    bench.ingest.take("mqtt", [Message(to(), event(1))], finished.set)
    assert not finished.is_set()
    assert bench.told == []
    release.set()
    assert finished.wait(WAIT_S)
    bench.settle()
    assert bench.told == [("button", names.STORED, 7, 1, 1)]


def test_what_one_commit_stored_is_told_as_exact_ranges(bench: Bench) -> None:
    release = threading.Event()
    bench.alarms.submit([], lambda _: release.wait(WAIT_S) and None)  # type: ignore[func-returns-value]
    left = threading.Semaphore(0)
    for seq in (1, 2, 3, 5, 6):
        bench.ingest.take("mqtt", [Message(to(), event(seq))], left.release)
    bench.ingest.take("mqtt", [Message(to("door"), event(4))], left.release)
    release.set()
    for _ in range(6):
        assert left.acquire(timeout=WAIT_S)
    bench.settle()
    assert sorted(bench.told) == [
        ("button", names.STORED, 7, 3, 3),
        ("button", names.STORED, 7, 6, 2),
        ("door", names.STORED, 7, 4, 1),
    ]


def test_a_duplicate_is_told_how_far_the_event_has_come(bench: Bench) -> None:
    bench.take((to(), event(1)))
    (entry,) = bench.events()
    body = DeliveryBody("police", 1, True, "ACK", 5)
    bench.alarms.submit([NewEntry(Type.DELIVERY, body, "button", about=entry.position)])
    bench.told.clear()
    bench.take((to(), event(1)))
    assert len(bench.events()) == 1
    assert bench.told == [
        ("button", names.STORED, 7, 1, 1),
        ("button", names.CENTRE, 7, 1, 1),
    ]


def test_a_refused_delivery_is_no_answer_of_a_centre(bench: Bench) -> None:
    bench.take((to(), event(1)))
    (entry,) = bench.events()
    body = DeliveryBody("police", 1, False, "DUH", 5)
    bench.alarms.submit([NewEntry(Type.DELIVERY, body, "button", about=entry.position)])
    bench.told.clear()
    bench.take((to(), event(1)))
    assert bench.told == [("button", names.STORED, 7, 1, 1)]


def occurred(bench: Bench) -> tuple[int, Quality]:
    body = bench.events()[-1].body
    assert isinstance(body, EventBody)
    return body.occurred_ms - bench.clock.wall, body.quality


@pytest.mark.parametrize(
    ("age_ms", "time_off_ms", "queued", "expected"),
    [
        (4000, None, False, (-4000, Quality.AGE)),
        (4000, -9000, False, (-4000, Quality.AGE)),
        (None, -9000, False, (-9000, Quality.DEVICE)),
        (None, None, False, (0, Quality.RECEIVED)),
        # It waited in the broker's queue: the device's clock knows better than the age.
        (4000, -9000, True, (-9000, Quality.DEVICE)),
        (4000, None, True, (-4000, Quality.RECEIVED)),
        # A device's clock that is ahead cannot be right.
        (None, 60_000, False, (0, Quality.RECEIVED)),
        (4000, 60_000, True, (-4000, Quality.RECEIVED)),
    ],
)
def test_the_time_of_occurrence(
    bench: Bench,
    age_ms: int | None,
    time_off_ms: int | None,
    queued: bool,
    expected: tuple[int, Quality],
) -> None:
    time_ms = None if time_off_ms is None else bench.clock.wall + time_off_ms
    body = messages.encode_event(7, 1, names.PANIC, names.ALARM, 1, age_ms=age_ms, time_ms=time_ms)
    bench.take((to(), body), queued=queued)
    assert occurred(bench) == expected


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        (to(), b'{"v":1,', "body: not JSON"),
        (to(), b"", "body: "),
        (to(), b"[]", "body: "),
        (to(), b'{"v":2,"b":7,"q":1,"k":1,"s":1,"z":1}', "v: "),
        (to(), b'{"v":1,"b":7,"q":1,"k":77,"s":1,"z":1}', "k: "),
        (to(), b'{"v":1,"b":7,"q":1,"k":1,"s":1,"z":256}', "z: "),
        (to(), b'{"v":1,"b":7,"q":1,"k":1,"s":1,"z":"1"}', "z: "),
        (to(), b'{"v":1,"x":"' + b"y" * 1100 + b'"}', "body: longer"),
        (to(), b'{"v":1,"x":"\xff"}', "body: not UTF-8"),
        (to("stranger"), event(1), "device: "),
        (to(site="elsewhere"), event(1), "site: "),
        (to(channel=names.ACK), event(1), "channel: "),
        ("callpoint/v1/estate", event(1), "topic: "),
        ("callpoint/v1/estate/Button!/event", event(1), "device: "),
        (to(channel=names.TELEMETRY), b'{"v":1,"b":7,"q":1,"mv":-5}', "mv: "),
        (to(channel=names.STATUS), b'{"v":1,"s":9,"b":7}', "s: "),
    ],
)
def test_what_cannot_be_used_is_kept_with_its_reason(
    bench: Bench, topic: str, body: bytes, reason: str
) -> None:
    bench.take((to(), event(8)), (topic, body), (to(), event(9)))
    with bench.alarms.reader() as reader:
        (kept,) = reader.quarantined()
    assert (kept.source, kept.topic, kept.payload) == ("mqtt", topic, body)
    assert kept.reason.startswith(reason)
    assert quarantine_reason(kept.reason) != verbatim(kept.reason)
    assert [entry.seq for entry in bench.events()] == [8, 9]


def test_a_device_is_told_that_its_event_was_refused(bench: Bench) -> None:
    bench.take((to(), b'{"v":1,"b":7,"q":4,"k":77,"s":1,"z":1}'))
    assert bench.told == [("button", names.REFUSED, 7, 4, 1)]


def test_a_stranger_is_told_nothing(bench: Bench) -> None:
    bench.take((to("stranger"), b'{"v":1,"b":7,"q":4,"k":77,"s":1,"z":1}'))
    assert bench.told == []


def test_readings_go_to_their_own_lane(bench: Bench) -> None:
    body = messages.encode_telemetry(7, 1, {"mv": 3300, "rs": -60})
    bench.take((to(channel=names.TELEMETRY), body), (to(channel=names.TELEMETRY), body))
    with bench.telemetry.reader() as reader:
        (entry,) = reader.read(0, 10)
    assert entry.body == TelemetryBody(SITE, {"mv": 3300, "rs": -60}, bench.clock.wall)
    assert bench.events() == []


def test_only_what_a_device_sends_itself_is_heard(bench: Bench) -> None:
    body = messages.encode_telemetry(7, 1, {})
    bench.take(status(names.ONLINE), (to("stranger"), event(1)), (to(), b"{}"))
    assert bench.heard == []
    bench.take((to(), event(1)), (to("door", names.TELEMETRY), body))
    assert bench.heard == ["button", "door"]


def statuses(bench: Bench) -> list[tuple[int, int]]:
    with bench.alarms.reader() as reader:
        bodies = [entry.body for entry in reader.read(0, 100, (Type.STATUS,))]
    return [(body.status, body.boot) for body in bodies if isinstance(body, StatusBody)]


def status(value: int, boot: int = 7) -> tuple[str, bytes]:
    return to(channel=names.STATUS), messages.encode_status(value, boot)


def test_a_status_is_a_fact_only_when_it_changes(bench: Bench) -> None:
    online, lost = status(names.ONLINE), status(names.LOST)
    bench.take(online, online, lost, lost, online)
    expected = [(names.ONLINE, 7), (names.LOST, 7), (names.ONLINE, 7)]
    assert statuses(bench) == expected
    # Retained messages come again at every start of the gateway.
    bench.ingest = bench.made_ingest()
    bench.take(online)
    assert statuses(bench) == expected
    bench.take(status(names.ONLINE, 8))
    assert statuses(bench) == [*expected, (names.ONLINE, 8)]


def test_orders_wait_while_a_device_sleeps_and_go_when_it_is_online(bench: Bench) -> None:
    bench.take(status(names.SLEEPING))
    bench.orders.give(GiveOrder(device="button", command=names.IDENTIFY, seconds=5, wait_s=60))
    assert bench.ordered == []
    bench.take(status(names.ONLINE, boot=8))
    assert bench.ordered == ["button"]


def test_an_earlier_boot_is_kept_where_that_is_safe_and_counted(bench: Bench) -> None:
    def status(boot: int) -> tuple[str, bytes]:
        body = messages.encode_status(names.ONLINE, boot, "1.0.0")
        return to(channel=names.STATUS), body

    def readings(boot: int, seq: int) -> tuple[str, bytes]:
        return to(channel=names.TELEMETRY), messages.encode_telemetry(boot, seq, {"mv": 3000})

    new, old, other = 0x10005, 0x10004, 0x70001
    bench.take(status(new), (to(), event(5, new)), readings(new, 5))
    for _ in range(2):  # and a restart has not forgotten it
        bench.ingest = bench.made_ingest()
        bench.heard.clear()
        bench.take(status(old), (to(), event(1, old)), readings(old, 1))
        assert bench.ingest.counted["mqtt", "old_boot"] == 3
        # Over MQTT, TLS proves who speaks now, of whatever boot.
        assert bench.heard == ["button", "button"]
    assert [entry.boot for entry in bench.events()] == [new, old]
    assert bench.ingest.counted["mqtt", "repeated"] == 2
    assert bench.reasons() == ["b: 65540 is an earlier boot than this device has had"] * 2
    with bench.alarms.reader() as reader:
        assert len(reader.read(0, 100, (Type.STATUS,))) == 1
    # Nothing orders generations: another one is new, whatever its number, and none is over.
    bench.take(status(other), (to(), event(1, other)), status(new), (to(), event(6, new)))
    assert bench.ingest.counted["mqtt", "old_boot"] == 3
    assert [entry.boot for entry in bench.events()] == [new, old, other, new]


def test_what_comes_again_or_out_of_order_is_told_apart(bench: Bench) -> None:
    bench.take((to(), event(3)), (to(), event(1)), (to(), event(3)), (to(), event(2)))
    assert [entry.seq for entry in bench.events()] == [3, 1, 2]
    assert bench.ingest.counted == {("mqtt", "reordered"): 2, ("mqtt", "repeated"): 1}


def test_the_answer_leaves_before_the_source_is_told(bench: Bench) -> None:
    topic = topics.topic(SITE, "button", names.EVENT)
    body = messages.encode_event(7, 1, names.PANIC, names.ALARM, 1, age_ms=5)
    told: list[int] = []
    finished = threading.Event()

    def finish() -> None:
        told.append(len(bench.told))
        finished.set()

    bench.ingest.take("mqtt", [Message(topic, body)], finish)
    assert finished.wait(WAIT_S)
    assert told == [1]
