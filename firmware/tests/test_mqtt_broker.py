"""The client against Mosquitto: sessions, will, retained, TLS, a broker killed and frozen."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from .mqtt_peer import DEADLINE_S, IMPATIENT, INTERPRETERS, Broker, Device
from .mqtt_tls import broker_lines, device_files

Start = Callable[..., Device]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.kill()


@pytest.fixture(params=INTERPRETERS)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    devices: list[Device] = []

    def started(port: int, **options: object) -> Device:
        devices.append(Device(request.param, port, **options))
        return devices[-1]

    yield started
    for device in devices:
        device.kill()


class Centre:
    """An independent client (paho) that hears everything below ``t``."""

    def __init__(self, port: int) -> None:
        self.heard: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        subscribed: queue.Queue[bool] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="centre")
        self._client.on_message = lambda client, data, message: self.heard.put(
            (message.topic, bytes(message.payload), message.retain)
        )
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("t/#", qos=1)
        subscribed.get(timeout=DEADLINE_S)

    def wait(self, topic: str) -> tuple[bytes, bool]:
        while True:
            name, body, retained = self.heard.get(timeout=DEADLINE_S)
            if name == topic:
                return body, retained

    def publish(self, topic: str, body: str, retain: bool = False) -> None:
        self._client.publish(topic, body, 1, retain).wait_for_publish(DEADLINE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def centre(broker: Broker) -> Iterator[Centre]:
    broker.start()
    centre = Centre(broker.port)
    yield centre
    centre.close()


def test_starts_before_the_broker(broker: Broker, start: Start) -> None:
    device = start(broker.port)
    assert device.wait("error")["reason"] == "connection refused"
    broker.start()
    assert device.wait("up")["session"] is False
    device.publish("t/event", "pressed")
    assert device.wait("published")["id"] > 0
    device.close()


def test_what_is_sent_while_the_device_is_without_power_arrives_after(
    broker: Broker, centre: Centre, start: Start
) -> None:
    device = start(broker.port)
    device.wait("up")
    device.kill()
    centre.publish("t/cmd", "one")
    centre.publish("t/cfg", "two")
    device = start(broker.port)
    assert {device.wait("message")["body"] for _ in range(2)} == {str(b"one"), str(b"two")}
    if "up" not in [told["what"] for told in device.seen]:
        device.wait("up")
    # Once it has this, the broker has the acknowledgements that went before.
    device.publish("t/event", "heard")
    device.wait("published")
    device.close()
    device = start(broker.port)
    assert device.wait("up")["session"] is True
    assert not [told for told in device.seen if told["what"] == "message"]
    device.close()


def test_the_will_replaces_the_retained_status(
    broker: Broker, centre: Centre, start: Start
) -> None:
    device = start(broker.port)
    device.wait("up")
    device.publish("t/status", "online", retain=True)
    assert centre.wait("t/status") == (b"online", False)
    device.kill()
    assert centre.wait("t/status") == (b"lost", False)
    late = Centre(broker.port)
    assert late.wait("t/status") == (b"lost", True)
    late.close()


def test_a_close_in_order_leaves_no_will(broker: Broker, centre: Centre, start: Start) -> None:
    device = start(broker.port)
    device.wait("up")
    device.publish("t/status", "online", retain=True)
    device.wait("published")
    device.close()
    centre.publish("t/last", "")
    assert centre.wait("t/status")[0] == b"online"
    assert centre.heard.get(timeout=DEADLINE_S)[0] == "t/last"


def test_publish_at_either_qos_reaches_others(
    broker: Broker, centre: Centre, start: Start
) -> None:
    device = start(broker.port)
    device.wait("up")
    device.publish("t/telemetry", "reading", qos=0)
    assert device.wait("published")["id"] == 0
    device.publish("t/event", "Grüße")
    assert centre.wait("t/telemetry")[0] == b"reading"
    assert centre.wait("t/event")[0] == "Grüße".encode()
    centre.publish("t/cmd", "order")
    assert device.wait("message")["topic"] == "t/cmd"
    assert device.report()["unacknowledged"] == 0
    device.close()


def test_a_broker_killed_hard_is_found_again(broker: Broker, start: Start) -> None:
    broker.start()
    device = start(broker.port)
    for _ in range(3):
        device.wait("up")
        broker.kill()
        assert device.wait("down")["reason"]
        broker.start()
    device.wait("up")
    device.publish("t/event", "pressed")
    device.wait("published")
    device.close()


def test_a_frozen_broker_is_noticed(broker: Broker, start: Start) -> None:
    broker.start()
    device = start(broker.port, **IMPATIENT)
    device.wait("up")
    broker.tell(signal.SIGSTOP)
    assert "silent" in device.wait("down")["reason"]
    broker.tell(signal.SIGCONT)
    assert device.wait("up")["session"] is True
    device.close()


def test_two_devices_of_one_name_do_not_stop_each_other_for_ever(
    broker: Broker, start: Start
) -> None:
    broker.start()
    first = start(broker.port)
    first.wait("up")
    second = start(broker.port)
    second.wait("up")
    assert first.wait("down")["reason"]
    second.close()
    first.wait("up")
    first.close()


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_tls_with_a_client_certificate(tmp_path: Path, start: Start, version: str) -> None:
    files = device_files(tmp_path)
    broker = Broker(tmp_path, broker_lines(tmp_path, version))
    device = start(broker.port, tls=files, **IMPATIENT | {"attempt_ms": 10_000})
    device.wait("error")
    broker.start()
    try:
        device.wait("up")
        for number in range(5):
            device.publish("t/cmd", f"{number} " + "x" * 1100)
            assert device.wait("message")["size"] == 1102
        broker.tell(signal.SIGSTOP)
        assert device.wait("down")["reason"] == "the broker is silent"
        broker.tell(signal.SIGCONT)
        device.wait("up")
        broker.kill()
        device.wait("down")
        broker.start()
        device.wait("up")
        device.close()
    finally:
        broker.kill()


def test_tls_faults_are_told_and_tried_again(tmp_path: Path, start: Start) -> None:
    files = device_files(tmp_path)
    broker = Broker(tmp_path, broker_lines(tmp_path, "tlsv1.2"))
    broker.start()
    other = tmp_path / "other"
    other.mkdir()
    try:
        device = start(broker.port, tls=files, server_hostname="centre.example")
        assert "CN" in device.wait("error")["reason"]
        device.close()
        device = start(broker.port, tls=files | {"ca": device_files(other)["ca"]})
        assert "not correctly signed" in device.wait("error")["reason"]
        device.close()
        device = start(broker.port, tls={"ca": files["ca"]})
        assert device.wait("error")["reason"]
        device.close()
    finally:
        broker.kill()
