"""Carry events to the gateway and its answers back.

An event stays in the spool until the gateway says ``stored`` (or ``refused``); a broker's PUBACK
means nothing here. At most 8 events are under way. What has no answer is sent again after 1, 2
and 5 s, then every 10 s (a life alarm every half second at first), and all of it after each new
connection. A life alarm that is stored but has reached no centre is sent again as a question
after 5, 10 and 20 s, then every 30 s.

Where MQTT has brought nothing to the gateway for a set time, events go over the second path as
well, life alarms first. The gateway knows an event by its numbers, whichever way it comes.
"""

import asyncio

from callpoint_firmware.spool import is_life_alarm
from callpoint_protocol import messages, names
from callpoint_protocol.topics import topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.answers import Answers
    from callpoint_firmware.board import Beat
    from callpoint_firmware.clock import Clock
    from callpoint_firmware.mqtt import Client
    from callpoint_firmware.second_path import SecondPath
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.spool import Event, Spool

WINDOW = 8
# A broker that was killed takes what it is given before the gateway is back, and forgets it. The
# gateway may be two seconds later than the device, and a life alarm must not wait for longer.
_RESEND_ALARM_MS = (500, 500, 500, 500, 1_000, 2_000, 5_000, 10_000)
_RESEND_MS = (1_000, 2_000, 5_000, 10_000)
_QUESTIONS_MS = (5_000, 10_000, 20_000, 30_000)
_MAX_WAITING = 16
_TURN_MS = 5_000


class Unanswered:
    """An event that is sent again, after each of ``pauses`` and then after the last of them."""

    def __init__(self, event: Event, position: int, pauses: tuple[int, ...], now: int) -> None:
        self.event = event
        self.position = position  # in the spool
        self.due = now + pauses[0]
        self._pauses = pauses
        self._repeats = 0
        self._second = False  # it goes over the second path as well

    def repeat(self, now: int, second: bool = False) -> None:
        """It is sent now; ``second``: it shall go over the second path as well."""
        self._repeats += 1
        self._second = second
        self.due = now + self._pauses[min(self._repeats, len(self._pauses) - 1)]

    def takes_second_path(self) -> bool:
        """Say, once, whether it shall go over the second path as well."""
        wanted = self._second
        self._second = False
        return wanted


def _is_of(event: Event, boot: int, first: int, last: int) -> bool:
    """Say whether an event is one of ``first`` to ``last`` of a boot."""
    return event.boot == boot and first <= event.seq <= last


