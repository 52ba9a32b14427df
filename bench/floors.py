"""What the bare parts need on this machine, in this run: the floors."""

import asyncio
import os
import queue
import subprocess
import sys
import time
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.broker.configuration import GATEWAY_USER
from callpoint_gateway.centres.dc09.path import Dc09Path as CentrePath
from callpoint_gateway.protocols.report import Report
from callpoint_protocol import names
from callpoint_rig.rig import ACCOUNT, Rig

ROUNDS = 200
SOON_S = 30.0
_UP = f"{names.ROOT}/bench/up"
_DOWN = f"{names.ROOT}/bench/down"
_TCP, _NODELAY = 6, 1


def _client(rig: Rig, name: str) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
    if rig.authority is not None:
        own = rig.authority.client(GATEWAY_USER)
        client.tls_set(str(rig.authority.ca_file), str(own.certificate_file), str(own.key_file))
    client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(_TCP, _NODELAY, 1)
    return client


def _listening(client: paho.Client, port: int, topic: str) -> None:
    subscribed: queue.SimpleQueue[None] = queue.SimpleQueue()
    client.on_subscribe = lambda *_: subscribed.put(None)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(topic, 1)
    subscribed.get(timeout=SOON_S)


def mqtt_round_trips(rig: Rig) -> list[float]:
    """Return times, in ms, of QoS 1 messages of 110 bytes to a peer that sends them back."""
    device, peer = _client(rig, "floor-device"), _client(rig, "floor-peer")
    arrived: queue.SimpleQueue[float] = queue.SimpleQueue()
    device.on_message = lambda *_: arrived.put(time.monotonic())
    peer.on_message = lambda client, _data, message: client.publish(_DOWN, message.payload, 1)
    _listening(peer, rig.port, _UP)
    _listening(device, rig.port, _DOWN)
    took = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        device.publish(_UP, b"x" * 110, qos=1)
        took.append((arrived.get(timeout=SOON_S) - started) * 1000)
    for client in (device, peer):
        client.disconnect()
        client.loop_stop()
    return took


def fsyncs(folder: Path) -> list[float]:
    """Return times, in ms, of appending 4 KiB and fsync."""
    took = []
    with (folder / "floor").open("wb") as file:
        for _ in range(ROUNDS):
            started = time.monotonic()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append((time.monotonic() - started) * 1000)
    return took


async def exchanges(rig: Rig) -> list[float]:
    """Return times, in ms, of DC-09 exchanges of one frame with the rig's receiver."""
    path = CentrePath("127.0.0.1", rig.receiver.port, ACCOUNT, now=time.time, receiver="0")
    report = Report(names.TEST, names.TESTED, 0, 0, detail=names.TEST_PERIODIC)
    took = []
    for number in range(1, ROUNDS + 1):
        started = time.monotonic()
        outcome = await path.send(report, number)
        took.append((time.monotonic() - started) * 1000)
        if not outcome.accepted:
            raise RuntimeError(f"the receiver refuses the floor's frame: {outcome.reason}")
    await path.close()
    return took


def python_start_s() -> float:
    """Return how long this Python needs to start and import what the gateway imports."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import callpoint_gateway.service"], check=True)
    return time.monotonic() - started


async def of(rig: Rig, folder: Path) -> list[list[float]]:
    """Return all three kinds of times for one rig."""
    trips = await asyncio.to_thread(mqtt_round_trips, rig)
    return [trips, fsyncs(folder), await exchanges(rig)]
