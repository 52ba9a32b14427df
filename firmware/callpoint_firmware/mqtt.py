"""An MQTT 3.1.1 client that never holds up the loop and never gives up.

Promises: connects for ever, also when started before the broker; resumes the broker's session;
notices a frozen broker by its own ping; ``run`` ends only by ``close`` or cancellation. A packet
leaves in one write. Nothing is queued here: the spool is the queue, and what the broker has not
acknowledged when a link ends is published again by the spool under a new identifier (section 4.4
asks for the old one; devices deduplicate on event identity instead).

A host given by name is looked up without blocking if ``dns`` names a server (``dns.py``), else by
``getaddrinfo``, which may block; the address is kept and asked for again only after four failed
attempts in a row. What blocks is the arithmetic of a TLS handshake, in steps. Waiting for the
peer blocks nothing, in a handshake neither.
"""

import asyncio
import errno
import os
import time

from callpoint_firmware import mqtt_packets as packets
from callpoint_firmware.addresses import is_numeric
from callpoint_firmware.mqtt_packets import Malformed
from callpoint_firmware.mqtt_socket import explained, open_socket, readable, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.certificate import Trial

_WRITE_POLL_MS = 5
_FORGET_ADDRESS_AFTER = 4
_SETTLED_MS = 5000
_MOVED = "moved to another broker"
_URGENT_MS = 1_000  # between attempts while something waits to be sent


class Refused(Exception):
    """The broker answered and does not want this client (CONNACK 1 to 5, SUBACK 0x80)."""


