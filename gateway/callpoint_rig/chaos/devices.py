"""Devices that keep each event until the gateway says *stored*, and a ledger of what they know.

They behave as the firmware does: everything without an answer is sent again, oldest first, after
a second and on each new link. Each event has a zone of its own, so that what an alarm centre
receives can be told apart without believing the gateway.
"""

import asyncio
import random
import time
from contextlib import suppress

import msgspec

from callpoint_gateway.transport.mqtt_packets import (
    CONNACK,
    Answer,
    Malformed,
    Published,
    Stream,
    connect,
    pubacks,
    publish,
    subscribe,
)
from callpoint_protocol import messages, names, topics

ZONES = 200  # events that one device can raise
RESEND_S = 1.0
SILENT_S = 3.0
RECONNECT_S = 0.2
# What devices raise in turn: each is told to the centre.
KINDS = (
    (names.PANIC, names.ALARM),
    (names.TAMPER, names.ALARM),
    (names.SMOKE, names.ALARM),
    (names.DEVICE, names.TROUBLE),
)


class Raised(msgspec.Struct, frozen=True):
    """One event, as its device knows it."""

    device: str
    seq: int
    kind: int
    state: int
    at_s: float


class Ledger:
    """What was raised, and what the gateway has taken responsibility for."""

    def __init__(self) -> None:
        self.raised: dict[tuple[str, int], Raised] = {}
        self.stored: set[tuple[str, int]] = set()
        self.centre: set[tuple[str, int]] = set()
        self.refused: set[tuple[str, int]] = set()
        self.resent = 0


class Device:
    """One simulated device. ``run`` until cancelled; ``raise_event`` at any time."""

    def __init__(
        self, site: str, name: str, boot: int, port: int, ledger: Ledger, chance: random.Random
    ) -> None:
        self.name = name
        self._site = site
        self._boot = boot
        self._port = port
        self._ledger = ledger
        self._chance = chance
        self._seq = 0
        self._pending: dict[int, Raised] = {}
        self._past: list[Raised] = []
        self._writer: asyncio.StreamWriter | None = None
        self._stream = Stream()
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
        """Send something old again, as a network or a recorder would."""
        if self._past:
            self._send(self._chance.choice(self._past))

    def send_garbage(self) -> None:
        """Send bytes that no device should: any, a cut event, an impossible kind."""
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
    def seq(self) -> int:
        """The number of the last event."""
        return self._seq

    async def run(self) -> None:
        """Connect and stay connected."""
        while True:
            with suppress(OSError, Malformed, TimeoutError, asyncio.IncompleteReadError):
                await self._serve()
            self._writer = None
            await asyncio.sleep(RECONNECT_S)

    async def _serve(self) -> None:
        async with asyncio.timeout(SILENT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            self._stream = Stream()
            writer.write(connect(f"chaos-{self.name}", 10))
            due_s = time.monotonic() + RESEND_S
            self._heard_s = time.monotonic()
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        portion = await reader.read(65_536)
                        if not portion:
                            return
                        self._heard_s = time.monotonic()
                        self._take(writer, portion)
                now = time.monotonic()
                if self._pending and now - self._heard_s > SILENT_S:
                    return
                if now >= due_s and self._writer is not None:
                    due_s = now + RESEND_S
                    self._send_all(now - RESEND_S)
        finally:
            writer.transport.abort()

    def _take(self, writer: asyncio.StreamWriter, portion: bytes) -> None:
        answered = []
        for packet in self._stream.feed(portion):
            if isinstance(packet, Published):
                answered.append(packet.identifier)
                self._answered(packet.body)
            elif isinstance(packet, Answer) and packet.kind == CONNACK:
                topic = topics.topic(self._site, self.name, names.ACK)
                writer.write(subscribe(1, [topic]))
                self._writer = writer
                self._send_all(time.monotonic())
        if answered:
            writer.write(pubacks(answered))

    def _answered(self, body: bytes) -> None:
        stage, boot, last, count = messages.decode_ack(body)
        if boot != self._boot:
            return
        for seq in range(last - count + 1, last + 1):
            key = self.name, seq
            if stage == names.STORED:
                self._ledger.stored.add(key)
                self._pending.pop(seq, None)
            elif stage == names.CENTRE:
                self._ledger.centre.add(key)
            elif stage == names.REFUSED and key in self._ledger.raised:
                self._ledger.refused.add(key)

    def _send_all(self, before_s: float) -> None:
        # All that waits, oldest first, so that none overtakes an earlier one.
        if any(one.at_s <= before_s for one in self._pending.values()):
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
        if self._writer is not None and not self._writer.is_closing():
            topic = topics.topic(self._site, self.name, channel)
            self._writer.write(publish(1 + self._chance.randrange(60_000), topic, body))
