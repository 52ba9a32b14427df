"""A session with a real Mosquitto: acknowledged when ``finished``, never for a later link."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt import publish as paho

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.broker.probe import probe
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.mqtt import MAX_OUT, MqttSession
from callpoint_gateway.sources.session import RECONNECT_FIRST_S, TAKEN_OFTEN
from callpoint_gateway.transport.mqtt_link import MqttLink, Silent
from callpoint_gateway.transport.mqtt_packets import TOPIC_KEPT, Published, Stream
from callpoint_protocol import names, topics
from callpoint_rig.ports import free_port

from ..broker.secured_broker import secured
from ..mosquitto_process import RELEASES, running

SOON_S = 60.0
EVENT = topics.topic("estate", "button", names.EVENT)


class Taken:
    """Takes messages and keeps what would acknowledge them."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once
        self.messages: list[Message] = []
        self.finish: list[Callable[[], None]] = []
        self.links: list[tuple[bool, str]] = []
        self.remedies: list[str] = []
        self._news = threading.Condition()

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        with self._news:
            self.messages += messages
            if self.at_once:
                finished()
            else:
                self.finish.append(finished)
            self._news.notify_all()

    def up(self, reason: str) -> None:
        self._changed(True, reason, "")

    def down(self, reason: str, remedy: str) -> None:
        assert remedy
        self._changed(False, reason, remedy)

    def _changed(self, up: bool, reason: str, remedy: str) -> None:
        with self._news:
            self.links.append((up, str(reason)))
            self.remedies.append(str(remedy))
            self._news.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, SOON_S), (self.messages, self.links)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what nobody tells of."""
    ends = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


@contextmanager
def session(
    port: int, taken: Taken, process: str = "this", name: str = "callpoint-test", **broker: str
) -> Iterator[MqttSession]:
    made = MqttSession(
        Broker(port=port, **broker),  # type: ignore[arg-type]
        name,
        [f"{names.ROOT}/+/+/event"],
        taken.take,
        taken,
        process=process,
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        assert not made.running


@pytest.fixture(params=RELEASES)
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """Return the port of a broker of each release."""
    free = free_port()
    with running(write_configuration(tmp_path, free), free, request.param):
        yield free


def say(port: int, *bodies: bytes) -> None:
    messages = [{"topic": EVENT, "payload": body, "qos": 1} for body in bodies]
    paho.multiple(messages, port=port)  # type: ignore[arg-type]


def up(taken: Taken) -> bool:
    return (True, "connected") in taken.links


def test_what_is_not_finished_comes_again(port: int) -> None:
    first = Taken(at_once=False)
    with session(port, first) as made:
        first.wait(lambda: up(first))
        assert not made.resumed
        say(port, b"1", b"2")
        first.wait(lambda: len(first.messages) == 2)
        assert not any(one.queued for one in first.messages)
    for finish in first.finish:
        finish()  # too late: that connection is gone
    second = Taken(at_once=True)
    with session(port, second) as made:
        second.wait(lambda: len(second.messages) == 2)
        assert made.resumed
        assert [(one.body, one.queued) for one in second.messages] == [(b"1", True), (b"2", True)]
        say(port, b"3")
        second.wait(lambda: len(second.messages) == 3)
        assert not second.messages[2].queued
    third = Taken(at_once=True)
    with session(port, third):
        third.wait(lambda: up(third))
        say(port, b"4")
        third.wait(lambda: bool(third.messages))
        assert [one.body for one in third.messages] == [b"4"]


def test_the_marker_of_an_earlier_connection_proves_nothing(port: int) -> None:
    """The gateway was killed before it had acknowledged its marker, and is started again."""
    marker = f"{names.ROOT}/callpoint/marker"
    killed = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, "callpoint-test", clean_session=False, protocol=4
    )
    subscribed = threading.Event()
    killed.on_connect = lambda *_: killed.subscribe([(marker, 1), (EVENT, 1)])
    killed.on_subscribe = lambda *_: subscribed.set()
    killed.connect("127.0.0.1", port)
    killed.loop_start()
    assert subscribed.wait(SOON_S)
    killed.disconnect()
    killed.loop_stop()
    paho.multiple([{"topic": marker, "payload": body, "qos": 1} for body in "012"], port=port)
    say(port, b"1")
    taken = Taken(at_once=True)
    with session(port, taken):
        taken.wait(lambda: bool(taken.messages))
        assert [(one.body, one.queued) for one in taken.messages] == [(b"1", True)]
        taken.wait(lambda: up(taken))
        say(port, b"2")
        taken.wait(lambda: len(taken.messages) == 2)
        assert not taken.messages[1].queued


def test_a_thousand_at_once_all_arrive_in_order(port: int) -> None:
    taken = Taken(at_once=True)
    with session(port, taken):
        taken.wait(lambda: up(taken))
        say(port, *(str(number).encode() for number in range(3000)))
        taken.wait(lambda: len(taken.messages) == 3000)
        assert [int(one.body) for one in taken.messages] == list(range(3000))


def test_a_broker_that_comes_back_is_found(tmp_path: Path, program: str) -> None:
    free, taken = free_port(), Taken(at_once=True)
    configuration = write_configuration(tmp_path, free)
    with session(free, taken) as made:
        taken.wait(lambda: bool(taken.links))
        assert taken.links[0] == (
            False,
            f"no broker answers at 127.0.0.1:{free}",
        )
        assert taken.remedies[0] == "start it, or correct [broker]"
        assert not made.publish(EVENT, b"nobody")
        for _ in range(2):
            taken.links.clear()
            with running(configuration, free, program):
                taken.wait(lambda: up(taken))
                assert made.listening
            taken.wait(lambda: taken.links[-1][0] is False)
            assert not made.listening
            fell = taken.links[taken.links.index((True, "connected")) + 1]
            assert fell[1].startswith("connection lost: ")


def test_a_wrong_password_is_named(tmp_path: Path, program: str) -> None:
    free, taken = free_port(), Taken(at_once=True)
    configuration = write_configuration(tmp_path, free)
    text = configuration.read_text().replace("allow_anonymous true", "allow_anonymous false")
    configuration.write_text(text)
    with running(configuration, free, program), session(free, taken):
        taken.wait(lambda: any("refuses" in reason for _, reason in taken.links))
        assert taken.links[-1] == (False, "the broker refuses: not authorised")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([b"\x20\xff\xff\xff\xff\xff"], "no MQTT broker: a packet's length has more"),
        ([b"\x20\x02\x00\x02"], "the broker refuses: it rejects the client id"),
        (
            [b"\x20\x02\x00\x00", b"\x90\x04\x00\x01\x80\x01"],
            f"the broker does not let the gateway read {names.ROOT}/+/+/event",
        ),
        ([b"\x20\x02\x00\x00", b""], "the broker at 127.0.0.1"),
    ],
)
def test_a_broker_that_says_no_is_quoted(answers: list[bytes], said: str) -> None:
    taken = Taken(at_once=True)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                for one in answers:
                    assert connection.recv(1000)
                    connection.sendall(one)
                if answers[-1]:
                    taken.wait(lambda: bool(taken.links))

        thread = threading.Thread(target=answer)
        thread.start()
        with session(server.getsockname()[1], taken):
            taken.wait(lambda: bool(taken.links))
        thread.join()
    assert taken.links[0][0] is False
    assert taken.links[0][1].startswith(said)


def test_what_is_under_way_has_identifiers_of_its_own() -> None:
    """MQTT 3.1.1, 2.3.1: a broker that has acknowledged none may take two alike for a repeat."""
    taken = Taken(at_once=True)
    sent: list[Published] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(SOON_S)
                stream = Stream()
                assert connection.recv(1000)
                connection.sendall(b"\x20\x02\x00\x00\x90\x04\x00\x01\x01\x01")
                while len(sent) < 4:
                    found = stream.feed(connection.recv(1000))
                    sent.extend(packet for packet in found if isinstance(packet, Published))

        broker = threading.Thread(target=accept)
        broker.start()
        with session(server.getsockname()[1], taken) as made:
            taken.wait(lambda: up(taken))
            for body in (b"1", b"2", b"3"):
                assert made.publish(EVENT, body)
            broker.join(SOON_S)
    marker, *messages = sent
    assert marker.topic.endswith(b"/marker")
    assert [message.body for message in messages] == [b"1", b"2", b"3"]
    assert len({message.identifier for message in sent}) == 4


def test_a_certificate_that_is_not_trusted_is_named(tmp_path: Path, program: str) -> None:
    foreign = Authority(tmp_path / "foreign", SystemClock())
    taken = Taken(at_once=True)
    with (
        secured(tmp_path, program) as broker,
        session(broker.gateway_port, taken, ca_file=str(foreign.ca_file)),
    ):
        taken.wait(lambda: bool(taken.links))
    assert taken.links[0][0] is False
    where = f"127.0.0.1:{broker.gateway_port}"
    assert taken.links[0][1].startswith(f"no TLS with the broker at {where}: ")


@pytest.mark.parametrize("length", [16_300, 17_000, 65_000])
def test_no_topic_makes_it_deaf(tmp_path: Path, program: str, length: int) -> None:
    """A broker without a bound gives a message again until it has been acknowledged."""
    free, taken = free_port(), Taken(at_once=True)
    configuration = write_configuration(tmp_path, free)
    text = configuration.read_text()
    configuration.write_text(text.replace("max_packet_size 8192\n", ""))
    long = f"{names.ROOT}/{'x' * length}/button/event"
    with running(configuration, free, program):
        with session(free, taken):
            taken.wait(lambda: up(taken))
            paho.single(long, b"long", 1, port=free)
            say(free, b"alarm")
            taken.wait(lambda: len(taken.messages) == 2)
            first, second = taken.messages
            assert first.topic == long[:TOPIC_KEPT]
            assert (second.topic, second.body) == (EVENT, b"alarm")
        # It does not come again.
        with session(free, taken):
            say(free, b"next")
            taken.wait(lambda: len(taken.messages) > 2)
            assert [one.body for one in taken.messages[2:]] == [b"next"]


class Pausing(Taken):
    """Notes how long a session will wait when it says that its link is down."""

    def __init__(self) -> None:
        super().__init__(at_once=True)
        self.session: MqttSession | None = None
        self.lost: list[tuple[str, float]] = []

    def down(self, reason: str, remedy: str) -> None:
        if self.session is not None and not str(reason).startswith("no broker answers"):
            self.lost.append((str(reason), self.session.pause_s))
        super().down(reason, remedy)


def test_after_a_connection_the_next_one_is_tried_at_once(tmp_path: Path, program: str) -> None:
    """However often the broker has been away; and the cause is what happened."""
    free, taken = free_port(), Pausing()
    configuration = write_configuration(tmp_path, free)
    with session(free, taken) as made:
        taken.session = made
        for _ in range(5):
            with running(configuration, free, program):
                until(lambda: made.listening)
            taken.wait(lambda: taken.links[-1][1].startswith("no broker answers"))
    assert taken.lost == 5 * [("connection lost: the broker has closed it", RECONNECT_FIRST_S)]


def test_who_takes_a_session_is_counted(port: int) -> None:
    taken = Taken(at_once=True)
    with session(port, taken) as made:
        taken.wait(lambda: up(taken))
        for times in range(1, TAKEN_OFTEN + 1):
            with probe(Broker(port=port), "callpoint-test"):
                taken.wait(lambda: not taken.links[-1][0])
            taken.wait(lambda: taken.links[-1][0])
            until(lambda times=times: made.taken() == times)
        assert made.second_heard_s is None


def test_a_broker_that_starts_anew_has_taken_nothing(tmp_path: Path, program: str) -> None:
    free, taken = free_port(), Taken(at_once=True)
    configuration = write_configuration(tmp_path, free)
    with session(free, taken) as made:
        for _ in range(3):
            with running(configuration, free, program):
                until(lambda: made.listening)
            taken.wait(lambda: taken.links[-1][1].startswith("no broker answers"))
        assert made.taken() == 0


def test_two_gateways_recognise_each_other(port: int) -> None:
    """Of which each takes the other's sessions, time and again."""
    here, there = Taken(at_once=True), Taken(at_once=True)
    ids = ("callpoint-test-events", "callpoint-test-telemetry")
    with ExitStack() as stack:
        ours = [stack.enter_context(session(port, here, "one", name)) for name in ids]
        until(lambda: all(one.listening for one in ours))
        assert not any(one.second_heard_s for one in ours)
        others = [stack.enter_context(session(port, there, "two", name)) for name in ids]
        until(lambda: any(one.second_heard_s for one in ours))
        until(lambda: any(one.second_heard_s for one in others))
        until(lambda: any(one.taken() >= TAKEN_OFTEN for one in ours + others))


