"""The generated configuration, in a real Mosquitto: who may say what, and to whom."""

import resource
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from callpoint_gateway.arming import panel_topics as panel
from callpoint_gateway.broker.configuration import (
    BIRTH,
    LARGEST_PACKET,
    Tls,
    write_configuration,
)
from callpoint_gateway.broker.probe import probe
from callpoint_gateway.configuration.names import GATEWAY_USER, PANEL_USER
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.mqtt import MqttSession
from callpoint_gateway.transport import mqtt_packets
from callpoint_protocol import names, topics

from ..mosquitto_process import RELEASES
from .secured_broker import SITE, SOON_S, Secured, peer, secured

END = topics.topic(SITE, "test", names.EVENT).replace("/event", "/end")


@pytest.fixture(params=RELEASES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secured]:
    """Return a broker of each release."""
    with secured(tmp_path, request.param) as running:
        yield running


@pytest.fixture(params=RELEASES)
def overheard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secured]:
    """Return a broker of each release whose gateway reads everything."""
    with secured(tmp_path, request.param, overheard=True) as running:
        yield running


def test_a_device_speaks_for_itself_only(overheard: Secured) -> None:
    own, broker = topics.topic(SITE, "button", names.EVENT), overheard
    with peer(broker, GATEWAY_USER) as gateway:
        gateway.subscribe("#")
        for topic in (
            topics.topic(SITE, "door", names.EVENT),
            topics.topic(SITE, "button", names.ACK),
            topics.topic("elsewhere", "button", names.EVENT),
            f"{names.ROOT}/{'x' * 5000}/button/event",
            "elsewhere",
            own,
        ):
            with peer(broker, "button") as device:
                device.try_to_say(topic)
        gateway.say(END)
        assert gateway.done.wait(SOON_S)
        assert gateway.heard == [own, END]


def test_only_who_shows_panels_arms_with_them(overheard: Secured) -> None:
    broker = overheard
    command = f"{panel.ROOT}/{SITE}/flat/set"
    with peer(broker, GATEWAY_USER) as gateway:
        gateway.subscribe("#")
        for name, topic in [
            ("button", command),
            ("button", panel.availability(SITE)),
            (PANEL_USER, f"{panel.ROOT}/{SITE}/flat/state"),
            (PANEL_USER, f"{panel.ROOT}/elsewhere/flat/set"),
            (PANEL_USER, topics.topic(SITE, "button", names.EVENT)),
            (PANEL_USER, command),
        ]:
            with peer(broker, name) as other:
                other.try_to_say(topic)
        gateway.say(END)
        assert gateway.done.wait(SOON_S)
        assert gateway.heard == [command, END]


def test_home_assistant_is_not_thrown_out(broker: Secured) -> None:
    """By its birth message, nor by one that it may not publish."""
    with peer(broker, PANEL_USER) as other:
        other.subscribe(BIRTH)
        other.say(BIRTH, b"online")
        assert other.heard_one.wait(SOON_S)
        for _ in range(3):
            other.try_to_say("homeassistant/elsewhere")
        assert not other.gone.is_set()
        assert other.heard == [BIRTH]


def test_a_device_hears_its_own_answers_only(broker: Secured) -> None:
    with peer(broker, GATEWAY_USER) as gateway, peer(broker, "button") as device:
        for topic in ("#", f"{names.ROOT}/#", "$callpoint/#"):
            device.subscribe(topic)
        own = topics.topic(SITE, "button", names.ACK)
        for topic in (
            topics.topic(SITE, "door", names.ACK),
            topics.topic(SITE, "door", names.CMD),
            "$callpoint/check/gateway",
            own,
        ):
            gateway.say(topic)
        assert device.heard_one.wait(SOON_S)
        assert set(device.heard) == {own}


class Report:
    """Hears of a session's link."""

    def __init__(self) -> None:
        self.is_up, self.is_down = threading.Event(), threading.Event()

    def up(self, reason: str) -> None:
        self.is_up.set()

    def down(self, reason: str, remedy: str) -> None:
        self.is_down.set()


