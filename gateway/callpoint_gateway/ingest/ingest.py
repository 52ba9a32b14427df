"""Every source hands its messages here: decode, verify, normalise, then the journal.

A message ends in exactly one of four ways, and only then is its source told (``finished``):
stored as an entry, recognised as one that is stored already, quarantined with its bytes and the
reason, or passed over because its device is beyond its allowance (``allowance``): then the device,
which has no answer, sends it again. A neighbour in the same batch never suffers.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.log_lines import alarm
from callpoint_gateway.ingest import device_messages
from callpoint_gateway.ingest.allowance import Allowance
from callpoint_gateway.ingest.chatter import Chatter
from callpoint_gateway.ingest.freshness import Age, Freshness
from callpoint_gateway.ingest.identities import Board, Identities
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.journal.entries import (
    EventBody,
    Mark,
    NewEntry,
    Quality,
    Quarantine,
    StatusBody,
    Stored,
    TelemetryBody,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import Said, said
from callpoint_protocol import names, topics

SLACK_MS = 2_000
# The source that proves, by TLS and by what the broker allows, who speaks at this moment.
LIVE = "mqtt"


class Message(msgspec.Struct, gc=False):
    """What a source has received. ``queued``: it has waited for a time that nobody knows."""

    topic: str
    body: bytes
    queued: bool = False


class Answers(Protocol):
    """Who tells a device what became of its event."""

    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """The event is on disk, for the first time or again."""

    def refused(self, device: str, boot: int, seq: int) -> None:
        """The event is in quarantine; sending it again is of no use."""


class Ingest:
    """Turns messages into entries. Journals call back in their threads."""

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
        mark: Callable[[str, EventBody], Mark] = lambda device, body: Mark.REAL,
        orders: Orders | None = None,
        blame: Callable[[str, str, Said], None] = lambda device, sort, what: None,
        certificate_used: Callable[[str, int | None], None] = lambda device, mark: None,
    ) -> None:
        """Take the journals of both lanes; what devices last said of themselves is read.

        ``heard(device, source)`` is told of each device that lives, as its message proves.
        ``inhibited(device, event, age)`` returns the inhibit that holds an event back, or 0;
        ``mark`` says whether an event belongs to an exercise. ``orders`` are told what devices
        do that may wait for one. ``blame(device, sort, what)`` is told what devices may not do,
        ``certificate_used(device, mark)`` with which certificate they connect; None: one that has
        just connected, with the same as before as far as is known.
        """
        self._orders = orders
        self._blame = blame
        self._certificate_used = certificate_used
        self._allowance = Allowance(register.lists_zones, lambda: clock.monotonic_ms() / 1000)
        self._chatter = Chatter()
        self._identities = Identities(clock.monotonic_ms)
        self._mark = mark
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
        self._counting = threading.Lock()
        self._places: dict[str, tuple[str, str]] = {}  # topic: (device, channel)
        self._sensed: dict[tuple[str, int], tuple[str, int, bool, bool]] = {}  # bounded likewise
        self._last_status = self._read_last_status()
        # What can wait until the answers of a commit are sent; the writer's thread only.
        self._later: list[Callable[[], None]] = []
        alarms.watch(self._after_answers, first=True)

    def _after_answers(self) -> None:
        later, self._later = self._later, []
        for call in later:
            call()

    def _read_last_status(self) -> dict[str, tuple[int, int]]:
        last: dict[str, tuple[int, int]] = {}
        with self._alarms.reader() as reader:
            for entry in reader.latest_of_each(Type.STATUS, reader.head()):
                device, body = entry.device, entry.body
                if device and self._register.device(device) and isinstance(body, StatusBody):
                    self._freshness.judge(names.STATUS, device, body.boot, 0)
                    last[device] = (body.status, body.boot)
                    self._tell_orders(device, body.status)
        return last

    def _tell_orders(self, device: str, status: int) -> None:
        if self._orders is None:
            return
        if status == names.ONLINE:
            self._orders.spoke(device)
        else:
            self._orders.gone(device)

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        """Take messages; ``finished`` is called once nothing of any can be lost any more."""
        count = partial(self._count, source)
        lanes = self._alarms, self._telemetry
        batch = _Batch(lanes, self._answers, count, finished, self._later_than_answers)
        for message in messages:
            self._sort(source, message, batch)
        batch.submit()

    def _later_than_answers(self, call: Callable[[], None]) -> None:
        self._later.append(call)

    def _sort(self, source: str, message: Message, batch: "_Batch") -> None:
        known = self._places.get(message.topic)
        if known is None:
            try:
                known = self._known(message.topic)
            except ValueError as error:
                if self._may_keep(source, ""):
                    kept = Quarantine(source, message.topic, str(error), message.body)
                    batch.quarantine(kept)
                return
        device, channel = known
        body = message.body
        try:
            if channel == names.EVENT:
                self._event(source, device, message, batch)
            elif channel == names.TELEMETRY:
                readings = device_messages.decode_telemetry(body)
                if self._may_store(source, device, channel):
                    self._readings(source, device, readings, batch)
            else:
                status = device_messages.decode_status(body)
                self._status(source, device, status, batch)
        except device_messages.MessageRefused as error:
            if self._may_keep(source, device):
                kept = Quarantine(source, message.topic, str(error), body)
                identity = device_messages.peek(body) if channel == names.EVENT else None
                batch.quarantine(kept, identity and (device, *identity))

    def _event(self, source: str, device: str, message: Message, batch: "_Batch") -> None:
        event = device_messages.decode_event(message.body)
        unregistered = self._register.unregistered(device, event.zone, names.KINDS[event.kind])
        if unregistered is not None:
            # Nobody knows where it is, or what it is: no centre may be told of it as an alarm.
            self._blame(device, "unregistered", unregistered)
            raise device_messages.MessageRefused("z", unregistered)
        if source == LIVE and not self._allowance.store_event(
            device, event.zone, event.kind, alarm=self._may_alarm(device, event)
        ):
            self._passed_over(source, device)
            return
        age = self._judge(source, names.EVENT, device, event.boot, event.seq)
        entry = self._entry(device, event, message.queued)
        if age is Age.NEW:
            assert isinstance(entry.body, EventBody)
            if boards := self._identities.seen(names.EVENT, device, event.boot, source):
                self._two_boards(device, boards)
            if chatters := self._chatter.seen(device, entry.body):
                self._blame(device, f"chatter/{event.zone}", chatters)
        batch.event(entry, age)

    def _may_alarm(self, device: str, event: device_messages.Event) -> bool:
        """Say whether an event is an alarm, or one of a door that somebody watches."""
        if event.kind != names.DOOR or event.state == names.ALARM:
            return event.state == names.ALARM
        if event.detail == names.FORCED:
            return event.state == names.TROUBLE
        _, _, reported, guarded = self._sensed_at(device, event.zone)
        return event.detail == names.OPEN and (reported or guarded)

    def _two_boards(self, device: str, boards: tuple[Board, Board]) -> None:
        first, second = boards
        self._blame(
            device, "identity", said("device.identity", first=first.said, second=second.said)
        )

    def _may_store(self, source: str, device: str, channel: str) -> bool:
        """Say whether a device has some of its allowance left; other sources have their own."""
        if source != LIVE or self._allowance.store(device, channel):
            return True
        self._passed_over(source, device)
        return False

    def _may_keep(self, source: str, device: str) -> bool:
        if source != LIVE or self._allowance.keep(device):
            return True
        self._add(source, "not_kept")
        if device:
            self._blame(device, "flood", said("device.flood_unusable"))
        return False

    def _passed_over(self, source: str, device: str) -> None:
        self._add(source, "passed_over")
        self._blame(device, "flood", said("device.flood"))

    def _known(self, topic: str) -> tuple[str, str]:
        """Return device and channel of a topic; ValueError when it is none for this gateway."""
        site, device, channel = topics.split(topic)
        if site != self._site:
            raise ValueError(said("kept.site", site=site, own=self._site))
        if channel not in (names.EVENT, names.TELEMETRY, names.STATUS):
            raise ValueError(said("kept.channel", channel=channel))
        if self._register.device(device) is None:
            raise ValueError(said("kept.device", device=device))
        # Bounded by the register: three for each of its devices.
        self._places[topic] = device, channel
        return device, channel

    def quarantine(self, source: str, topic: str, reason: str, body: bytes) -> None:
        """Keep what a source itself refuses, before it is a message."""
        self._alarms.submit([Quarantine(source, topic, reason, body)])

    def _judge(self, source: str, lane: str, device: str, boot: int, seq: int) -> Age:
        """Return how a message stands to those before it, and take it for a sign of life."""
        age = self._freshness.judge(lane, device, boot, seq)
        if age is Age.OLD:
            self._add(source, "old_boot")
        # What a wire or a datagram brings may be a recording.
        if lane != names.STATUS and (age is Age.NEW or source == LIVE):
            self._heard(device, source)
            if self._orders is not None:
                self._orders.spoke(device)
        return age

    def _count(self, source: str, age: Age, duplicate: bool) -> None:
        if duplicate:
            self._add(source, "repeated")
        elif age is Age.BEHIND:
            self._add(source, "reordered")

    def _add(self, source: str, what: str) -> None:
        with self._counting:
            self.counted[source, what] += 1

    def _entry(self, device: str, event: device_messages.Event, queued: bool) -> NewEntry:
        occurred_ms, quality = self._occurred(event, queued)
        place, partition, reported, guarded = self._sensed_at(device, event.zone)
        body = EventBody(
            self._site,
            event.kind,
            event.state,
            event.zone,
            event.detail,
            event.count,
            event.flags,
            occurred_ms,
            quality,
            place=place,
            partition=partition,
            reported=reported,
            guarded=guarded,
        )
        if held := self._inhibited(device, body, event.age_ms):
            body = msgspec.structs.replace(body, inhibited=held)
        mark = self._mark(device, body)
        if mark is not Mark.REAL:
            body = msgspec.structs.replace(body, mark=mark)
        return NewEntry(Type.EVENT, body, device, event.boot, event.seq)

    def _sensed_at(self, device: str, zone: int) -> tuple[str, int, bool, bool]:
        """Return place and partition of a zone, whether its opening is an alarm, and whether
        somebody arms it."""
        found = self._sensed.get((device, zone))
        if found is None:
            place = self._register.place_of(device, zone)
            found = (
                place.id if place else "",
                self._register.partition_of(device, zone),
                self._register.reports_opening(device, zone),
                self._register.guard_of(device, zone) is not None,
            )
            self._sensed[device, zone] = found
        return found

    def _occurred(self, event: device_messages.Event, queued: bool) -> tuple[int, Quality]:
        received_ms = self._clock.wall_ms()
        latest_ms = received_ms - (event.age_ms or 0)
        if event.age_ms is not None and not queued:
            return latest_ms, Quality.AGE
        # The device's clock, unless it says that the event is still to come.
        if event.time_ms is not None and event.time_ms <= latest_ms + SLACK_MS:
            return event.time_ms, Quality.DEVICE
        return latest_ms, Quality.RECEIVED

    def _readings(
        self, source: str, device: str, telemetry: device_messages.Telemetry, batch: "_Batch"
    ) -> None:
        if self._orders is not None and telemetry.ci is not None:
            # Before it counts as a device that speaks and has an order to come.
            self._orders.obeyed(device, telemetry.ci)
        age = self._judge(source, names.TELEMETRY, device, telemetry.boot, telemetry.seq)
        if telemetry.ce is not None and age is Age.NEW:
            self._certificate_used(device, telemetry.ce)
        if age is not Age.NEW and source != LIVE:
            # It says nothing of the present, and of the past it does not say when.
            if age is Age.BEHIND:
                self._add(source, "repeated")
            return
        if age is Age.NEW and (
            boards := self._identities.seen(names.TELEMETRY, device, telemetry.boot, source)
        ):
            self._two_boards(device, boards)
        body = TelemetryBody(self._site, telemetry.readings, self._clock.wall_ms())
        batch.readings(NewEntry(Type.TELEMETRY, body, device, telemetry.boot, telemetry.seq), age)

    def _status(
        self, source: str, device: str, status: device_messages.Status, batch: "_Batch"
    ) -> None:
        # A broker that lost its last minutes, or somebody with a recording, says what was once.
        if self._judge(source, names.STATUS, device, status.boot, 0) is Age.OLD:
            raise device_messages.MessageRefused("b", said("kept.boot", boot=status.boot))
        # Retained, so it comes again at every start of the gateway: only a change is a fact.
        now = (status.status, status.boot)
        if self._last_status.get(device) == now:
            return
        if not self._may_store(source, device, names.STATUS):
            return
        self._last_status[device] = now
        self._tell_orders(device, status.status)
        if status.status == names.ONLINE:
            self._certificate_used(device, None)
            if boards := self._identities.seen(
                names.STATUS, device, status.boot, source, status.firmware
            ):
                self._two_boards(device, boards)
        body = StatusBody(self._site, status.status, status.boot, status.firmware, status.cause)
        batch.status(NewEntry(Type.STATUS, body, device))


def _is_logged(new: NewEntry) -> bool:
    """Say whether an event changes an alarm's state; a door that opens and closes does not."""
    return isinstance(new.body, EventBody) and new.body.state != names.NOTICE


