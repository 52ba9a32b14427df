"""A link with a broker: who sends, and what comes together."""

import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from callpoint_gateway.transport.mqtt_link import MqttLink
from callpoint_gateway.transport.mqtt_packets import DISCONNECT, PINGREQ, Published, publish

WAIT_S = 60.0
GATHER_S = 0.2
TOPIC = "callpoint/v1/estate/button/telemetry"


@pytest.fixture
def broker() -> Iterator[tuple[MqttLink, socket.socket]]:
    near, far = socket.socketpair()
    far.settimeout(WAIT_S)
    link = MqttLink(near, gather_s=GATHER_S)
    yield link, far
    link.close()
    far.close()


def test_who_sends_does_it_itself(broker: tuple[MqttLink, socket.socket]) -> None:
    link, far = broker
    # Nobody reads the link: an answer does not wait for the reading thread.
    link.send(PINGREQ)
    assert far.recv(100) == PINGREQ


def test_what_the_broker_does_not_take_leaves_later(
    broker: tuple[MqttLink, socket.socket],
) -> None:
    link, far = broker
    packet = publish(1, TOPIC, b"x" * 100_000)
    for _ in range(20):
        link.send(packet)
    assert link.waiting

    def read() -> None:
        for _ in link.packets(PINGREQ):
            pass

    reading = threading.Thread(target=read)
    reading.start()
    received = b""
    while len(received) < 20 * len(packet):
        received += far.recv(1 << 20)
    assert received == 20 * packet
    link.send(DISCONNECT)
    link.end()
    assert far.recv(100) == DISCONNECT
    far.close()
    reading.join(WAIT_S)
    assert not reading.is_alive()


def test_a_reader_that_waits_sends_what_the_broker_did_not_take() -> None:
    """At once, and not when the next packet or the next ping is due."""
    near, far = socket.socketpair()
    far.settimeout(WAIT_S)
    link = MqttLink(near, keepalive_s=10 * WAIT_S)
    heard = threading.Event()

    def read() -> None:
        for _ in link.packets(PINGREQ):
            heard.set()

    reading = threading.Thread(target=read)
    reading.start()
    far.sendall(publish(1, TOPIC, b"it reads"))
    assert heard.wait(WAIT_S)
    packet = publish(1, TOPIC, b"x" * 100_000)
    for _ in range(20):
        link.send(packet)
    received = 0
    while received < 20 * len(packet):
        received += len(far.recv(1 << 20))
    link.end()
    far.close()
    reading.join(WAIT_S)
    assert not reading.is_alive()
    link.close()


def test_a_sender_survives_a_lost_connection(broker: tuple[MqttLink, socket.socket]) -> None:
    link, far = broker
    far.close()
    for _ in range(3):
        link.send(PINGREQ)  # it is a journal's writer, which must not end
    with pytest.raises(OSError, match=r"closed|reset|[Bb]roken"):
        for _ in link.packets(PINGREQ):
            pass


def test_what_comes_one_by_one_is_handed_on_together(
    broker: tuple[MqttLink, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    link, far = broker
    handed: list[int] = []
    changed = threading.Condition()
    all_sent = threading.Event()

    def gather(seconds: float) -> None:
        assert seconds == GATHER_S
        assert all_sent.wait(WAIT_S)

    patched = SimpleNamespace(monotonic=time.monotonic, sleep=gather)
    monkeypatch.setattr("callpoint_gateway.transport.mqtt_link.time", patched)

    def read() -> None:
        for packets in link.packets(PINGREQ):
            with changed:
                handed.append(sum(isinstance(packet, Published) for packet in packets))
                changed.notify()

    def until(count: int) -> None:
        with changed:
            assert changed.wait_for(lambda: sum(handed) == count, WAIT_S)

    reading = threading.Thread(target=read)
    reading.start()
    far.sendall(publish(1, TOPIC, b"{}"))
    until(1)
    for identifier in range(2, 12):
        far.sendall(publish(identifier, TOPIC, b"{}"))
    all_sent.set()
    until(11)
    assert handed == [1, 10]
    link.end()
    far.close()
    reading.join(WAIT_S)
    assert not reading.is_alive()
