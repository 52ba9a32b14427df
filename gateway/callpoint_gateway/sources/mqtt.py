"""Takes device messages from the broker: one MQTT session for events and one for telemetry.

MQTT acknowledges in order within a session (3.1.1, 4.6), so a backlog of readings must not stand
in front of an event. PUBACK is sent only after the commit, when ``finished`` is called, for all
messages that were handed over together. A message of an earlier connection is never acknowledged
on a later one: a broker that lost its session gives the same packet identifier to another message.

A broker does not say how long a message has waited in its queue, and an event's age counts only
up to its publication. So the session sends a marker to itself at the start of each connection.
Messages that arrive before the marker waited for an unknown time; they are handed on as
``queued``.

The sessions of a site receive each other's markers, and each marker names the process that sent
it. A marker of another process that arrives while this one listens comes from a second gateway.
"""

import secrets
import time
from collections.abc import Sequence
from functools import partial

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.session import Session, Take
from callpoint_gateway.transport.broker_access import lost, not_reached, not_readable, refused
from callpoint_gateway.transport.mqtt_link import KEEPALIVE_S, HungUp, MqttLink, Silent, open_link
from callpoint_gateway.transport.mqtt_packets import (
    CONNACK,
    DISCONNECT,
    PINGREQ,
    REFUSALS,
    SUBACK,
    SUBSCRIPTION_REFUSED,
    Malformed,
    Packet,
    Published,
    connect,
    pubacks,
    publish,
    publish_once,
    subscribe,
)
from callpoint_gateway.words.said import Said, said, said_by
from callpoint_protocol import names

# Bytes that may wait to be sent: if more wait, the broker does not read any more.
MAX_OUT = 4 * 1024 * 1024
# Identifies this process in markers.
_PROCESS = secrets.token_hex(8)


