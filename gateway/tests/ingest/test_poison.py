"""Whatever bytes come in, by whichever way: no lane stops, and the next event is stored."""

import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.control.line import SOCKET
from callpoint_gateway.control.socket import Control
from callpoint_gateway.health.status_page import StatusPage
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.journal.entries import EventBody, Stored, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols import update_package
from callpoint_gateway.sources.coap_gate import Gate
from callpoint_protocol import messages, names, topics

from ..conftest import ManualClock

WAIT_S = 60.0
REGISTER = Register([Place(id="home")], [Device(id="button", place="home")])
GOOD = messages.encode_event(7, 1, names.PANIC, names.ALARM, 1, age_ms=5)
READING = messages.encode_telemetry(7, 1, {"up": 1, "mv": 3300})
TOPICS = st.one_of(
    st.sampled_from([topics.topic("estate", "button", one) for one in names.UP_CHANNELS]),
    st.text(max_size=60),
    st.builds("callpoint/v1/{}/{}/{}".format, *[st.text(max_size=10)] * 3),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with bytes changed, cut off, put in or said twice."""
    content = bytearray(draw(st.sampled_from([GOOD, READING])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                del content[at:]
            case 2:
                content[at:at] = draw(st.binary(max_size=30))
            case 3:
                content += content[at:]
    return bytes(content)


NUMBERS = st.one_of(st.integers(), st.floats(), st.none(), st.booleans(), st.text(max_size=5))
OBJECTS = st.dictionaries(
    st.sampled_from(["v", "b", "q", "k", "s", "z", "d", "c", "f", "a", "t", "up", "mv", "x"]),
    NUMBERS,
).map(lambda one: json.dumps(one).encode())
BODIES = st.one_of(st.binary(max_size=1500), damaged(), OBJECTS)


class _Nobody:
    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """Tell nobody."""

    def refused(self, device: str, boot: int, seq: int) -> None:
        """Tell nobody."""


class Lanes:
    """Ingest on real journals, with a good event after each portion of poison."""

    def __init__(self, folder: Path) -> None:
        clock = ManualClock()
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self._ingest = Ingest(
            "estate", REGISTER, self.alarms, self.telemetry, clock, _Nobody(), lambda *_: None
        )
        self._seq = 1_000_000

    def take(self, source: str, poison: list[Message]) -> None:
        self._seq += 1
        good = messages.encode_event(9, self._seq, names.PANIC, names.ALARM, 1, age_ms=5)
        finished = threading.Event()
        last = Message(topics.topic("estate", "button", names.EVENT), good)
        self._ingest.take(source, [*poison, last], finished.set)
        assert finished.wait(WAIT_S)
        with self.alarms.reader() as reader:
            entry = reader.find("button", 9, self._seq)
        assert entry is not None
        assert isinstance(entry.body, EventBody)

    def close(self) -> None:
        self.alarms.close()
        self.telemetry.close()


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanes]:
    made = Lanes(tmp_path_factory.mktemp("poison"))
    yield made
    made.close()


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    source=st.sampled_from(["mqtt", "coap", "serial/line"]),
    poison=st.lists(st.tuples(TOPICS, BODIES, st.booleans()), min_size=1, max_size=8),
)
def test_poison_never_stops_a_lane(
    lanes: Lanes, source: str, poison: list[tuple[str, bytes, bool]]
) -> None:
    lanes.take(source, [Message(*one) for one in poison])


def test_what_was_poison_is_kept_with_its_reason(tmp_path: Path) -> None:
    # In lanes of its own: how much is kept each second is bounded.
    lanes = Lanes(tmp_path)
    lanes.take("mqtt", [Message("nowhere", b"\xff\x00 poison")])
    with lanes.alarms.reader() as reader:
        kept, after = [], 0
        while more := reader.quarantined(after):
            kept, after = kept + more, more[-1].number
        assert any((one.topic, one.payload) == ("nowhere", b"\xff\x00 poison") for one in kept)
        assert all(one.reason for one in kept)
        assert list(reader.verify()) == []
        assert reader.latest(Type.EVENT) is not None
    lanes.close()


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=2000), st.binary(max_size=200).map(b"CPFW".__add__)))
def test_any_bytes_are_a_package_or_refused(content: bytes) -> None:
    try:
        update_package.read(content)
    except update_package.PackageError as error:
        assert str(error)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=40).map(b"\x40\x02\x00\x01".__add__)))
def test_any_datagram_is_judged(data: bytes) -> None:
    told: list[str] = []
    gate = Gate({"button": bytes(32)}, lambda topic, reason, body: told.append(reason))
    answer = gate.judge(data)
    assert answer is None or isinstance(answer, bytes)
    # Nothing without the device's key is let in as a request; an answer to nobody is passed on.
    if data[1:2] and 1 <= data[1] <= 31:
        assert answer is not None
        assert told


async def asked(line: bytes) -> dict[str, object]:
    """Ask over a control socket that knows no question."""
    with tempfile.TemporaryDirectory() as folder:
        control = Control(Path(folder))
        await control.start()
        try:
            reader, writer = await asyncio.open_unix_connection(Path(folder) / SOCKET)
            writer.write(line + b"\n")
            answer: dict[str, object] = json.loads(await reader.readline())
            writer.close()
            return answer
        finally:
            await control.close()


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=300), OBJECTS))
def test_any_line_on_the_control_socket_is_answered(line: bytes) -> None:
    assert asyncio.run(asked(line.replace(b"\n", b" "))).keys() == {"refused", "why"}


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_request_to_the_status_page_is_answered(request_: bytes) -> None:
    code, _, content = StatusPage({}).answer(request_)
    assert code in (400, 404, 405)
    assert content
