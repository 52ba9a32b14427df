"""MQTT sessions over paho-mqtt, for messages that may be acknowledged before they are stored.

Alarm panels and updates have one session each. As in ``sources.mqtt`` the broker keeps the
session, and the session sends a marker to itself at the start of each connection: a message that
arrives before the marker, or that is retained, has waited and is handed on as ``queued``. Each
connection is a paho client of its own, so that nothing of an earlier one is sent on a later one.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.session import Session, Take
from callpoint_gateway.transport.broker_access import (
    lost,
    not_reached,
    not_readable,
    refused,
    tls_context,
)
from callpoint_gateway.transport.mqtt_link import CONNECT_S, KEEPALIVE_S, LEAVING_S
from callpoint_gateway.words.said import said, verbatim
from callpoint_protocol import names

# Messages that may wait to be sent: if more wait, the broker does not read any more.
_MOST_WAITING: Final = 1000
WITHDRAWN_S: Final = 10.0
_LOOK_S: Final = 0.05
_LOST: Final = lost(said("broker.no_reason"))
# What paho says when the broker has not answered its ping.
_SILENT: Final = "Keep alive timeout"

log = logging.getLogger(__name__)


class PahoSession(Session):
    """One session: subscribes, hands messages to ``take``, publishes."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[str],
        take: Take,
        report: PartReport,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        """Prepare the session; ``start`` connects. ``report`` hears when the link comes or goes.

        ``will``: topic and body that the broker publishes, retained, when the link is lost.
        """
        super().__init__(broker, client_id, take, report)
        self._marker = f"{names.ROOT}/{client_id}/marker"
        self._subscriptions = [(topic, 1) for topic in (*subscriptions, self._marker)]
        self._will = will
        self._mark = b""
        self._last: paho.MQTTMessageInfo | None = None
        self._over = threading.Event()
        self._fault, self._silent = _LOST, False
        self._client: paho.Client | None = None

    def stop(self) -> None:
        """Disconnect, so that the broker does not publish the will."""
        with self._lock:
            self._stopping.set()
            client, last = self._client, self._last
        if client is not None:
            # Wait for the last message: if the socket is closed while bytes of the broker are
            # unread, TCP resets the connection and loses it (RFC 1122, 4.2.2.13).
            if last is not None:
                with suppress(RuntimeError, ValueError):
                    last.wait_for_publish(LEAVING_S)
            client.disconnect()
        if self._thread.ident is not None:
            self._over.wait(LEAVING_S)
            self._over.set()
            self._thread.join()

    def publish(self, topic: str, body: bytes, retained: bool = False) -> bool:
        """Send at QoS 1 if the session is subscribed. False: not sent, and not kept for later."""
        with self._lock:
            if self._client is None or not self._listening:
                return False
            self._last = self._client.publish(topic, body, qos=1, retain=retained)
            return self._last.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def withdraw(self, topics: Sequence[str]) -> bool:
        """Empty retained topics, and wait until the broker has acknowledged that.

        It blocks, for ``WITHDRAWN_S`` at most. False: it may not have them all.
        """
        with self._lock:
            client = self._client
            if client is None or not self._listening:
                return False
            sent = [client.publish(topic, b"", qos=1, retain=True) for topic in topics]
        until_s = time.monotonic() + WITHDRAWN_S
        try:
            while not all(one.is_published() for one in sent):
                if time.monotonic() > until_s or self._client is not client:
                    return False
                self._stopping.wait(_LOOK_S)
        except (RuntimeError, ValueError):  # more waits than may, or the connection has ended
            return False
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._fault, self._silent = _LOST, False
            was_up = False
            try:
                was_up = self._served()
            except (OSError, ValueError) as error:
                self._fault = not_reached(self._broker, error)
            self._ended(was_up, not self._silent, self._fault)
            self._pause()

    def _served(self) -> bool:
        """Connect and exchange packets until the link ends. False: it never came up."""
        client = self._new_client()
        client.connect(self._broker.host, self._broker.port, KEEPALIVE_S)
        try:
            with self._lock:
                if self._stopping.is_set():
                    return False
                self._over.clear()
                self._mark = secrets.token_hex(8).encode()
                self._queued = True
                self._last = None
                self._client = client
            client.loop_start()
            self._over.wait()
        finally:
            with self._lock:
                self._client = None
                was_up, self._listening = self._listening, False
            # Otherwise paho's thread waits for acknowledgements that a silent broker never sends.
            connection: Any = client.socket()
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            client.loop_stop()
        return was_up

    def _new_client(self) -> paho.Client:
        broker = self._broker
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.max_queued_messages_set(_MOST_WAITING)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if (context := tls_context(broker)) is not None:
            client.tls_set_context(context)
        if self._will is not None:
            topic, body = self._will
            client.will_set(topic, body, qos=1, retain=True)
        client.on_connect = self._guarded(self._on_connect)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_message = self._guarded(self._on_message)
        client.on_disconnect = self._guarded(self._on_disconnect)
        client.on_socket_open = self._guarded(self._on_socket_open)
        return client

    def _guarded(self, callback: Callable[..., None]) -> Any:
        """Return ``callback`` such that its exceptions are logged and do not end paho's thread."""

        def called(*given: Any) -> None:
            try:
                callback(*given)
            except Exception:
                log.exception("%s: %s failed", self.name, callback.__name__)

        return called

    def _on_socket_open(self, client: paho.Client, _: Any, opened: Any) -> None:
        # Without it, the second of two small packets waits for TCP's acknowledgement of the first.
        opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def _on_connect(
        self, client: paho.Client, _: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._fault = refused(verbatim(str(reason)))
        else:
            client.subscribe(self._subscriptions)

    def _on_subscribe(
        self, client: paho.Client, _: Any, mid: int, reasons: list[ReasonCode], properties: Any
    ) -> None:
        for (topic, _qos), reason in zip(self._subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._fault = not_readable(topic)
                client.disconnect()
                return
        self._last = client.publish(self._marker, self._mark, qos=1)
        self._accepted()

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        body = bytes(message.payload)
        if message.topic == self._marker:
            # A marker of an earlier connection may have waited in the queue.
            self._queued &= body != self._mark
            return
        taken = Message(message.topic, body, self._queued or message.retain)
        self._take("mqtt", [taken], lambda: None)

    def _on_disconnect(
        self, client: paho.Client, _: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        self._silent = reason == _SILENT
        if self._fault is _LOST:
            self._fault = lost(verbatim(str(reason)))
        self._over.set()