def test_what_an_earlier_run_has_left_is_no_second_gateway(port: int) -> None:
    """Its marker waits in the session for the next run."""
    first, second = Taken(at_once=True), Taken(at_once=True)
    with session(port, first, "before", "callpoint-test-events"):
        first.wait(lambda: up(first))
    with session(port, first, "before", "callpoint-test-telemetry"):
        first.wait(lambda: first.links.count((True, "connected")) == 2)
    with session(port, second, "after", "callpoint-test-events") as made:
        second.wait(lambda: up(second))
        say(port, b"1")
        second.wait(lambda: bool(second.messages))
        assert made.second_heard_s is None


def test_silence_is_told_from_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that answers pings may be quiet for ever; one that does not is away."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(
        "callpoint_gateway.transport.mqtt_link.time", SimpleNamespace(monotonic=lambda: clock.now)
    )
    here, there = socket.socketpair()
    with there:
        link = MqttLink(here, keepalive_s=0.1)
        answers: list[object] = []
        ended: list[BaseException] = []

        def read() -> None:
            try:
                for packets in link.packets(b"ping"):
                    answers.extend(packets)
            except OSError as error:
                ended.append(error)

        reading = threading.Thread(target=read)
        reading.start()
        for count in range(1, 5):
            clock.now += 0.125
            assert there.recv(4) == b"ping"
            there.sendall(b"\xd0\x00")
            until(lambda count=count: len(answers) == count)
        clock.now += 0.125
        assert there.recv(4) == b"ping"
        assert ended == []
        clock.now += 0.125
        reading.join(SOON_S)
        link.close()
    assert isinstance(ended[0], Silent)
    assert str(ended[0]) == "the broker has been silent for 0.15 s"


def test_what_was_sent_before_the_end_arrives() -> None:
    """Also while something of the broker's is unread, which resets a connection that is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with socket.create_connection(server.getsockname()) as here, server.accept()[0] as there:
            here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            there.sendall(b"unread")
            sent = b"acknowledged" * 16_384
            link = MqttLink(here)
            link.send(sent)
            link.end()
            leaving = threading.Thread(target=lambda: (list(link.packets(b"")), link.close()))
            leaving.start()
            received = b"".join(iter(lambda: there.recv(65_536), b""))
            there.close()
            leaving.join()
            assert received == sent


def test_a_broker_that_reads_nothing_holds_nobody_up() -> None:
    """The journal's writer sends acknowledgements: it must never wait for a frozen broker."""
    here, there = socket.socketpair()
    with there:
        link = MqttLink(here)
        reading = threading.Thread(target=lambda: list(link.packets(b"")))
        reading.start()
        started = time.monotonic()
        while link.waiting < 4 * MAX_OUT:
            link.send(b"x" * 65_536)
        link.end()
        reading.join()
        link.close()
        link.send(b"nothing")
        # 16 MiB into a peer that takes some 200 KB: a sender that waited would wait for ever.
        assert time.monotonic() - started < SOON_S
