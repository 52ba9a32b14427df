"""Publishes prepared messages as fast as a broker takes them: a process of its own.

    python publisher.py PORT EACH DEVICES BOOT [EVENTS_PER_S TELEMETRY_PER_S]

EACH events and EACH readings, in turn, of DEVICES devices, at QoS 1 with at most WINDOW
unacknowledged. With rates it publishes at those instead, and prints the moment of each event.
The client is a bare socket, so that the publisher is never what is measured.
"""

import json
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator

from callpoint_protocol import messages, names, topics

WINDOW = 1000
SITE = "estate"
_CONNACK, _PUBACK = 4, 4


def device_id(number: int) -> str:
    """Return the id of a simulated device."""
    return f"b{number:04d}"


def _publish(topic: str, body: bytes, identifier: int) -> bytes:
    head = struct.pack(">H", len(topic)) + topic.encode() + struct.pack(">H", identifier)
    length = len(head) + len(body)
    sizes = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return b"\x32" + sizes + head + body


def event(device: int, boot: int, seq: int) -> tuple[str, bytes]:
    """Return topic and body of an event."""
    what = (names.DOOR, names.NOTICE, 1, names.OPEN if seq % 2 else names.CLOSED)
    body = messages.encode_event(boot, seq, *what, age_ms=0)
    return topics.topic(SITE, device_id(device), names.EVENT), body


def reading(device: int, boot: int, seq: int) -> tuple[str, bytes]:
    """Return topic and body of a heartbeat."""
    readings = {"up": seq, "mv": 3_300 - seq % 100, "rs": -40 - device % 50, "tc": 215, "sd": 0}
    body = messages.encode_telemetry(boot, seq, readings)
    return topics.topic(SITE, device_id(device), names.TELEMETRY), body


def connected(port: int) -> socket.socket:
    """Return a socket on which the broker has said welcome."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = f"publisher-{time.monotonic_ns()}".encode()
    body = b"\0\4MQTT\4\2\0\0" + struct.pack(">H", len(name)) + name
    link.sendall(bytes([0x10, len(body)]) + body)
    link.recv(_CONNACK, socket.MSG_WAITALL)
    return link


def packets(each: int, devices: int, boot: int) -> Iterator[bytes]:
    """Yield events and readings in turn."""
    for number in range(each):
        device, seq = number % devices, number // devices + 1
        yield _publish(*event(device, boot, seq), 2 * number % 65_000 + 1)
        yield _publish(*reading(device, boot, seq), 2 * number % 65_000 + 2)


def flood(port: int, prepared: list[bytes]) -> None:
    """Publish all; return when the broker has acknowledged the last."""
    link = connected(port)
    sent = acknowledged = part = 0
    while acknowledged < len(prepared):
        room = min(WINDOW - (sent - acknowledged), len(prepared) - sent)
        if room > WINDOW // 2 or (room and sent + room == len(prepared)):
            link.sendall(b"".join(prepared[sent : sent + room]))
            sent += room
        part += len(link.recv(65_536))
        acknowledged = part // _PUBACK
    link.close()


def at_rates(port: int, each: int, devices: int, boot: int, rates: tuple[float, float]) -> None:
    """Publish EACH events and the readings that fall into the same time, evenly."""
    link = connected(port)
    moments: dict[int, float] = {}
    start = time.monotonic()
    due = [(n / rates[0], names.EVENT, n) for n in range(each)]
    due += [(n / rates[1], names.TELEMETRY, n) for n in range(int(each * rates[1] / rates[0]))]
    for number, (after_s, channel, index) in enumerate(sorted(due)):
        while (left := start + after_s - time.monotonic()) > 0:
            if select.select([link], [], [], left)[0]:
                link.recv(65_536)
        make = event if channel == names.EVENT else reading
        packet = _publish(*make(index % devices, boot, index // devices + 1), number % 65_000 + 1)
        if channel == names.EVENT:
            moments[index] = time.monotonic()
        link.sendall(packet)
    link.close()
    print(json.dumps([moments[index] for index in range(each)]), flush=True)


if __name__ == "__main__":
    port, each, devices, boot = (int(word) for word in sys.argv[1:5])
    if len(sys.argv) > 5:
        at_rates(port, each, devices, boot, (float(sys.argv[5]), float(sys.argv[6])))
    else:
        prepared = list(packets(each, devices, boot))
        print("ready", flush=True)
        sys.stdin.readline()
        flood(port, prepared)