def test_a_stolen_certificate_takes_nobodys_session(broker: Secured) -> None:
    """Whatever client id it says: the broker knows it by its certificate."""
    report, heard = Report(), threading.Event()

    def take(source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        finished()
        heard.set()

    wanted = [topics.topic(SITE, "door", names.EVENT)]
    client_id = f"callpoint-{SITE}-events"
    session = MqttSession(broker.as_gateway(), client_id, wanted, take, report)
    session.start()
    try:
        assert report.is_up.wait(SOON_S)
        with peer(broker, "door") as door:
            for name in (client_id, "door"):
                for _ in range(10):
                    with peer(broker, "lobby", name):
                        pass
            door.say(wanted[0])
            assert heard.wait(SOON_S)
            assert not door.gone.is_set()
        assert not report.is_down.is_set()
        assert session.accepted == 1
    finally:
        session.stop()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have as many open files as it may; a user's usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_connections_of_devices_do_not_keep_the_gateway_out(broker: Secured) -> None:
    resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    with ExitStack() as idle:
        for _ in range(1100):
            idle.enter_context(socket.create_connection(("127.0.0.1", broker.port)))
        with probe(broker.as_gateway(), "gateway") as gateway:
            gateway.subscribe(f"{names.ROOT}/{SITE}/#")


def _speaks(broker: Secured, name: str) -> ssl.SSLContext:
    issued = broker.issued(name)
    context = ssl.create_default_context(cafile=str(broker.authority.ca_file))
    context.load_cert_chain(issued.certificate_file, issued.key_file)
    return context


def test_a_packet_that_is_too_long_ends_its_sender_only(broker: Secured) -> None:
    topic = topics.topic(SITE, "button", names.EVENT)
    with peer(broker, GATEWAY_USER) as gateway:
        gateway.subscribe(f"{names.ROOT}/#")
        for packet in (
            mqtt_packets.publish(1, topic, bytes(LARGEST_PACKET)),
            mqtt_packets.publish(1, "x" * LARGEST_PACKET, b""),
        ):
            with (
                socket.create_connection(("127.0.0.1", broker.port), SOON_S) as plain,
                _speaks(broker, "button").wrap_socket(plain, server_hostname="127.0.0.1") as made,
            ):
                made.sendall(mqtt_packets.connect("button", 60))
                assert made.recv(4)[:2] == b"\x20\x02"
                made.sendall(packet)
                with pytest.raises(ConnectionError):
                    _nothing(made.recv(4))
        with peer(broker, "button") as device:
            device.say(topic)
        assert gateway.heard_one.wait(SOON_S)
        assert gateway.heard == [topic]


def _nothing(received: bytes) -> None:
    """ConnectionError for the end of a connection, as for its reset."""
    if not received:
        raise ConnectionError("closed")


def say_hello(port: int, context: ssl.SSLContext) -> None:
    """Send CONNECT; ConnectionError if the broker hangs up instead of answering."""
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00")
        _nothing(wrapped.recv(4))


def test_nobody_without_a_certificate(broker: Secured) -> None:
    context = ssl.create_default_context(cafile=str(broker.authority.ca_file))
    for port in (broker.port, broker.gateway_port):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            say_hello(port, context)


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"])
def test_no_cipher_without_authenticated_encryption(broker: Secured, ciphers: str) -> None:
    context = _speaks(broker, "button")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    say_hello(broker.port, context)
    context.set_ciphers(ciphers)
    with pytest.raises(ssl.SSLError):
        say_hello(broker.port, context)


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    tls = Tls(tmp_path, tmp_path, tmp_path, SITE, 2)
    acl = tmp_path / "acl"
    acl.touch(mode=0o644)
    write_configuration(tmp_path, 1, tls=tls)
    assert acl.stat().st_mode & 0o077 == 0


def test_nobody_listens_to_others_without_tls(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs TLS"):
        write_configuration(tmp_path, 1883, address="0.0.0.0")


def test_the_settings_that_decide(tmp_path: Path) -> None:
    text = write_configuration(tmp_path, 1883).read_text()
    for line in (
        "listener 1883 127.0.0.1",
        "max_inflight_messages 1000",
        "set_tcp_nodelay true",
        "persistence true",
        "max_packet_size 8192",
        "memory_limit 268435456",
    ):
        assert line in text.splitlines()
    assert "per_listener_settings" not in text