class MqttSession(Session):
    """One persistent session: subscribes, hands messages to ``take``, publishes."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[str],
        take: Take,
        report: PartReport,
        gather_s: float = 0.0,
        process: str = _PROCESS,
    ) -> None:
        """Prepare the session; ``start`` connects. ``report`` hears when the link comes or goes.

        ``gather_s``: how long messages may wait for further ones before they are handed on.
        ``process``: identifies this gateway process in markers.
        """
        super().__init__(broker, client_id, take, report)
        self._gather_s = gather_s
        self._process = process
        self._marker = f"{names.ROOT}/{client_id.rpartition('-')[0]}/marker"
        self._subscriptions = [*subscriptions, self._marker]
        self._mark = b""
        #: Connections that the broker accepted, and whether it still had the session at the last.
        self.accepted = 0
        self.resumed = False
        #: When another gateway of this site was last heard; monotonic seconds.
        self.second_heard_s: float | None = None
        self._link: MqttLink | None = None
        self._identifier = 0

    def stop(self) -> None:
        """Disconnect; the broker keeps the session and the unacknowledged messages."""
        self._stopping.set()
        with self._lock:
            if self._link is not None:
                self._link.send(DISCONNECT)
                self._link.end()
        self._thread.join()

    def publish(self, topic: str, body: bytes) -> bool:
        """Send at QoS 1 if the session is subscribed. False: not sent, and not kept for later."""
        with self._lock:
            if self._link is None or not self._listening or self._link.waiting > MAX_OUT:
                return False
            self._link.send(publish(self._next_identifier(), topic, body))
            return True

    def publish_once(self, topic: str, body: bytes) -> bool:
        """Send at QoS 0, to a device that listens now. False: not sent, and not kept for later."""
        with self._lock:
            if self._link is None or not self._listening or self._link.waiting > MAX_OUT:
                return False
            self._link.send(publish_once(topic, body))
            return True

    def _next_identifier(self) -> int:
        # Two packets that wait for an acknowledgement must not have the same identifier (2.3.1).
        self._identifier = self._identifier % 0xFFFF + 1
        return self._identifier

    def _run(self) -> None:
        while not self._stopping.is_set():
            before = self.accepted
            try:
                self._serve()
                self._listening = False
            except (OSError, Malformed) as error:
                self._listening = False
                was_up = self.accepted != before
                self._ended(was_up, isinstance(error, HungUp), self._cause(error, was_up))
            self._pause()

    def _cause(self, error: OSError | Malformed, was_up: bool) -> tuple[Said, Said]:
        """Return reason and remedy of a connection that failed or was lost."""
        if isinstance(error, Malformed):
            why = said("broker.no_broker", why=said_by(error))
            return why, said("broker.address.do")
        if was_up:
            return lost(said_by(error))
        if isinstance(error, _Refused):
            return error.why, error.remedy
        if isinstance(error, Silent):
            return said_by(error), said("broker.restart.do")
        if isinstance(error, HungUp):
            where = f"{self._broker.host}:{self._broker.port}"
            return said("broker.hangs_up", where=where), said("broker.hangs_up.do")
        return not_reached(self._broker, error)

    def _serve(self) -> None:
        """Connect and exchange packets until the link ends."""
        with open_link(self._broker, self._gather_s) as link:
            with self._lock:
                if self._stopping.is_set():
                    return
                # Random and not a count: markers of an earlier process may be in the queue.
                self._mark = f"{self._process} {secrets.token_hex(8)}".encode()
                self._queued = True
                self._link = link
            try:
                link.send(connect(self._client_id, KEEPALIVE_S, *self._login()))
                for packets in link.packets(PINGREQ):
                    self._handle(link, packets)
            finally:
                with self._lock:
                    self._link = None

    def _login(self) -> tuple[str | None, str | None]:
        try:
            return self._broker.username, self._broker.password
        except ValueError as error:
            raise _Refused(*not_reached(self._broker, error)) from error

    def _handle(self, link: MqttLink, packets: Sequence[Published | Packet]) -> None:
        messages: list[Message] = []
        identifiers: list[int] = []
        for packet in packets:
            if isinstance(packet, Packet):
                self._answered(link, packet)
                continue
            identifiers.append(packet.identifier)
            # A topic that was cut may end in the middle of a UTF-8 character.
            topic = packet.topic.decode(errors="replace")
            if topic == self._marker:
                self._marked(packet.body)
                continue
            messages.append(Message(topic, packet.body, self._queued))
        acknowledge = partial(self._acknowledge, link, identifiers)
        if messages:
            self._take("mqtt", messages, acknowledge)
        elif identifiers:
            acknowledge()

    def _marked(self, marker: bytes) -> None:
        # A marker of an earlier connection or process may have waited in the queue.
        if marker == self._mark:
            self._queued = False
        elif not self._queued and not marker.startswith(self._process.encode() + b" "):
            self.second_heard_s = time.monotonic()

    def _acknowledge(self, link: MqttLink, identifiers: Sequence[int]) -> None:
        # If this link has ended, it drops them; they must not go out on a later link.
        link.send(pubacks(identifier for identifier in identifiers if identifier))

    def _answered(self, link: MqttLink, packet: Packet) -> None:
        if packet.kind == CONNACK:
            code = packet.content[1] if len(packet.content) == 2 else 0xFF
            if code:
                raise _Refused(*refused(REFUSALS.get(code, said("broker.code", code=code))))
            self.resumed = bool(packet.content[0] & 1)
            with self._lock:
                link.send(subscribe(self._next_identifier(), self._subscriptions))
                link.send(publish(self._next_identifier(), self._marker, self._mark))
        elif packet.kind == SUBACK:
            for topic, granted in zip(self._subscriptions, packet.content[2:], strict=False):
                if granted == SUBSCRIPTION_REFUSED:
                    raise _Refused(*not_readable(topic))
            self.accepted += 1
            self._accepted()


class _Refused(OSError):
    """The broker refused CONNECT or SUBSCRIBE. ``remedy``: what a person can do about it."""

    def __init__(self, why: Said, remedy: Said) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
