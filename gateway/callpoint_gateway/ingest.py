"""Every source hands its messages here: decode, verify, normalise, then the journal.

A message ends in exactly one of three ways, and only then is its source told (``finished``):
stored as an entry, recognised as one that is stored already, or quarantined with its bytes
and the reason. A neighbour in the same batch never suffers.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from callpoint_gateway import wire
from callpoint_gateway.clock import Clock
from callpoint_gateway.entries import (
    EventBody,
    Mark,
    NewEntry,
    Quality,
    Quarantine,
    StatusBody,
    Stored,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Register
from callpoint_protocol import names, topics

SLACK_MS = 2_000


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
        heard: Callable[[str], None],
        mark: Callable[[str, EventBody], Mark] = lambda device, body: Mark.REAL,
    ) -> None:
        """Take the journals of both lanes; what devices last said of themselves is read.

        ``heard`` is told of each device that has itself sent something usable; ``mark`` says
        whether an event belongs to an exercise.
        """
        self._mark = mark
        self._site = site
        self._register = register
        self._alarms = alarms
        self._telemetry = telemetry
        self._clock = clock
        self._answers = answers
        self._heard = heard
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
                self._event(site, device, wire.decode_event(body), finished, queued)
            elif channel == names.TELEMETRY:
                self._readings(site, device, wire.decode_telemetry(body), finished)
            else:
                self._status(site, device, wire.decode_status(body), finished)
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

    def _event(
        self,
        site: str,
        device: str,
        event: wire.Event,
        finished: Callable[[], None],
        queued: bool,
    ) -> None:
        self._heard(device)
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
            place=self._place_of(device, event.zone),
            partition=self._register.partition_of(device, event.zone),
            reported=event.kind == names.DOOR
            and self._register.reports_opening(device, event.zone),
        )
        mark = self._mark(device, body)
        if mark is not Mark.REAL:
            body = msgspec.structs.replace(body, mark=mark)

        def done(stored: list[Stored]) -> None:
            finished()
            self._answers.stored(device, event.boot, event.seq, stored[0])

        self._alarms.submit([NewEntry(Type.EVENT, body, device, event.boot, event.seq)], done)

    def _place_of(self, device: str, zone: int) -> str:
        place = self._register.place_of(device, zone)
        return place.id if place else ""

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
        self, site: str, device: str, telemetry: wire.Telemetry, finished: Callable[[], None]
    ) -> None:
        self._heard(device)
        body = TelemetryBody(site, telemetry.readings, self._clock.wall_ms())
        entry = NewEntry(Type.TELEMETRY, body, device, telemetry.boot, telemetry.seq)
        self._telemetry.submit([entry], lambda _: finished())

    def _status(
        self, site: str, device: str, status: wire.Status, finished: Callable[[], None]
    ) -> None:
        # Retained, so it comes again at every start of the gateway: only a change is a fact.
        now = (status.status, status.boot)
        if self._last_status.get(device) == now:
            finished()
            return
        self._last_status[device] = now
        body = StatusBody(site, status.status, status.boot, status.firmware, status.cause)
        self._alarms.submit([NewEntry(Type.STATUS, body, device)], lambda _: finished())
