"""Every source hands its messages here: decode, verify, normalise, then the journal.

A message ends in exactly one of three ways, and only then is its source told (``finished``):
stored as an entry, recognised as one that is stored already, or quarantined with its bytes
and the reason. A neighbour in the same batch never suffers.
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import msgspec

from callpoint_gateway import wire
from callpoint_gateway.clock import Clock
from callpoint_gateway.entries import (
    EventBody,
    NewEntry,
    Quality,
    Quarantine,
    StatusBody,
    Stored,
    TelemetryBody,
    Type,
)
from callpoint_gateway.freshness import Age, Freshness
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Register
from callpoint_protocol import names, topics

SLACK_MS = 2_000
# The source that proves, by TLS and by what the broker allows, who speaks at this moment.
LIVE = "mqtt"


class Answers(Protocol):
    """Who tells a device what became of its event."""

    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """The event is on disk, for the first time or again."""

    def refused(self, device: str, boot: int, seq: int) -> None:
        """The event is in quarantine; sending it again is of no use."""


class Ingest:
    """Turns messages into entries. One thread calls ``take``; journals call back in theirs."""

    def __init__(
        self,
        site: str,
        register: Register,
        alarms: Journal,
        telemetry: Journal,
        clock: Clock,
        answers: Answers,
        heard: Callable[[str, str], None],
        inhibited: Callable[[str, EventBody, int | None], int] = lambda *event: 0,
    ) -> None:
        """Take the journals of both lanes; what devices last said of themselves is read.

        ``heard(device, source)`` is told of each device that lives, as its message proves.
        ``inhibited(device, event, age)`` returns the inhibit that holds an event back, or 0.
        """
        self._site = site
        self._register = register
        self._alarms = alarms
        self._telemetry = telemetry
        self._clock = clock
        self._answers = answers
        self._heard = heard
        self._inhibited = inhibited
        self._freshness = Freshness(register, alarms, telemetry)
        # (source, what): ``repeated``, ``reordered`` or ``old_boot``, however it was dealt with.
        self.counted: Counter[tuple[str, str]] = Counter()
        self._last_status = self._read_last_status()

    def _read_last_status(self) -> dict[str, tuple[int, int]]:
        last: dict[str, tuple[int, int]] = {}
        with self._alarms.reader() as reader:
            for device in self._register.device_ids():
                entry = reader.latest(Type.STATUS, device)
                if entry is not None and isinstance(entry.body, StatusBody):
                    last[device] = (entry.body.status, entry.body.boot)
        return last

    def take(
        self,
        source: str,
        topic: str,
        body: bytes,
        finished: Callable[[], None],
        *,
        queued: bool = False,
    ) -> None:
        """Take one message; ``finished`` is called once nothing of it can be lost any more.

        ``queued``: it has waited on its way for a time that nobody knows.
        """
        try:
            site, device, channel = topics.split(topic)
        except ValueError as error:
            self._quarantine(source, topic, str(error), body, finished)
            return
        refusal = self._unknown(site, device, channel)
        if refusal:
            self._refuse(source, topic, device, channel, refusal, body, finished)
            return
        try:
            if channel == names.EVENT:
                self._event(source, site, device, wire.decode_event(body), finished, queued)
            elif channel == names.TELEMETRY:
                self._readings(source, site, device, wire.decode_telemetry(body), finished)
            else:
                self._status(source, site, device, wire.decode_status(body), finished)
        except wire.Refused as error:
            self._refuse(source, topic, device, channel, str(error), body, finished)

    def _unknown(self, site: str, device: str, channel: str) -> str | None:
        if site != self._site:
            return f"site: {site} is not this gateway's site {self._site}"
        if channel not in (names.EVENT, names.TELEMETRY, names.STATUS):
            return f"channel: {channel} is not for the gateway"
        if self._register.device(device) is None:
            return f"device: {device} is not in the register"
        return None

    def _refuse(
        self,
        source: str,
        topic: str,
        device: str,
        channel: str,
        reason: str,
        body: bytes,
        finished: Callable[[], None],
    ) -> None:
        known = channel == names.EVENT and self._register.device(device) is not None
        identity = wire.peek(body) if known else None
        if identity is None:
            self._quarantine(source, topic, reason, body, finished)
            return
        boot, seq = identity

        def tell() -> None:
            finished()
            self._answers.refused(device, boot, seq)

        self._quarantine(source, topic, reason, body, tell)

    def quarantine(self, source: str, topic: str, reason: str, body: bytes) -> None:
        """Keep what a source itself refuses, before it is a message."""
        self._quarantine(source, topic, reason, body, lambda: None)

    def _quarantine(
        self, source: str, topic: str, reason: str, body: bytes, finished: Callable[[], None]
    ) -> None:
        kept = Quarantine(source, topic, reason, body)
        self._alarms.submit([kept], lambda _: finished())

    def _judge(self, source: str, lane: str, device: str, boot: int, seq: int) -> Age:
        """Return how a message stands to those before it, and take it for a sign of life."""
        age = self._freshness.judge(lane, device, boot, seq)
        if age is Age.OLD:
            self.counted[source, "old_boot"] += 1
        # What a wire or a datagram brings may be a recording.
        if lane != names.STATUS and (age is Age.NEW or source == LIVE):
            self._heard(device, source)
        return age

    def _known(self, source: str, age: Age, duplicate: bool) -> None:
        if duplicate:
            self.counted[source, "repeated"] += 1
        elif age is Age.BEHIND:
            self.counted[source, "reordered"] += 1

    def _event(
        self,
        source: str,
        site: str,
        device: str,
        event: wire.Event,
        finished: Callable[[], None],
        queued: bool,
    ) -> None:
        age = self._judge(source, names.EVENT, device, event.boot, event.seq)
        occurred_ms, quality = self._occurred(event, queued)
        body = EventBody(
            site=site,
            kind=event.kind,
            state=event.state,
            zone=event.zone,
            detail=event.detail,
            count=event.count,
            flags=event.flags,
            occurred_ms=occurred_ms,
            quality=quality,
        )
        if held := self._inhibited(device, body, event.age_ms):
            body = msgspec.structs.replace(body, inhibited=held)

        def done(stored: list[Stored]) -> None:
            finished()
            self._known(source, age, stored[0].duplicate)
            self._answers.stored(device, event.boot, event.seq, stored[0])

        self._alarms.submit([NewEntry(Type.EVENT, body, device, event.boot, event.seq)], done)

    def _occurred(self, event: wire.Event, queued: bool) -> tuple[int, Quality]:
        received_ms = self._clock.wall_ms()
        latest_ms = received_ms - (event.age_ms or 0)
        if event.age_ms is not None and not queued:
            return latest_ms, Quality.AGE
        # The device's clock, unless it says that the event is still to come.
        if event.time_ms is not None and event.time_ms <= latest_ms + SLACK_MS:
            return event.time_ms, Quality.DEVICE
        return latest_ms, Quality.RECEIVED

    def _readings(
        self,
        source: str,
        site: str,
        device: str,
        telemetry: wire.Telemetry,
        finished: Callable[[], None],
    ) -> None:
        age = self._judge(source, names.TELEMETRY, device, telemetry.boot, telemetry.seq)
        if age is not Age.NEW and source != LIVE:
            # It says nothing of the present, and of the past it does not say when.
            if age is Age.BEHIND:
                self.counted[source, "repeated"] += 1
            finished()
            return
        body = TelemetryBody(site, telemetry.readings, self._clock.wall_ms())
        entry = NewEntry(Type.TELEMETRY, body, device, telemetry.boot, telemetry.seq)

        def done(stored: list[Stored]) -> None:
            finished()
            self._known(source, age, stored[0].duplicate)

        self._telemetry.submit([entry], done)

    def _status(
        self,
        source: str,
        site: str,
        device: str,
        status: wire.Status,
        finished: Callable[[], None],
    ) -> None:
        # A broker that lost its last minutes, or somebody with a recording, says what was once.
        if self._judge(source, names.STATUS, device, status.boot, 0) is Age.OLD:
            raise wire.Refused("b", f"{status.boot} is an earlier boot than this device has had")
        # Retained, so it comes again at every start of the gateway: only a change is a fact.
        now = (status.status, status.boot)
        if self._last_status.get(device) == now:
            finished()
            return
        self._last_status[device] = now
        body = StatusBody(site, status.status, status.boot, status.firmware, status.cause)
        self._alarms.submit([NewEntry(Type.STATUS, body, device)], lambda _: finished())
