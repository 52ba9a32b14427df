"""MQTT: two sessions with the broker, one for events and one for telemetry.

MQTT acknowledges in order within a session, so a backlog of readings must not stand in front
of an event. Acknowledgement is manual: PUBACK goes out only when ``finished`` is called, after
the commit. A message of an earlier connection is never acknowledged on a later one: a broker
that lost its session gives the same packet identifier to another message.

A broker does not say how long a message has waited in its queue, and an event's age counts only
up to its publication. So each connection begins with a marker that the session sends to itself:
what arrives before it has waited for an unknown time and is handed on as ``queued``.
"""

import logging
from collections.abc import Callable, Sequence
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.config import Broker
from callpoint_protocol import names

IN_FLIGHT = 1000
KEEPALIVE_S = 15
RECONNECT_MAX_S = 2


class Take(Protocol):
    """Who takes messages; ``finished`` acknowledges, ``queued`` says that the age is too low."""

    def __call__(
        self, source: str, topic: str, body: bytes, finished: Callable[[], None], *, queued: bool
    ) -> None:
        """Take one message."""


LinkChanged = Callable[[bool, str], None]

log = logging.getLogger(__name__)


class MqttSession:
    """One persistent session: subscribes, hands messages to ``take``, publishes."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[str],
        take: Take,
        changed: LinkChanged,
    ) -> None:
        """Prepare; nothing is opened before ``start``. ``changed`` is told of up and down."""
        self._broker = broker
        self._marker = f"{names.ROOT}/{client_id}/marker"
        self._subscriptions = [(topic, 1) for topic in (*subscriptions, self._marker)]
        self._queued = True
        self._take = take
        self._changed = changed
        self._connection = 0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(1, RECONNECT_MAX_S)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.ca_file:
            self._client.tls_set(broker.ca_file, broker.certificate_file, broker.key_file)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_socket_open = self._on_socket_open

    def start(self) -> None:
        """Connect in the background and stay connected, also when the broker is away now."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    @property
    def listening(self) -> bool:
        """The link stands: what a device sends now would arrive."""
        return self._client.is_connected()

    @property
    def running(self) -> bool:
        """The session's thread lives. If not, nothing arrives any more."""
        return self._client._thread is not None and self._client._thread.is_alive()

    def stop(self) -> None:
        """Disconnect; the broker keeps the session and what is not acknowledged."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, body: bytes) -> bool:
        """Send at QoS 1 if the link is up. False: not sent, and not kept."""
        if not self._client.is_connected():
            return False
        return self._client.publish(topic, body, qos=1).rc == paho.MQTT_ERR_SUCCESS

    def _on_connect(
        self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._changed(False, f"the broker refuses: {reason}")
            return
        self._connection += 1
        self._queued = True
        client.subscribe(self._subscriptions)
        client.publish(self._marker, str(self._connection), qos=1)
        self._changed(True, "connected")

    def _on_socket_open(self, client: paho.Client, userdata: Any, socket: Any) -> None:
        # An acknowledgement and an answer are two small writes; without this the second
        # waits some 40 ms for the broker's TCP acknowledgement of the first.
        socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def _on_connect_fail(self, client: paho.Client, userdata: Any) -> None:
        where = f"{self._broker.host}:{self._broker.port}"
        self._changed(False, f"no broker answers at {where}; start it or correct [broker]")

    def _on_disconnect(
        self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._changed(False, f"connection lost: {reason}")

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        connection = self._connection

        def finished() -> None:
            if connection == self._connection:
                client.ack(message.mid, message.qos)

        try:
            topic = message.topic
            if topic == self._marker:
                # One of an earlier connection may have waited in the queue as well.
                self._queued &= message.payload != str(connection).encode()
                finished()
                return
        except UnicodeDecodeError:
            topic = "(not UTF-8)"
        self._take("mqtt", topic, bytes(message.payload), finished, queued=self._queued)
