"""A short-lived MQTT connection that looks at what a broker does.

It blocks, has one thread and, unless that is what is looked at, a session that the broker
forgets. What arrives is acknowledged only when that is asked for, because what a broker does
meanwhile is the question; a ping marks the end of what the broker was asked so far, and single
packets are timed. paho-mqtt offers no ping, and each gateway would pay its 6 MB for this check.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.transport.mqtt_link import open_socket
from callpoint_gateway.transport.mqtt_packets import (
    CONNACK,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    PUBACK,
    REFUSALS,
    SUBACK,
    SUBSCRIPTION_REFUSED,
    Malformed,
    Packet,
    Published,
    Stream,
    connect,
    pubacks,
    publish,
    subscribe,
)

PATIENCE_S = 5.0
_PORTION = 64 * 1024


class Denied(OSError):
    """The broker said no, or hung up, which in MQTT 3.1.1 is how it says no."""


class Probe:
    """One connection; OSError from every method when the broker hangs up or is silent."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connection
        self._stream = Stream()
        self._identifier = 0
        self._early: list[Published] = []

    def _next(self) -> int:
        self._identifier = self._identifier % 0xFFFF + 1
        return self._identifier

    def _read(self) -> list[Published | Packet]:
        portion = self._socket.recv(_PORTION)
        if not portion:
            raise Denied("the broker has closed the connection")
        try:
            return self._stream.feed(portion)
        except Malformed as error:
            raise OSError(f"no MQTT broker: {error}") from error

    def _until(self, kind: int) -> tuple[bytes, list[Published]]:
        """Return the content of the first such answer and the messages before it."""
        heard: list[Published] = []
        while True:
            answer = None
            for packet in self._read():
                if isinstance(packet, Published):
                    heard.append(packet)
                elif packet.kind == kind and answer is None:
                    answer = packet.content
            if answer is not None:
                return answer, heard

    def connect(
        self, client_id: str, username: str | None, password: str | None, *, kept: bool = False
    ) -> None:
        """Introduce yourself. Denied when the broker refuses.

        ``kept``: with a session that outlasts the connection; else whatever there was is ended.
        """
        self._socket.sendall(connect(client_id, 60, username, password, kept=kept))
        content, self._early = self._until(CONNACK)
        code = content[1] if len(content) == 2 else 0xFF
        if code:
            raise Denied(REFUSALS.get(code, f"code {code}"))

    def subscribe(self, topic: str) -> list[Published]:
        """Subscribe at QoS 1 and return what came with it. Denied when it is refused."""
        self._socket.sendall(subscribe(self._next(), [topic]))
        content, heard = self._until(SUBACK)
        if content[2:] == bytes([SUBSCRIPTION_REFUSED]):
            raise Denied(f"it does not let the gateway read {topic}")
        return heard + self.turn()

    def publish(self, topic: str, bodies: Sequence[bytes], *, retained: bool = False) -> None:
        """Send messages at QoS 1 in one piece."""
        packets = [publish(self._next(), topic, one, retained=retained) for one in bodies]
        self._socket.sendall(b"".join(packets))

    def acknowledge(self, messages: Sequence[Published]) -> None:
        """Acknowledge what has arrived."""
        self._socket.sendall(pubacks(one.identifier for one in messages))

    def turn(self) -> list[Published]:
        """Return what arrives before the broker has done all that it was asked so far."""
        self._socket.sendall(PINGREQ)
        early, self._early = self._early, []
        return early + self._until(PINGRESP)[1]

    def gap_s(self, topic: str) -> float:
        """Publish to a topic of one's own and acknowledge what comes.

        Return how long the second of two small packets comes after the first: a broker that
        waits for TCP's acknowledgement before it sends on holds it back.
        """
        # Without this the kernel acknowledges the first segments of a connection at once.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        self.publish(topic, [b"gap"])
        heard: list[Published | Packet] = []
        times: list[float] = []
        while sum(isinstance(one, Published) or one.kind == PUBACK for one in heard) < 2:
            heard += self._read()
            times.append(time.monotonic())
        self.acknowledge([one for one in heard if isinstance(one, Published)])
        return times[-1] - times[0]

    def end(self) -> None:
        """Say good-bye, so that the broker has nothing to complain of."""
        self._socket.sendall(DISCONNECT)


@contextmanager
def probe(broker: Broker, client_id: str, *, kept: bool = False) -> Iterator[Probe]:
    """Connect as the gateway does. Denied when the broker refuses, else OSError.

    ``kept``: with a session that outlasts the connection.
    """
    with open_socket(broker, PATIENCE_S) as connection:
        found = Probe(connection)
        found.connect(client_id, broker.username, broker.password, kept=kept)
        yield found
        found.end()