def _encoded(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


class Client:
    """One link to one broker. ``publish`` from any task; ``run`` in one task.

    ``up`` is True between SUBACK and the end of the link. ``last_error`` says for humans why the
    last link or attempt ended. ``unacknowledged`` counts QoS 1 publishes without PUBACK on this
    link. ``oversize`` counts packets over ``max_in`` that were passed over, ``callback_faults``
    exceptions of the caller's own functions. ``proven`` is True once the broker has acknowledged
    what was published after ``doubt()``, or since the start.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        will_topic: str,
        will_body: str | bytes,
        ssl: Any = None,
        server_hostname: str | None = None,
        user: str | None = None,
        password: str | None = None,
        keepalive: int = 15,
        ping_ms: int | None = None,
        deadline_ms: int = 5000,
        attempt_ms: int = 10000,
        retry_ms: int = 250,
        retry_limit_ms: int = 15000,
        refused_ms: int = 15000,
        max_in: int = 2048,
        max_out: int = 1280,
        dns: Callable[[], tuple[str, int] | None] | None = None,
    ) -> None:
        """``ping_ms``: silence before PINGREQ (half the keepalive); ``deadline_ms``: then the
        patience for an answer; ``attempt_ms``: for each of TCP connection, TLS with CONNECT,
        CONNACK and SUBACK; ``refused_ms``: least wait after a refusal; ``dns()`` returns the
        (address, port) of a DNS server, or None."""
        self._host = host
        self._port = port
        self._ssl = ssl
        self._server_hostname = server_hostname or host
        self._connect_with = (
            _encoded(client_id),
            keepalive,
            _encoded(will_topic),
            _encoded(will_body),
            _encoded(user),
            _encoded(password),
        )
        self._ping_ms = keepalive * 500 if ping_ms is None else ping_ms
        self._deadline_ms = deadline_ms
        self._attempt_ms = attempt_ms
        self._retry_ms, self._retry_limit_ms = retry_ms, retry_limit_ms
        self._refused_ms = refused_ms
        self._out = packets.Outgoing(max_out)
        self._in = packets.Incoming(max_in)
        self._lock, self._hurry = asyncio.Lock(), asyncio.Event()
        self._dns = dns
        self._topics: tuple[bytes, ...] = ()
        self._address = None
        self._task: asyncio.Task[None] | None = None
        self._sock: Any = None
        self._raw: Any = None
        self._reason: str | None = None
        self._due: int | None = None
        self._waiting_for = self.last_error = ""
        self._pinged_at = self._received_at = self._sent_at = self._packet_id = 0
        self.up = self.proven = self._pinged = self._closed = False
        self.unacknowledged = self.oversize = self.callback_faults = 0
        self._stale = 0  # acknowledgements to come of what was published before the doubt
        self.trial: Trial | None = None  # of a new certificate

    def subscribe_to(self, topics: list[str]) -> None:
        """Name the topics to subscribe at every connection; before run."""
        self._topics = tuple(_encoded(topic) for topic in topics)

    async def run(
        self,
        on_up: Callable[[bool], None],
        on_message: Callable[[str, bytes], None],
        on_down: Callable[[str], None],
        urgent: Callable[[], bool],
    ) -> None:
        """Keep a link until close(). ``on_up(session_present)`` after CONNACK and SUBACK.

        ``on_message(topic, body)`` may come before the first ``on_up``: a resumed session
        delivers at once. It is acknowledged after on_message has returned, or raised.
        ``on_down(reason)`` when a link that was up ends. ``urgent()`` says whether something waits
        to be sent: then attempts are a second apart at most.
        """
        self._task = asyncio.current_task()
        watch = asyncio.create_task(self._watch())
        failures = 0
        try:
            while not self._closed:
                least = 0
                began = time.ticks_ms()
                was_up = False
                self._reason = None
                try:
                    await self._link(on_up, on_message)
                except asyncio.CancelledError:
                    if self._reason is None:
                        raise
                except Refused as fault:
                    self._reason = str(fault)
                    least = self._refused_ms
                except (OSError, ValueError, MemoryError, Malformed) as fault:
                    self._reason = self._reason or explained(fault)
                finally:
                    was_up = self.up
                    self._close_socket()
                self.last_error = self._reason
                if was_up:
                    self._call(on_down, self._reason)
                settled = time.ticks_diff(time.ticks_ms(), began) > _SETTLED_MS
                failures = 0 if was_up and settled else failures + 1
                if not was_up and failures % _FORGET_ADDRESS_AFTER == 0:
                    self._address = None
                await self._pause(
                    failures, least, _URGENT_MS if urgent() else self._retry_limit_ms
                )
        finally:
            watch.cancel()
            self._task = None

    async def publish(
        self, topic: str, body: str | bytes, retain: bool = False, qos: int = 1
    ) -> int:
        """Write one PUBLISH and return its packet id (0 at QoS 0); OSError when not connected."""
        async with self._lock:
            if not self.up:
                raise OSError(errno.ENOTCONN)
            packet_id = self._next_id() if qos else 0
            await self._send(
                self._out.publish(packet_id, _encoded(topic), _encoded(body), retain, qos)
            )
            if qos and self.unacknowledged < 0xFFFF:
                self.unacknowledged += 1
            return packet_id

    async def _take_leave(self) -> None:
        """Say DISCONNECT: the broker then drops the will."""
        async with self._lock:
            if self.up:
                try:
                    await self._send(packets.DISCONNECT)
                except OSError:
                    # The link is gone already: nothing is left to say goodbye to.
                    self.up = False

    async def reconnect(self) -> None:
        """End the link in order; ``run`` makes another one."""
        await self._take_leave()
        self._drop(self._sock, "to connect anew")

    async def close(self) -> None:
        """End the link in order, and run."""
        self._closed = True
        await self._take_leave()
        if self._task is not None and self._reason is None:
            self._reason = "closed"
            self._task.cancel()
        while self._task is not None:
            await asyncio.sleep_ms(_WRITE_POLL_MS)

    def hurry(self) -> None:
        """Connect at once, if the client waits for its next attempt and was not refused."""
        self._hurry.set()

    async def _pause(self, failures: int, least: int, limit: int) -> None:
        if self._closed:
            return
        wait = min(limit, self._retry_ms << min(max(failures - 1, 0), 16))
        wait = max(wait, least)
        # Half fixed, half random: a thousand devices must not return in the same instant.
        wait = wait // 2 + wait * os.urandom(1)[0] // 510
        self._reason = None
        self._hurry.clear()
        try:
            if least:
                await asyncio.sleep_ms(wait)  # who refuses is not to be asked more often
            else:
                await asyncio.wait_for_ms(self._hurry.wait(), wait)
        except asyncio.TimeoutError:
            return
        except asyncio.CancelledError:
            if not self._closed:
                raise

    async def _link(
        self, on_up: Callable[[bool], None], on_message: Callable[[str, bytes], None]
    ) -> None:
        self._in.forget()
        self._pinged = False
        if self.trial:
            self._ssl = self.trial.context(self._ssl)
        if self._address is None:
            await self._look_up()
        address = self._address
        self._sock, self._raw = await open_socket(
            address, self._ssl, self._server_hostname, self._attempt_ms
        )
        if address is not self._address:
            raise OSError(_MOVED)
        self.unacknowledged = self._stale = 0
        self._expect("TLS handshake" if self._ssl else "room for CONNECT")
        async with self._lock:
            await self._send(self._out.connect(*self._connect_with))
        self._expect("CONNACK")
        if await self._packet() != packets.CONNACK or self._in.size != 2:
            raise Malformed("the peer is no MQTT broker: no CONNACK")
        code = self._in.byte(1)
        if code:
            known = code < len(packets.REFUSALS)
            raise Refused(packets.REFUSALS[code] if known else "refused, code " + str(code))
        session_present = bool(self._in.byte(0) & 1)
        awaited = 0
        if self._topics:
            self._expect("SUBACK")
            awaited = self._next_id()
            async with self._lock:
                await self._send(self._out.subscribe(awaited, self._topics))
        else:
            self._subscribed(on_up, session_present)
        while self._reason is None:  # a callback may have moved to another broker
            kind = await self._packet()
            if kind == packets.SUBACK:
                if not awaited or self._in.word(0) != awaited:
                    raise Malformed("SUBACK nobody asked for")
                awaited = 0
                self._check_grants()
                self._subscribed(on_up, session_present)
            else:
                await self._handle(kind, on_message)

    async def _look_up(self) -> None:
        server = self._dns() if self._dns else None
        asked = self._host
        host = asked
        if server and not is_numeric(host):
            from callpoint_firmware.dns import address_of

            host = await address_of(host, *server)
        if asked != self._host:
            raise OSError(_MOVED)
        self._address = resolve(host, self._port)

    def doubt(self) -> None:
        """Ask for a new proof that the link carries something to the broker and back."""
        self.proven = False
        self._stale = self.unacknowledged

    def move(self, host: str, port: int) -> None:
        """Use this broker from now on; the link to another one ends."""
        if (host, port) == (self._host, self._port):
            return
        self._host = host
        self._port = port
        self._address = None
        self._drop(self._sock, _MOVED)
        self.hurry()

    def _subscribed(self, on_up: Callable[[bool], None], session_present: bool) -> None:
        self._due = None
        self.up = True
        self._call(on_up, session_present)

    def _check_grants(self) -> None:
        if self._in.size != 2 + len(self._topics):
            raise Malformed("SUBACK of the wrong length")
        for index, topic in enumerate(self._topics):
            if self._in.byte(2 + index) > 2:
                raise Refused("the broker refuses the subscription to " + topic.decode())

    async def _handle(self, kind: int, on_message: Callable[[str, bytes], None]) -> None:
        if kind & 0xF0 == packets.PUBLISH:
            await self._handle_publish(kind, on_message)
        elif kind == packets.PUBACK:
            self._in.word(0)
            if self.unacknowledged:
                self.unacknowledged -= 1
            if self._stale:
                self._stale -= 1
            else:
                self.proven = True
        elif kind == packets.OVERSIZE:
            self.oversize += 1
            if self._in.packet_id:
                async with self._lock:
                    await self._send(self._out.puback(self._in.packet_id))
        elif kind != packets.PINGRESP:
            raise Malformed("unexpected packet, first byte " + hex(kind))

    async def _handle_publish(self, kind: int, on_message: Callable[[str, bytes], None]) -> None:
        qos = kind >> 1 & 3
        if qos > 1:
            raise Malformed("publish at a QoS nobody asked for")
        at = 2 + self._in.word(0)
        topic = str(self._in.rest(2, at), "utf-8")
        packet_id = 0
        if qos:
            packet_id = self._in.word(at)
            if not packet_id:
                raise Malformed("publish without a packet id")
            at += 2
        self._call(on_message, topic, self._in.rest(at))
        if packet_id:
            async with self._lock:
                await self._send(self._out.puback(packet_id))
        # A burst arrives in one read: let the inputs have their turn between two messages.
        await asyncio.sleep_ms(0)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as fault:  # the caller's function may be wrong in any way
            self.callback_faults += 1
            self.last_error = "in a callback: " + repr(fault)

    async def _packet(self) -> int:
        while True:
            kind = self._in.next()
            if kind:
                return kind
            if self._sock is None:
                raise OSError(errno.ENOTCONN)
            count = self._sock.readinto(self._in.space())
            if count is None:
                await readable(self._raw)
                continue
            if not count:
                raise OSError("the broker closed the link")
            self._in.filled(count)
            self._received_at = time.ticks_ms()
            self._pinged = False

    async def _send(self, packet: memoryview | bytes) -> None:
        """Write the whole packet or end the link: half a packet would spoil all that follow."""
        sock = self._sock
        began = time.ticks_ms()
        size = len(packet)
        sent = 0
        try:
            while True:
                count = sock.write(packet[sent:] if sent else packet)
                if count:
                    sent += count
                    if sent == size:
                        self._sent_at = time.ticks_ms()
                        return
                waited = time.ticks_diff(time.ticks_ms(), began)
                # Before the link is up the attempt's own deadline bounds the wait.
                if self.up and waited > self._deadline_ms:
                    raise OSError(errno.ETIMEDOUT)
                await asyncio.sleep_ms(_WRITE_POLL_MS)
                if self._sock is not sock:
                    raise OSError(errno.ENOTCONN)
        except (OSError, ValueError, MemoryError) as fault:
            self._drop(sock, "writing: " + explained(fault))
        except asyncio.CancelledError:
            self._drop(sock, "writing: cut short")
            raise
        # Raised out here: MicroPython has no exception chaining and says so on the console.
        raise OSError(errno.ENOTCONN)

    async def _watch(self) -> None:
        tick = min(max(min(self._ping_ms, self._deadline_ms, self._attempt_ms) // 8, 5), 250)
        while True:
            await asyncio.sleep_ms(tick)
            if self._sock is None:
                continue
            now = time.ticks_ms()
            if self._due is not None:
                if time.ticks_diff(now, self._due) >= 0:
                    self._drop(self._sock, "no " + self._waiting_for + " in time")
            elif self._pinged:
                if time.ticks_diff(now, self._pinged_at) >= self._deadline_ms:
                    self._drop(self._sock, "the broker is silent")
            elif self._idle(now):
                await self._ping(now)

    def _idle(self, now: int) -> bool:
        return (
            time.ticks_diff(now, self._received_at) >= self._ping_ms
            or time.ticks_diff(now, self._sent_at) >= self._ping_ms
        )

    async def _ping(self, now: int) -> None:
        self._pinged = True
        self._pinged_at = now
        # A write under way tests the link as well as a ping does.
        if self._lock.locked():
            return
        async with self._lock:
            try:
                await self._send(packets.PINGREQ)
            except OSError:
                # _send has recorded the reason and ended the link.
                return

    def _expect(self, packet: str) -> None:
        self._waiting_for = packet
        self._due = time.ticks_add(time.ticks_ms(), self._attempt_ms)

    def _drop(self, sock: Any, reason: str) -> None:
        """End the link from any task: run's task gets a cancellation that it knows as its own."""
        if sock is None or sock is not self._sock or self._reason is not None:
            return
        self._reason = reason
        if asyncio.current_task() is not self._task:
            self._task.cancel()

    def _close_socket(self) -> None:
        self.up = False
        self._due = None
        sock = self._sock
        self._sock = None
        self._raw = None
        if sock is not None:
            try:
                sock.close()
            except OSError:
                # The reason why the link ended is known already.
                self._pinged = False

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id