def _log(new: NewEntry, position: int) -> None:
    """Write the line of an alarm's change."""
    body = new.body
    assert isinstance(body, EventBody)
    state, kind = names.STATES[body.state], names.KINDS[body.kind]
    text = f"{kind} {state} in zone {body.zone}"
    alarm(state, text, site=body.site, dev=new.device or "", event_id=position, seq=new.seq or 0)


# Beside a write: how new the event in it is, or which event it refuses.
_Beside = Age | tuple[str, int, int] | None


class _Batch:
    """What messages that came together become, and whom to tell when it is on disk."""

    def __init__(
        self,
        lanes: tuple[Journal, Journal],
        answers: Answers,
        count: Callable[[Age, bool], None],
        finished: Callable[[], None],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._lanes = lanes
        self._later = later
        self._answers = answers
        self._count = count
        self._finished = finished
        self._writes: list[Write] = []
        self._beside: list[_Beside] = []
        self._readings: list[NewEntry] = []
        self._ages: list[Age] = []

    def event(self, new: NewEntry, age: Age) -> None:
        self._writes.append(new)
        self._beside.append(age)

    def status(self, new: NewEntry) -> None:
        self._writes.append(new)
        self._beside.append(None)

    def quarantine(self, kept: Quarantine, event: tuple[str, int, int] | None = None) -> None:
        self._writes.append(kept)
        self._beside.append(event)

    def readings(self, new: NewEntry, age: Age) -> None:
        self._readings.append(new)
        self._ages.append(age)

    def submit(self) -> None:
        """Hand all over: first the lane of the alarms, then, once it is on disk, the other."""
        if self._writes:
            self._lanes[0].submit(self._writes, self._stored)
        else:
            self._go_on()

    def _stored(self, stored: list[Stored]) -> None:
        for write, beside, one in zip(self._writes, self._beside, stored, strict=True):
            if isinstance(beside, Age):
                assert isinstance(write, NewEntry)
                assert write.device is not None
                assert write.boot is not None
                assert write.seq is not None
                if one.duplicate or beside is Age.BEHIND:
                    self._count(beside, one.duplicate)
                self._answers.stored(write.device, write.boot, write.seq, one)
                if not one.duplicate and _is_logged(write):
                    self._later(partial(_log, write, one.position))
            elif beside is not None:
                self._answers.refused(*beside)
        self._later(self._go_on)

    def _go_on(self) -> None:
        if self._readings:
            self._lanes[1].submit(self._readings, self._counted)
        else:
            self._finished()

    def _counted(self, stored: list[Stored]) -> None:
        self._finished()
        for age, one in zip(self._ages, stored, strict=True):
            if one.duplicate or age is Age.BEHIND:
                self._count(age, one.duplicate)
