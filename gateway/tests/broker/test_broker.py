"""The generated configuration, in a real Mosquitto: who may say what, and to whom."""

import getpass
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.arming import panel_topics as panel
from callpoint_gateway.broker.certificates import Authority
from callpoint_gateway.broker.configuration import (
    GATEWAY_USER,
    PANEL_USER,
    Tls,
    write_configuration,
)
from callpoint_gateway.host.clock import SystemClock
from callpoint_protocol import names, topics
from callpoint_rig.rig import free_port

from ..mosquitto_process import running

SOON_S = 20.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), SystemClock())


@pytest.fixture
def secured(tmp_path: Path, authority: Authority) -> Iterator[int]:
    """Return the port of a broker with TLS and ACL."""
    port = free_port()
    server = authority.server()
    tls = Tls(authority.ca_file, server.certificate_file, server.key_file)
    with running(write_configuration(tmp_path, port, tls=tls, user=getpass.getuser()), port):
        yield port


class Peer:
    """A connected client that knows what it has been granted and what it heard."""

    def __init__(self, port: int, authority: Authority, name: str) -> None:
        issued = authority.client(name)
        self.heard: list[str] = []
        self.heard_one = threading.Event()
        self.done = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.tls_set(
            str(authority.ca_file), str(issued.certificate_file), str(issued.key_file)
        )
        self._client.on_message = lambda _client, _data, message: self._hear(message.topic)
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert connected.wait(SOON_S)

    def _hear(self, topic: str) -> None:
        self.heard.append(topic)
        self.heard_one.set()
        if topic.endswith("/end"):
            self.done.set()

    def subscribe(self, topic: str) -> None:
        self._client.subscribe(topic, 1)
        assert self._subscribed.wait(SOON_S)

    def say(self, topic: str) -> None:
        self._client.publish(topic, b"x", qos=1).wait_for_publish(SOON_S)

    def try_to_say(self, topic: str) -> None:
        """Publish; Mosquitto may acknowledge what it denies, or hang up: wait for either."""
        over = threading.Event()
        self._client.on_publish = lambda *_: over.set()
        self._client.on_disconnect = lambda *_: over.set()
        self._client.publish(topic, b"x", qos=1)
        assert over.wait(SOON_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Nothing may refer to itself: only a client that goes at once closes all its sockets.
        self._client.on_message = self._client.on_subscribe = None
        self._client.on_publish = self._client.on_disconnect = None
        del self._client


def test_a_device_speaks_for_itself_only(secured: int, authority: Authority) -> None:
    gateway = Peer(secured, authority, GATEWAY_USER)
    try:
        gateway.subscribe(f"{names.ROOT}/#")
        own = topics.topic("estate", "button", names.EVENT)
        denied = [
            topics.topic("estate", "door", names.EVENT),
            topics.topic("estate", "button", names.ACK),
            "elsewhere",
        ]
        for topic in (*denied, own):
            device = Peer(secured, authority, "button")
            device.try_to_say(topic)
            device.close()
        gateway.say(f"{names.ROOT}/test/end")
        assert gateway.done.wait(SOON_S)
        assert gateway.heard == [own, f"{names.ROOT}/test/end"]
    finally:
        gateway.close()


def test_only_who_shows_panels_arms_with_them(secured: int, authority: Authority) -> None:
    gateway = Peer(secured, authority, GATEWAY_USER)
    command = f"{panel.ROOT}/estate/flat/set"
    tried = [
        ("button", command),
        ("button", panel.availability("estate")),
        (PANEL_USER, f"{panel.ROOT}/estate/flat/state"),
        (PANEL_USER, topics.topic("estate", "button", names.EVENT)),
        (PANEL_USER, command),
    ]
    try:
        gateway.subscribe("#")
        for name, topic in tried:
            peer = Peer(secured, authority, name)
            peer.try_to_say(topic)
            peer.close()
        gateway.say(f"{names.ROOT}/test/end")
        assert gateway.done.wait(SOON_S)
        assert gateway.heard == [command, f"{names.ROOT}/test/end"]
    finally:
        gateway.close()


def test_a_device_hears_its_own_answers_only(secured: int, authority: Authority) -> None:
    gateway = Peer(secured, authority, GATEWAY_USER)
    device = Peer(secured, authority, "button")
    try:
        device.subscribe(f"{names.ROOT}/#")
        own = topics.topic("estate", "button", names.ACK)
        for topic in (
            topics.topic("estate", "door", names.ACK),
            topics.topic("estate", "door", names.CMD),
            own,
        ):
            gateway.say(topic)
        assert device.heard_one.wait(SOON_S)
        assert device.heard == [own]
    finally:
        gateway.close()
        device.close()


def say_hello(port: int, context: ssl.SSLContext) -> None:
    """Send CONNECT; ConnectionError if the broker hangs up instead of answering."""
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00")
        if not wrapped.recv(4):
            raise ConnectionError("closed")


def test_nobody_without_a_certificate(secured: int, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        say_hello(secured, context)


def test_keys_are_for_their_owner_only(authority: Authority, tmp_path: Path) -> None:
    issued = authority.client("door")
    assert issued.key_file.stat().st_mode & 0o077 == 0
    write_configuration(tmp_path, 1, tls=Tls(tmp_path, tmp_path, tmp_path))
    assert (tmp_path / "acl").stat().st_mode & 0o077 == 0


def test_a_key_made_again_is_not_left_readable(authority: Authority) -> None:
    authority.client("window").key_file.chmod(0o644)
    assert authority.client("window").key_file.stat().st_mode & 0o077 == 0


def test_a_name_stays_in_its_folder(authority: Authority) -> None:
    with pytest.raises(ValueError, match="name: "):
        authority.client("../escape")


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
        "max_queued_messages 0",
    ):
        assert line in text.splitlines()
    assert "per_listener_settings" not in text
