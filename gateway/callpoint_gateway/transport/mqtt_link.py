"""One MQTT connection with a broker, over TCP or TLS: one thread reads, any thread sends.

``mqtt_packets`` says why the gateway does not use paho-mqtt here.

Sending never blocks: bytes that the broker does not take at once wait here and leave as soon as it
takes them. The journal's writer thread sends acknowledgements, and nothing may delay that thread.
It sends them itself: if it handed them to the reading thread, they would wait until that runs.
"""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.transport import addresses
from callpoint_gateway.transport.broker_access import tls_context
from callpoint_gateway.transport.mqtt_packets import Packet, Published, Stream
from callpoint_gateway.words.said import said

KEEPALIVE_S = 15
CONNECT_S = 5.0
# How long an ended link waits for the broker to hang up.
LEAVING_S = 0.5
_PORTION = 64 * 1024
_LITTLE = 4 * 1024
_AGAIN = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Silent(OSError):
    """The broker keeps the connection open and sends nothing, not even PINGRESP."""


class HungUp(OSError):
    """The broker has ended the connection."""


class MqttLink:
    """An open connection. ``packets`` in one thread, ``send`` and ``end`` in any."""

    def __init__(
        self,
        connection: socket.socket,
        keepalive_s: float = KEEPALIVE_S,
        gather_s: float = 0.0,
    ) -> None:
        """Take over a connected socket.

        ``gather_s``: seconds to wait after few bytes have arrived, so that more come together.
        """
        self._gather_s = gather_s
        self._keepalive_s = keepalive_s
        self._patience = 1.5 * keepalive_s
        connection.setblocking(False)
        self._socket = connection
        self._stream = Stream()
        self._lock = threading.Lock()
        self._out = bytearray()
        self._ended = False
        self._waking = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._heard = self._said = time.monotonic()

    @property
    def waiting(self) -> int:
        """Bytes that the broker has not taken yet."""
        return len(self._out)

    def send(self, packet: bytes) -> None:
        """Send a packet as soon as the broker takes it; drop it if the link has ended."""
        with self._lock:
            if self._ended or not packet:
                return
            self._out += packet
            # An error here comes again in the reading thread, which ends the link.
            with suppress(OSError):
                self._send_out()
            if self._out:
                self._wake()

    def end(self) -> None:
        """Let ``packets`` end after one more try to send the waiting bytes."""
        with self._lock:
            if not self._ended:
                self._ended = True
                self._wake()

    def _wake(self) -> None:
        if not self._waking:
            self._waking = True
            self._wake_write.send(b"\0")

    def close(self) -> None:
        """Close the sockets. Nothing is sent any more."""
        with self._lock:
            self._ended = self._waking = True
            self._socket.close()
            self._wake_read.close()
            self._wake_write.close()

    def packets(self, ping: bytes) -> Iterator[list[Published | Packet]]:
        """Yield the packets that arrive together, until ``end`` is called.

        OSError: the connection is lost. Silent: nothing came for one and a half times the
        keep-alive. Malformed: the broker sent no MQTT. ``ping`` is sent when nothing else was
        sent for the keep-alive (MQTT 3.1.1, 3.1.2.10).
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            selector.register(self._socket, selectors.EVENT_READ)
            wanted = selectors.EVENT_READ
            while True:
                ended = self._ended  # read before writing, so that all sent before ``end`` leaves
                self._write()
                if ended:
                    self._leave()
                    return
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
                if events != wanted:
                    wanted = events
                    selector.modify(self._socket, wanted)
                for key, mask in selector.select(self._patience_s(ping)):
                    if key.fileobj is self._wake_read:
                        self._wake_read.recv(16)
                    elif mask & selectors.EVENT_READ:
                        yield from self._read()

    def _patience_s(self, ping: bytes) -> float:
        now = time.monotonic()
        if now - self._heard > self._patience:
            raise Silent(said("broker.no_sign", seconds=self._patience))
        if now - self._said >= self._keepalive_s:
            self._said = now
            self.send(ping)
        due = min(self._said + self._keepalive_s, self._heard + self._patience)
        return max(0.0, due - now) + 0.01

    def _read(self) -> Iterator[list[Published | Packet]]:
        # TLS may hold more bytes than the socket shows, so it is read until it is empty.
        while True:
            try:
                portion = self._receive()
            except _AGAIN:
                return
            except ConnectionResetError:
                portion = b""
            if not portion and self._ended:
                return  # ``end`` was called, and the broker hung up first
            if not portion:
                raise HungUp(said("broker.closed"))
            self._heard = time.monotonic()
            if packets := self._stream.feed(portion):
                yield packets
            if not isinstance(self._socket, ssl.SSLSocket):
                if self._gather_s and len(portion) < _LITTLE:
                    time.sleep(self._gather_s)
                return

    def _receive(self) -> bytes:
        if not isinstance(self._socket, ssl.SSLSocket):
            return self._socket.recv(_PORTION)
        # Two threads must not use OpenSSL's connection at once.
        with self._lock:
            return self._socket.recv(_PORTION)

    def _leave(self) -> None:
        """Wait a moment until the broker has read everything and hung up.

        If the socket is closed while bytes of the broker are unread, TCP resets the connection
        (RFC 1122, 4.2.2.13), and what was sent last is lost, such as acknowledgements.
        """
        if self._out:
            return
        until = time.monotonic() + LEAVING_S
        with selectors.DefaultSelector() as selector, suppress(OSError):
            selector.register(self._socket, selectors.EVENT_READ)
            self._socket.shutdown(socket.SHUT_WR)
            while selector.select(max(0.0, until - time.monotonic())):
                if not self._socket.recv(_PORTION):
                    return

    def _write(self) -> None:
        with self._lock:
            self._waking = False
            self._send_out()

    def _send_out(self) -> None:
        if not self._out:
            return
        try:
            sent = self._socket.send(self._out)
        except _AGAIN:
            return
        except ConnectionError as error:
            raise HungUp(said("broker.closed")) from error
        del self._out[:sent]
        self._said = time.monotonic()


@contextmanager
def open_socket(broker: Broker, patience_s: float = CONNECT_S) -> Iterator[socket.socket]:
    """Yield a connected socket, with TLS if ``ca_file`` is set. OSError if that fails."""
    # An acknowledgement and an answer are two small writes; without TCP_NODELAY the second
    # waits some 40 ms for the broker's TCP acknowledgement of the first.
    with addresses.connect(broker.host, broker.port, patience_s) as plain:
        context = tls_context(broker)
        if context is None:
            yield plain
            return
        with context.wrap_socket(plain, server_hostname=broker.host) as wrapped:
            yield wrapped


@contextmanager
def open_link(broker: Broker, gather_s: float = 0.0) -> Iterator[MqttLink]:
    """Connect as ``open_socket`` does and yield the link. OSError if that fails."""
    with open_socket(broker) as connection:
        link = MqttLink(connection, gather_s=gather_s)
        try:
            yield link
        finally:
            link.close()
