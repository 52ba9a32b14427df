"""A session with a real Mosquitto: acknowledged when ``finished``, never for a later link."""

import getpass
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt import publish as paho

from callpoint_gateway.broker.certificates import Authority
from callpoint_gateway.broker.configuration import Tls, write_configuration
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.mqtt import MAX_OUT, MqttSession
from callpoint_gateway.transport.mqtt_link import Link, Silent
from callpoint_gateway.transport.mqtt_packets import Published, Stream
from callpoint_protocol import names, topics
from callpoint_rig.rig import free_port

from ..mosquitto_process import running

SOON_S = 20.0
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
            self.links.append((up, reason))
            self.remedies.append(remedy)
            self._news.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, SOON_S), (self.messages, self.links)


@contextmanager
def session(port: int, taken: Taken, **broker: str) -> Iterator[MqttSession]:
    made = MqttSession(
        Broker(port=port, **broker),  # type: ignore[arg-type]
        "callpoint-test",
        [f"{names.ROOT}/+/+/event"],
        taken.take,
        taken,
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        assert not made.running


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Return the port of a broker."""
    free = free_port()
    with running(write_configuration(tmp_path, free), free):
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
    marker = f"{names.ROOT}/callpoint-test/marker"
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


def test_a_broker_that_comes_back_is_found(tmp_path: Path) -> None:
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
            with running(configuration, free):
                taken.wait(lambda: up(taken))
                assert made.listening
            taken.wait(lambda: taken.links[-1][0] is False)
            assert not made.listening
            fell = taken.links[taken.links.index((True, "connected")) + 1]
            assert fell[1].startswith("connection lost: ")


def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    free, taken = free_port(), Taken(at_once=True)
    configuration = write_configuration(tmp_path, free)
    text = configuration.read_text().replace("allow_anonymous true", "allow_anonymous false")
    configuration.write_text(text)
    with running(configuration, free), session(free, taken):
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
        ([b"\x20\x02\x00\x00", b""], "no broker answers at "),
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


def test_a_certificate_that_is_not_trusted_is_named(tmp_path: Path) -> None:
    ours, foreign = (Authority(tmp_path / name, SystemClock()) for name in ("ours", "foreign"))
    server = foreign.server()
    tls = Tls(foreign.ca_file, server.certificate_file, server.key_file)
    free, taken = free_port(), Taken(at_once=True)
    user = getpass.getuser()
    with (
        running(write_configuration(tmp_path / "broker", free, tls=tls, user=user), free),
        session(free, taken, ca_file=str(ours.ca_file)),
    ):
        taken.wait(lambda: bool(taken.links))
    assert taken.links[0][0] is False
    assert taken.links[0][1].startswith(f"no TLS with the broker at 127.0.0.1:{free}: ")


def test_silence_is_told_from_quiet() -> None:
    """A broker that answers pings may be quiet for ever; one that does not is away."""
    here, there = socket.socketpair()
    with there:
        link = Link(here, keepalive_s=0.1)
        ended: list[BaseException] = []

        def read() -> None:
            try:
                list(link.packets(b"ping"))
            except OSError as error:
                ended.append(error)

        reading = threading.Thread(target=read)
        reading.start()
        for _ in range(4):
            assert there.recv(4) == b"ping"
            there.sendall(b"\xd0\x00")
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
            link = Link(here)
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
        link = Link(here)
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
