"""Many devices that share a few MQTT connections, without boards."""

import socket
import threading
import time
from secrets import randbelow
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.words.said import NOTHING, Said, said_by
from callpoint_protocol import messages, names, topics
from callpoint_rig.ledger import Ledger, Waiting
from callpoint_rig.rig_words import rig_said

MAX_CONNECTIONS = 50
KEEPALIVE_S = 15
IN_FLIGHT = 1000
TEST_EVERY = 50


class NoBroker(Exception):
    """The broker cannot be reached or refuses; ``why`` says why."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def device_id(number: int) -> str:
    """Return the id of the simulated device with this number, from 0."""
    return f"sim-{number + 1:04d}"


def register_text(devices: int) -> str:
    """Return the register (TOML) with which a gateway knows the devices."""
    lines = []
    for number in range(devices):
        device = device_id(number)
        lines += [
            "[[place]]",
            f'id = "{device}"',
            'community = "Simulation"',
            f'room = "{device}"',
        ]
        lines += ["", "[[device]]", f'id = "{device}"', f'place = "{device}"']
        lines += ["[[device.zone]]", "zone = 1", 'kind = "door"', ""]
    return "\n".join(lines)


class _Connection:
    """An MQTT session and the devices that use it."""

    def __init__(self, index: int, devices: list[int], boot: int, site: str, fleet: "Fleet"):
        self._fleet = fleet
        self._numbers = {topics.topic(site, device_id(n), names.ACK): n for n in devices}
        self._refusal = NOTHING
        self._ready = threading.Event()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"callpoint-simulate-{boot}-{index}",
            protocol=paho.MQTTv311,
        )
        self.client.max_inflight_messages_set(IN_FLIGHT)
        self.client.reconnect_delay_set(1, 2)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.on_socket_open = self._on_socket_open

    def open(self, host: str, port: int, timeout_s: float) -> None:
        try:
            self.client.connect(host, port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise NoBroker(said_by(error)) from error
        self.client.loop_start()
        if not self._ready.wait(timeout_s) or self._refusal:
            raise NoBroker(self._refusal or rig_said("simulate.silent", seconds=timeout_s))

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_socket_open(self, client: paho.Client, userdata: Any, opened: Any) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = rig_said("simulate.refuses", why=reason)
            self._ready.set()
        else:
            client.subscribe([(topic, 1) for topic in self._numbers])

    def _on_subscribe(
        self, client: paho.Client, userdata: Any, mid: int, reasons: Any, properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refusal = rig_said("simulate.no_answers")
        self._ready.set()

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        self._fleet.answered(self._numbers.get(message.topic), bytes(message.payload))


class Fleet:
    """Raises events and readings on each device in turn, and reads the answers."""

    def __init__(self, site: str, devices: int, ledger: Ledger) -> None:
        """Take a new boot for this run, so that its events are new to the gateway."""
        self._site = site
        self._devices = devices
        self._ledger = ledger
        self._boot = 1 + randbelow(names.MAX_BOOT)
        self._raised = self._read = 0
        count = min(devices, MAX_CONNECTIONS)
        self._connections = [
            _Connection(index, list(range(index, devices, count)), self._boot, site, self)
            for index in range(count)
        ]

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Open all connections. NoBroker if one fails."""
        for connection in self._connections:
            connection.open(host, port, timeout_s)

    def close(self) -> None:
        """Disconnect all."""
        for connection in self._connections:
            connection.close()

    def answered(self, device: int | None, body: bytes) -> None:
        """Note an answer; answers for another boot and later stages are ignored."""
        try:
            stage, boot, seq, count = messages.decode_ack(body)
        except ValueError:
            return
        if device is None or boot != self._boot or stage not in (names.STORED, names.REFUSED):
            return
        stored = stage == names.STORED
        self._ledger.answered(device, seq, count, time.monotonic(), stored=stored)

    def raise_event(self) -> None:
        """Let the next device raise an event."""
        device, seq = self._raised % self._devices, self._raised // self._devices + 1
        self._raised += 1
        now_s = time.monotonic()
        self._ledger.raised(device, seq, now_s)
        self._send(device, names.EVENT, self._event(seq, 0))

    def resend(self, waiting: Waiting) -> None:
        """Send an event again that has no answer."""
        age_ms = int((time.monotonic() - waiting.raised_s) * 1000)
        if self._send(waiting.device, names.EVENT, self._event(waiting.seq, age_ms)):
            self._ledger.resent()

    def send_readings(self) -> None:
        """Let the next device send readings."""
        device, seq = self._read % self._devices, self._read // self._devices + 1
        self._read += 1
        readings = {"up": seq, "mv": 3_300 - seq % 100, "rs": -40 - device % 50, "tc": 215}
        body = messages.encode_telemetry(self._boot, seq, readings)
        if self._send(device, names.TELEMETRY, body):
            self._ledger.telemetry += 1

    def _event(self, seq: int, age_ms: int) -> bytes:
        if seq % TEST_EVERY == 0:
            what = (names.TEST, names.TESTED, 0, names.TEST_PERIODIC)
        else:
            what = (names.DOOR, names.NOTICE, 1, names.OPEN if seq % 2 else names.CLOSED)
        return messages.encode_event(self._boot, seq, *what, age_ms=age_ms)

    def _send(self, device: int, channel: str, body: bytes) -> bool:
        client = self._connections[device % len(self._connections)].client
        # Nothing is queued while the link is down: what has no answer is sent again anyway.
        if not client.is_connected():
            return False
        topic = topics.topic(self._site, device_id(device), channel)
        return client.publish(topic, body, qos=1).rc == paho.MQTT_ERR_SUCCESS
