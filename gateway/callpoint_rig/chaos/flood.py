"""A board that sends panics as fast as the broker takes them."""

import socket
from typing import Final

from callpoint_gateway.transport.mqtt_packets import connect, publish
from callpoint_protocol import messages, names, topics
from callpoint_rig.rig import SITE

_BOOT: Final = 7
_AT_ONCE: Final = 500  # packets between two looks at what the broker answers
_ANSWER: Final = 4  # bytes of CONNACK and of PUBACK
_PATIENCE_S: Final = 60.0


def panic(device: str, seq: int, zone: int) -> tuple[str, bytes]:
    """Return topic and body of a press."""
    body = messages.encode_event(_BOOT, seq, names.PANIC, names.ALARM, zone, age_ms=0)
    return topics.topic(SITE, device, names.EVENT), body


def flood(port: int, device: str, count: int) -> None:
    """Publish ``count`` panics of a device's zone 1 at QoS 1, each with the broker's answer."""
    packets = [publish(seq % 65_000 + 1, *panic(device, seq, 1)) for seq in range(1, count + 1)]
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(_PATIENCE_S)
        link.sendall(connect(device, 0, kept=False))
        answered = -_ANSWER  # the CONNACK
        for start in range(0, count, _AT_ONCE):
            link.sendall(b"".join(packets[start : start + _AT_ONCE]))
            while answered < _ANSWER * start:
                answered += len(link.recv(65_536))
        while answered < _ANSWER * count:
            answered += len(link.recv(65_536))
