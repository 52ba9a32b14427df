"""Gives each waiting message to a channel, in order of urgency, until a service has taken it.

- Messages to the same recipient over the same channel go together, as many as fit. So a service's
  limit makes messages longer, and none is dropped.
- Priority 1 has its own share of each channel. If a channel cannot take it within ``PATIENCE_S``,
  the next one is used.
- What a channel did not take is tried over the next at once. After all have failed, the message
  waits, each time longer.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_notify.channels.channel import Outgoing, Undelivered
from callpoint_notify.lane import AT_A_TIME, Lane, pause_s
from callpoint_notify.outbox import Message, Outbox, Unfinished
from callpoint_notify.recipients import Recipients
from callpoint_notify.stories import What
from callpoint_notify.texts import Writer
from callpoint_notify.timing import Timing
from callpoint_notify.words import TEXTS, Problem, both
from callpoint_people.notifications import MessageState

PATIENCE_S: Final = 5.0
URGENT: Final = 1
LONGEST_PAUSE_URGENT_S: Final = 60.0
LOOK_AGAIN_S: Final = 60.0  # for somebody to tell, where there was nobody
# What nobody could be told ends after a week, as at a centre; a message of test much sooner.
KEPT_MS: Final = 7 * 86_400_000
TEST_KEPT_MS: Final = 600_000

log = logging.getLogger(__name__)


class _Waiting(msgspec.Struct):
    """A message in memory. ``failed``: the channels that did not take it in this round."""

    message: Message
    ways: list[str]
    failed: set[str] = set()
    retry_s: float = 0.0
    tries: int = 0


class _Batch(msgspec.Struct):
    """What can go to one recipient over one channel now."""

    lane: Lane
    person: str
    urgent: bool
    messages: list[Message]

    @property
    def order(self) -> tuple[int, int]:
        return min((message.story.priority, message.id) for message in self.messages)


class Dispatcher:
    """Sends the messages of an outbox. All in one event loop."""

    def __init__(
        self,
        site: str,
        outbox: Outbox,
        lanes: Iterable[Lane],
        recipients: Recipients,
        timing: Timing,
        writer: Writer,
        clock: Clock,
    ) -> None:
        """``site`` is in the number of each send."""
        self._site = site
        self._outbox = outbox
        self._lanes = {lane.settings.name: lane for lane in lanes}
        self._recipients = recipients
        self._timing = timing
        self._writer = writer
        self._clock = clock
        self._waiting: dict[int, _Waiting] = {}
        self._last = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._count_past_sends()
        self._begun = outbox.unfinished()

    def _count_past_sends(self) -> None:
        """Let the limits know what was sent before this start."""
        now_ms, mono_ms = self._clock.wall_ms(), self._clock.monotonic_ms()
        for send in self._outbox.sends_since(now_ms - 120_000):
            ago_ms = now_ms - send.begun_ms
            if send.boot_id == self._clock.boot_id():
                ago_ms = mono_ms - send.mono_ms
            lane = self._lanes.get(send.channel)
            if lane is not None:
                at_s = (mono_ms - max(0, ago_ms)) / 1000
                lane.limits.sent(at_s, urgent=send.urgent)

    @property
    def waiting(self) -> int:
        """How many messages have not reached anybody."""
        return len(self._waiting)

    def failing(self) -> int:
        """Return how many messages were tried over every channel in vain, or have nobody."""
        return sum(
            1
            for waiting in self._waiting.values()
            if waiting.tries or waiting.message.state is MessageState.NOBODY
        )

    def _now_s(self) -> float:
        return self._clock.monotonic_ms() / 1000

    def take_new(self) -> None:
        """Learn the messages that were put into the outbox since the last call."""
        for message in self._outbox.open_after(self._last):
            self._last = message.id
            ways = self._recipients.ways(message)
            if ways is None:
                self._outbox.gone(message.id)
                continue
            self._waiting[message.id] = _Waiting(message, ways, tries=message.tries)

    def look(self) -> None:
        """Begin every send that may go now."""
        for unfinished in self._begun:
            self._repeat(unfinished)
        self._begun = []
        self.take_new()
        for batch in sorted(self._batches(), key=lambda batch: batch.order):
            lane, now_s = batch.lane, self._now_s()
            recipient = f"{batch.person}/{batch.urgent}"
            free = len(lane.under_way) < AT_A_TIME and recipient not in lane.under_way
            if free and lane.wait_s(now_s, urgent=batch.urgent) <= 0:
                self._begin(batch, recipient)

    # What can go where.

    def _batches(self) -> list[_Batch]:
        now_s, now_ms = self._now_s(), self._clock.wall_ms()
        batches: dict[tuple[str, str, bool], _Batch] = {}
        for waiting in list(self._waiting.values()):
            message = waiting.message
            priority = message.story.priority
            if waiting.retry_s > now_s or self._ended(waiting, now_ms):
                continue
            if not waiting.ways:
                self._nobody(waiting, now_s)
                continue
            if not self._timing.may_go(priority, message.due_ms, now_ms):
                continue
            urgent = priority <= URGENT
            lane = self._lane(waiting, now_s, urgent=urgent)
            person = message.person if lane.settings.address is not None else ""
            key = lane.settings.name, person, urgent
            batches.setdefault(key, _Batch(lane, person, urgent, [])).messages.append(message)
        return list(batches.values())

    def _lane(self, waiting: _Waiting, now_s: float, *, urgent: bool) -> Lane:
        """Return the first channel that can take a message soon, or else the soonest."""

        def wait_s(lane: Lane) -> float:
            # What is not urgent waits for its turn; only a service that fails is passed over.
            return lane.wait_s(now_s, urgent=True) if urgent else lane.pause_left_s(now_s)

        lanes = [self._lanes[name] for name in waiting.ways if name not in waiting.failed]
        soon = (lane for lane in lanes if wait_s(lane) <= PATIENCE_S)
        return next(soon, None) or min(lanes, key=wait_s)

    def _ended(self, waiting: _Waiting, now_ms: int) -> bool:
        """End a message that could be delivered to nobody for too long."""
        message = waiting.message
        kept_ms = TEST_KEPT_MS if message.story.what is What.TEST else KEPT_MS
        vain = waiting.tries > 0 or not waiting.ways
        if not vain or now_ms - message.made_ms < kept_ms:
            return False
        log.warning("message %d, role %s: given up", message.id, message.role)
        self._forget(message.id, gone=True)
        return True

    def _nobody(self, waiting: _Waiting, now_s: float) -> None:
        """Look again whether somebody can be told; make it visible if not."""
        message = waiting.message
        waiting.retry_s = now_s + LOOK_AGAIN_S
        ways = self._recipients.ways(message)
        if ways is None:
            self._forget(message.id, gone=True)
            return
        waiting.ways = ways
        if ways:
            waiting.retry_s = 0.0
            return
        if not message.person:
            told = self._recipients.again(message, self._clock.wall_ms())
            if told:
                self._outbox.replace(message.id, told)
                del self._waiting[message.id]
                return
        if message.state is not MessageState.NOBODY:
            why = TEXTS["wait.no_channel" if message.person else "wait.no_role"]
            self._outbox.nobody(message.id, both(why))
            waiting.message = msgspec.structs.replace(message, state=MessageState.NOBODY)
            log.warning("message %d, role %s: %s", message.id, message.role, why.en)

    def _forget(self, id: int, *, gone: bool = False) -> None:
        del self._waiting[id]
        if gone:
            self._outbox.gone(id)

    # Sending.

    def _begin(self, batch: _Batch, recipient: str) -> None:
        lane, settings = batch.lane, batch.lane.settings
        addressed = self._recipients.addressed(settings, batch.person)
        if addressed is None:
            for message in batch.messages:
                # Deleted, or the address was taken away: ``_nobody`` finds out which.
                self._waiting[message.id].ways = []
            return
        messages = sorted(batch.messages, key=lambda one: (one.story.priority, one.id))
        fitting = self._writer.write(
            messages, "", addressed.language, settings.longest, links=settings.links
        ).messages
        send = self._outbox.begin(settings.name, fitting, urgent=batch.urgent)
        for message in fitting:
            self._waiting[message.id].retry_s = float("inf")
        self._hand_over(send, lane, recipient, batch.urgent, fitting, addressed.address)

    def _repeat(self, unfinished: Unfinished) -> None:
        """Make a send again that a kill left without an answer."""
        messages = unfinished.messages
        lane = self._lanes.get(unfinished.channel)
        for message in messages:
            ways = self._recipients.ways(message) or []
            self._waiting[message.id] = _Waiting(
                message, ways, tries=message.tries, retry_s=float("inf")
            )
        person = messages[0].person if messages else ""
        addressed = None
        if lane is not None and messages:
            addressed = self._recipients.addressed(lane.settings, person)
        if lane is None or addressed is None:
            self._outbox.failed(unfinished.id, both(TEXTS["sent.ended"]))
            for message in messages:
                self._waiting[message.id].retry_s = 0.0
            return
        self._outbox.again(unfinished.id)
        recipient = f"{person if lane.settings.address else ''}/{unfinished.urgent}"
        self._hand_over(
            unfinished.id, lane, recipient, unfinished.urgent, messages, addressed.address
        )

    def _hand_over(
        self,
        send: int,
        lane: Lane,
        recipient: str,
        urgent: bool,
        messages: tuple[Message, ...],
        address: str,
    ) -> None:
        lane.begun(recipient, self._now_s(), urgent=urgent)
        task = asyncio.create_task(self._send(send, lane, recipient, messages, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _outgoing(
        self, send: int, lane: Lane, messages: tuple[Message, ...], address: str
    ) -> Outgoing:
        settings, number = lane.settings, f"{self._site}-{send}"
        addressed = self._recipients.addressed(settings, messages[0].person)
        language = addressed.language if addressed else "zh"
        written = self._writer.write(messages, number, language, None, links=settings.links)
        return Outgoing(number, written.title, written.body, address)

    async def _send(
        self,
        send: int,
        lane: Lane,
        recipient: str,
        messages: tuple[Message, ...],
        address: str,
    ) -> None:
        name, reason, shown = lane.settings.name, "", ""
        outgoing = self._outgoing(send, lane, messages, address)
        try:
            await asyncio.wait_for(
                asyncio.to_thread(lane.sender.send, outgoing), lane.settings.timeout_s * 2
            )
        except Undelivered as error:
            reason, shown = error.both, str(error)
        except TimeoutError:
            late = Problem("sent.late")
            reason, shown = late.both, str(late)
        lane.ended(recipient, self._now_s(), taken=not reason)
        try:
            if reason:
                log.warning("send %d over %s: %s", send, name, shown)
                self._outbox.failed(send, reason)
                for message in messages:
                    self._not_taken(message.id, name)
                return
            self._outbox.succeeded(send)
        except sqlite3.Error:
            # On disk it is still being sent: the next start makes it again, once.
            log.exception("send %d over %s: its result cannot be stored", send, name)
            return
        for message in messages:
            del self._waiting[message.id]
        log.info("send %d over %s: %d messages", send, name, len(messages))

    def _not_taken(self, id: int, channel: str) -> None:
        waiting = self._waiting[id]
        waiting.failed.add(channel)
        waiting.retry_s = 0.0
        if set(waiting.ways) - waiting.failed:
            return
        waiting.failed = set()
        waiting.tries += 1
        urgent = waiting.message.story.priority <= URGENT
        longest_s = LONGEST_PAUSE_URGENT_S if urgent else 600.0
        waiting.retry_s = self._now_s() + pause_s(waiting.tries, longest_s)
        waiting.ways = self._recipients.ways(waiting.message) or []
        self._outbox.tried(id, waiting.tries)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Wait a moment for what is under way; what then has no answer is made again later."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