class Link:
    """``readings()`` and ``birth()`` give what telemetry and the birth tell of the device;
    ``second`` is the second path, where there is one."""

    def __init__(
        self,
        client: Client,
        settings: Settings,
        spool: Spool,
        answers: Answers,
        clock: Clock,
        readings: Callable[[], dict[str, int]],
        birth: Callable[[], tuple[str, int]],
        second: SecondPath | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._spool = spool
        self._answers = answers
        self._clock = clock
        self._readings = readings
        self._birth = birth
        self._second = second
        self._wake = asyncio.Event()
        self._window: list[Unanswered] = []
        self._cursor = -1
        self._waiting: list[Unanswered] = []
        self._birth_due = False
        self._listeners: dict[str, Callable[[bytes], None]] = {}  # topic: what takes its messages
        self.listen(names.ACK, self._acknowledged)
        self._report = True  # telemetry is wanted at once
        self._answered_by_second_path = False  # the last answer came over the second path
        self._sent_by_second_path: Event | None = None  # the event that is under way there
        self._silent_since = clock.monotonic_ms()
        self._telemetry_seq = 0
        self._telemetry_due = 0

    def _topic(self, channel: str) -> str:
        return topic(self._settings.site, self._settings.device, channel)

    @property
    def up(self) -> bool:
        return self._client.up

    @property
    def proven(self) -> bool:
        return self._client.proven

    @property
    def idle(self) -> bool:
        """Whether nothing waits: no event for ``stored``, no life alarm for a centre."""
        return not self._spool.depth and not self._waiting and not self._report

    def listen(self, channel: str, function: Callable[[bytes], None]) -> None:
        """Have ``function(body)`` called with what comes on a channel; before ``run``."""
        self._listeners[self._topic(channel)] = function
        self._client.subscribe_to(list(self._listeners))

    def raised(self, event: Event) -> None:
        """Show an event that was just stored, and send it soon."""
        self._follow(event)
        self._wake.set()
        self._client.hurry()

    def _follow(self, event: Event) -> None:
        """Have the lamp and the sounder show how far an event is."""
        self._answers.raised(event)

    def report(self) -> None:
        """Send telemetry at once."""
        self._report = True

    def doubt(self) -> None:
        """Forget that the link is proven, and send what proves it."""
        self._client.doubt()
        self._report = True
        self._wake.set()

    def move(self) -> None:
        """Go to the broker that the configuration names, or back to the device's own."""
        self._client.move(*self._settings.broker())

    async def publish(self, channel: str, body: bytes, retain: bool = False) -> None:
        """Publish on a channel of this device; OSError while there is no link."""
        await self._client.publish(self._topic(channel), body, retain)

    async def close(self) -> None:
        """Take leave of the broker, which then drops the will."""
        await self._client.close()

    async def run(self) -> None:
        await self._client.run(
            self._link_up, self._message, self._link_down, lambda: self._spool.depth > 0
        )

    def _link_up(self, session_present: bool) -> None:
        self._window.clear()
        self._cursor = -1
        self._birth_due = True
        self._report = True
        self._wake.set()

    def _link_down(self, reason: str) -> None:
        self._wake.set()

    # Answers from the gateway.

    def _message(self, name: str, body: bytes) -> None:
        function = self._listeners.get(name)
        if function:
            function(body)
        self._wake.set()

    def _acknowledged(self, body: bytes) -> None:
        self._silent_since = self._clock.monotonic_ms()
        self._answered_by_second_path = False
        self._settle(body)

    def _settle(self, body: bytes) -> None:
        """Do what an acknowledgement says, whichever way it came."""
        try:
            stage, boot, seq, count = messages.decode_ack(body)
        except ValueError:
            return  # the event is sent again, and so is its answer
        first = seq - count + 1
        if stage == names.STORED:
            self._await_centre(boot, first, seq)
        else:
            self._waiting = [
                waiting for waiting in self._waiting if not _is_of(waiting.event, boot, first, seq)
            ]
        if stage == names.REFUSED:
            self._answers.refused(boot, seq)
        else:
            self._answers.reached(boot, first, seq, stage)
        self._spool.release(boot, seq, count)
        self._window = [sent for sent in self._window if not _is_of(sent.event, boot, first, seq)]

    def _await_centre(self, boot: int, first: int, last: int) -> None:
        now = self._clock.monotonic_ms()
        events = [sent.event for sent in self._window]
        events.append(self._sent_by_second_path)
        for event in events:
            if not event or not is_life_alarm(event) or not _is_of(event, boot, first, last):
                continue
            # Asked for again, it is still the one alarm that waits.
            if event not in [waiting.event for waiting in self._waiting]:
                self._waiting.append(Unanswered(event, -1, _QUESTIONS_MS, now))
                del self._waiting[:-_MAX_WAITING]

    # The second path.

    async def run_second(self) -> None:
        """Send over the second path what MQTT has not brought to the gateway in time."""
        while True:
            self._sent_by_second_path = await self._overdue()
            if self._sent_by_second_path:
                answer = await self._second.exchange(self._encoded(self._sent_by_second_path))
                if answer:
                    self._answered_by_second_path = True
                    self._settle(answer)
                    continue
            await asyncio.sleep_ms(1_000)

    async def _overdue(self) -> Event | None:
        """Return the most urgent event that is waiting too long, else a question that is due."""
        now = self._clock.monotonic_ms()
        found = None
        if not self._spool.depth:
            self._silent_since = now
        if now - self._silent_since >= self._second.after_ms:
            position = self._spool.after(-1)
            while position >= 0:
                event = self._spool.read(position)
                if event and is_life_alarm(event):
                    return event
                found = found or event
                await asyncio.sleep_ms(0)  # there may be many, and each is a read of flash
                position = self._spool.after(position)
        if not found:
            for waiting in self._waiting:
                if waiting.takes_second_path():
                    return waiting.event
                if now >= waiting.due and not self._client.up:
                    waiting.repeat(now)
                    return waiting.event
        return found

    # Sending.

    async def send(self, beat: Beat) -> None:
        """Send what is due, for ever, and call ``beat`` at every turn."""
        while True:
            self._wake.clear()
            beat()
            wait = 1_000
            if self._client.up:
                try:
                    await self._send_due()
                    wait = self._ms_until_due()
                except OSError:
                    self._birth_due = True  # the link is gone; ``_link_up`` starts over
            try:
                await asyncio.wait_for_ms(self._wake.wait(), max(wait, 1))
            except asyncio.TimeoutError:
                pass

    async def _send_due(self) -> None:
        if self._birth_due:
            self._birth_due = False
            body = messages.encode_status(names.ONLINE, self._spool.boot, *self._birth())
            await self.publish(names.STATUS, body, True)
        await self._send_again()
        await self._send_new()
        await self._ask()
        await self._send_telemetry()

    async def _send_again(self) -> None:
        now = self._clock.monotonic_ms()
        for sent in list(self._window):
            if now >= sent.due and sent in self._window:
                if self._spool.read(sent.position) == sent.event:
                    sent.repeat(now)
                    await self._publish(sent.event)
                else:
                    self._window.remove(sent)  # gave way, or was moved and comes again as new

    async def _send_new(self) -> None:
        while len(self._window) < WINDOW:
            position = self._spool.after(self._cursor)
            if position < 0:
                return
            self._cursor = position
            event = self._spool.read(position)
            if event:
                self._follow(event)  # nobody does yet, if it is from before the start
                pauses = _RESEND_ALARM_MS if is_life_alarm(event) else _RESEND_MS
                now = self._clock.monotonic_ms()
                self._window.append(Unanswered(event, position, pauses, now))
                await self._publish(event)

    async def _ask(self) -> None:
        now = self._clock.monotonic_ms()
        for waiting in list(self._waiting):
            if now >= waiting.due:
                waiting.repeat(now, self._answered_by_second_path)
                await self._publish(waiting.event)

    def _encoded(self, event: Event) -> bytes:
        age_ms = None
        if event.boot == self._spool.boot:
            age_ms = max(0, self._clock.monotonic_ms() - event.at_ms)
        wall_ms = event.wall_ms
        if wall_ms is not None and not names.MIN_TIME_MS <= wall_ms <= names.MAX_TIME_MS:
            wall_ms = None
        return messages.encode_event(
            *(event.boot, event.seq, event.kind, event.state, event.zone),
            *(event.detail, event.count, event.flags, age_ms, wall_ms),
        )

    async def _publish(self, event: Event) -> None:
        await self.publish(names.EVENT, self._encoded(event))

    async def _send_telemetry(self) -> None:
        now = self._clock.monotonic_ms()
        if not self._report and now < self._telemetry_due:
            return
        self._report = False
        self._telemetry_due = now + self._settings.values["hb"] * 1000
        self._telemetry_seq += 1
        body = messages.encode_telemetry(self._spool.boot, self._telemetry_seq, self._readings())
        await self.publish(names.TELEMETRY, body)

    def _ms_until_due(self) -> int:
        now = self._clock.monotonic_ms()
        due = self._telemetry_due
        for sent in self._window:
            due = min(due, sent.due)
        for waiting in self._waiting:
            due = min(due, waiting.due)
        return min(due - now, _TURN_MS)
