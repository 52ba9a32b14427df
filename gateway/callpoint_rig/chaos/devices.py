"""Devices that keep each event until the gateway says *stored*, and a ledger of the answers.

They behave as the firmware does: they send events without an answer again, oldest first, after a
second and on each new link. Each event has a zone of its own, which shows in the centre's frames
which event arrived, independently of the gateway.
"""

import asyncio
import random
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_protocol import messages, names, topics

ZONES = 200  # events that one device can raise
RESEND_S = 1.0
SILENT_S = 3.0
RECONNECT_S = 0.2
KEEPALIVE_S = 10
IN_FLIGHT = 1000
# Events that devices raise in turn; the centre gets each of them.
KINDS = (
    (names.PANIC, names.ALARM),
    (names.TAMPER, names.ALARM),
    (names.SMOKE, names.ALARM),
    (names.DEVICE, names.TROUBLE),
)


def zone_kind(zone: int) -> str:
    """Return what the register says of a zone: its number is that of the event it raises."""
    kind, _ = KINDS[zone % len(KINDS)]
    return names.KINDS[kind]


class Raised(msgspec.Struct, frozen=True):
    """An event as its device knows it."""

    device: str
    seq: int
    kind: int
    state: int
    at_s: float


class Ledger:
    """The events that were raised, and the answers of the gateway to them."""

    def __init__(self) -> None:
        self.raised: dict[tuple[str, int], Raised] = {}
        self.stored: set[tuple[str, int]] = set()
        self.centre: set[tuple[str, int]] = set()
        self.refused: set[tuple[str, int]] = set()
        self.resent = 0
        self._took_s: dict[int, dict[tuple[str, int], float]] = {}

    def answered(self, stage: int, key: tuple[str, int]) -> None:
        """Note an answer to an event, and how long the first of its stage has taken."""
        if stage == names.REFUSED:
            if key in self.raised:
                self.refused.add(key)
            return
        (self.stored if stage == names.STORED else self.centre).add(key)
        if key in self.raised:
            took_s = time.monotonic() - self.raised[key].at_s
            self._took_s.setdefault(stage, {}).setdefault(key, took_s)

    def later_than(self, stage: int, seconds: float) -> list[tuple[str, int]]:
        """Return the events whose first answer of a stage took longer than ``seconds``."""
        return [key for key, took_s in self._took_s.get(stage, {}).items() if took_s > seconds]


class Device:
    """A simulated device. ``run`` goes on until cancelled; call ``raise_event`` at any time."""

    def __init__(
        self,
        site: str,
        name: str,
        boot: int,
        port: int,
        ledger: Ledger,
        chance: random.Random,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``tls``: with the certificate of this device."""
        self.name = name
        self._tls = tls
        self._site = site
        self._boot = boot
        self._port = port
        self._ledger = ledger
        self._chance = chance
        self._seq = 0
        self._pending: dict[int, Raised] = {}
        self._past: list[Raised] = []
        self._client: paho.Client | None = None
        self._heard_s = 0.0

    def raise_event(self) -> None:
        """Raise the next event."""
        self._seq += 1
        kind, state = KINDS[self._seq % len(KINDS)]
        raised = Raised(self.name, self._seq, kind, state, time.monotonic())
        self._ledger.raised[self.name, self._seq] = raised
        self._pending[self._seq] = raised
        self._past.append(raised)
        self._send(raised)

    def send_twice(self) -> None:
        """Send an old message again, as a network or an attacker would."""
        if self._past:
            self._send(self._chance.choice(self._past))

    def send_garbage(self) -> None:
        """Send what no device sends: random bytes, a truncated event or an unknown kind."""
        good = messages.encode_event(self._boot, 4_000_000, names.PANIC, names.ALARM, 1)
        bodies = [
            self._chance.randbytes(self._chance.randrange(300)),
            good[: self._chance.randrange(len(good))],
            good.replace(b'"k":1', b'"k":99'),
            b'{"v":1' * 200,
            b"\xff" * 5000,
        ]
        channel = self._chance.choice((names.EVENT, names.TELEMETRY, names.STATUS))
        self._publish(channel, self._chance.choice(bodies))

    def send_reading(self) -> None:
        """Send a heartbeat."""
        body = messages.encode_telemetry(self._boot, self._seq + 1, {"up": 1, "mv": 3300})
        self._publish(names.TELEMETRY, body)

    @property
    def connected(self) -> bool:
        """Whether what it raises now leaves at once."""
        return self._client is not None

    @property
    def seq(self) -> int:
        """Sequence of the last event."""
        return self._seq

    async def run(self) -> None:
        """Connect and stay connected."""
        while True:
            with suppress(OSError):
                await self._serve()
            await asyncio.sleep(RECONNECT_S)

    async def _serve(self) -> None:
        ended = asyncio.Event()
        client = self._new_client(ended)
        await asyncio.to_thread(client.connect, "127.0.0.1", self._port, KEEPALIVE_S)
        client.loop_start()
        try:
            due_s = time.monotonic() + RESEND_S
            self._heard_s = time.monotonic()
            while not ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await ended.wait()
                now = time.monotonic()
                if self._pending and now - self._heard_s > SILENT_S:
                    return
                if now >= due_s and self._client is not None:
                    due_s = now + RESEND_S
                    self._send_all(now - RESEND_S)
        finally:
            self._client = None
            connection: Any = client.socket()
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            client.loop_stop()

    def _new_client(self, ended: asyncio.Event) -> paho.Client:
        """Return a client without messages of an earlier one. Its callbacks run in the loop."""
        loop = asyncio.get_running_loop()

        def do(what: Callable[..., object], *given: object) -> None:
            loop.call_soon_threadsafe(what, *given)

        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"chaos-{self.name}",
            clean_session=False,
            reconnect_on_failure=False,
        )
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.connect_timeout = SILENT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        client.on_connect = lambda *given: do(self._connected, client)
        client.on_message = lambda *given: do(self._answered, bytes(given[2].payload))
        client.on_publish = lambda *given: do(self._heard)
        client.on_disconnect = lambda *given: do(ended.set)
        return client

    def _heard(self) -> None:
        self._heard_s = time.monotonic()

    def _connected(self, client: paho.Client) -> None:
        client.subscribe(topics.topic(self._site, self.name, names.ACK), qos=1)
        self._client = client
        self._heard()
        self._send_all(time.monotonic())

    def _answered(self, body: bytes) -> None:
        self._heard()
        stage, boot, last, count = messages.decode_ack(body)
        if boot != self._boot:
            return
        for seq in range(last - count + 1, last + 1):
            self._ledger.answered(stage, (self.name, seq))
            if stage == names.STORED:
                self._pending.pop(seq, None)

    def _send_all(self, before_s: float) -> None:
        # All waiting events, oldest first, so that none overtakes an earlier event.
        if any(raised.at_s <= before_s for raised in self._pending.values()):
            for raised in list(self._pending.values()):
                self._ledger.resent += 1
                self._send(raised)

    def _send(self, raised: Raised) -> None:
        age_ms = int((time.monotonic() - raised.at_s) * 1000)
        body = messages.encode_event(
            self._boot, raised.seq, raised.kind, raised.state, raised.seq, age_ms=age_ms
        )
        self._publish(names.EVENT, body)

    def _publish(self, channel: str, body: bytes) -> None:
        if self._client is not None:
            self._client.publish(topics.topic(self._site, self.name, channel), body, qos=1)
