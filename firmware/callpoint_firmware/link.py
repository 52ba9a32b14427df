"""Carry events to the gateway and its answers back.

An event stays in the spool until the gateway says ``stored`` (or ``refused``); a broker's PUBACK
means nothing here. At most 8 events are under way. What has no answer is sent again after 1, 2
and 5 s, then every 10 s, and all of it after each new connection. A life alarm that is stored
but has reached no centre is sent again as a question after 5, 10 and 20 s, then every 30 s.

Where MQTT has brought nothing to the gateway for a set time, events go over the second path as
well, life alarms first. The gateway knows an event by its numbers, whichever way it comes.
"""

import asyncio

from callpoint_protocol import messages, names
from callpoint_protocol.topics import topic

WINDOW = 8
# A broker that was killed takes what it is given before the gateway is back, and forgets it.
_RESEND_MS = (1_000, 2_000, 5_000, 10_000)
_QUESTIONS_MS = (5_000, 10_000, 20_000, 30_000)
_MAX_WAITING = 16
_TURN_MS = 5_000


def _is_life_alarm(event):
    return event[0] in names.LIFE_KINDS and event[1] == names.ALARM


class Waiting:
    """A life alarm that is stored and has reached no centre yet."""

    def __init__(self, event, now):
        self.event = event
        self.asked = 0
        self.again = False  # asked over MQTT, and to be asked over the second path as well
        self.due = now + _QUESTIONS_MS[0]


class Link:
    """``readings()`` and ``birth()`` give what telemetry and the birth tell of the device."""

    def __init__(self, client, settings, spool, answers, clock, readings, birth):
        self._client = client
        self._settings = settings
        self._spool = spool
        self._answers = answers
        self._clock = clock
        self._readings = readings
        self._told_at_birth = birth
        self._wake = asyncio.Event()
        self._window = []  # (position, boot, seq, due again at, times sent)
        self._cursor = -1
        self._waiting = []
        self._birth = False
        self._heard = {}  # topic: what takes its messages
        self.listen(names.ACK, self._acknowledged)
        client.on_down = self._down
        client.urgent = lambda: self._spool.depth
        self.report = True  # telemetry is wanted at once
        self.beat = None  # called at every turn of ``send``
        self.second = None  # the second path, where there is one
        self._by_second = False  # the last answer came over the second path
        self._sent_second = None  # the event that is under way there
        self._silent_since = clock.monotonic_ms()
        self._telemetry_seq = 0
        self._telemetry_due = 0

    def _topic(self, channel):
        return topic(self._settings.site, self._settings.device, channel)

    @property
    def up(self):
        return self._client.up

    @property
    def proven(self):
        return self._client.proven

    @property
    def idle(self):
        """Nothing waits: neither for ``stored`` nor, of life alarms, for a centre."""
        return not self._spool.depth and not self._waiting and not self.report

    def listen(self, channel, function):
        """Have ``function(body)`` called with what comes on a channel; before ``run``."""
        self._heard[self._topic(channel)] = function
        self._client.subscribe_to(list(self._heard))

    def wake(self):
        """There is something new to send."""
        self._wake.set()
        self._client.hurry()

    def doubt(self):
        """Forget that the link is proven, and send what proves it."""
        self._client.doubt()
        self.report = True
        self._wake.set()

    def move(self):
        """Go to the broker that the configuration names, or back to the device's own."""
        address = self._settings.values["ip"]
        host = self._settings.host
        if address:
            host = ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
        self._client.move(host, self._settings.values["po"] or self._settings.port)

    async def publish(self, channel, body, retain=False):
        """Publish on a channel of this device; OSError while there is no link."""
        await self._client.publish(self._topic(channel), body, retain)

    async def close(self):
        """Take leave of the broker, which then drops the will."""
        await self._client.close()

    async def run(self):
        await self._client.run(self._risen, self._message)

    def _risen(self, session_present):
        self._window.clear()
        self._cursor = -1
        self._birth = True
        self.report = True
        self._wake.set()

    def _down(self, reason=None):
        self._wake.set()

    # Answers from the gateway.

    def _message(self, name, body):
        function = self._heard.get(name)
        if function:
            function(body)
        self._wake.set()

    def _acknowledged(self, body):
        self._silent_since = self._clock.monotonic_ms()
        self._by_second = False
        self._settle(body)

    def _settle(self, body):
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
                w for w in self._waiting if w.event[6] != boot or not first <= w.event[7] <= seq
            ]
        if stage == names.REFUSED:
            self._answers.fault = True
            self._answers.forget(boot, seq)
        else:
            self._answers.reached(boot, first, seq, stage)
        self._spool.release(boot, seq, count)
        self._window = [
            sent for sent in self._window if sent[1] != boot or not first <= sent[2] <= seq
        ]

    def _await_centre(self, boot, first, last):
        events = [self._spool.read(sent[0]) for sent in self._window]
        events.append(self._sent_second)
        for event in events:
            if not event or event[6] != boot or not first <= event[7] <= last:
                continue
            # Asked for again, it is still the one alarm that waits.
            known = any(waiting.event[6:8] == event[6:8] for waiting in self._waiting)
            if _is_life_alarm(event) and not known:
                self._waiting.append(Waiting(event, self._clock.monotonic_ms()))
                del self._waiting[:-_MAX_WAITING]

    # The second path.

    async def run_second(self):
        """Send over the second path what MQTT has not brought to the gateway in time."""
        while True:
            self._sent_second = await self._overdue()
            if self._sent_second:
                answer = await self.second.exchange(self._body(self._sent_second))
                if answer:
                    self._by_second = True
                    self._settle(answer)
                    continue
            await asyncio.sleep_ms(1_000)

    async def _overdue(self):
        """Return the most urgent event that is waiting too long, else a question that is due."""
        now = self._clock.monotonic_ms()
        found = None
        if not self._spool.depth:
            self._silent_since = now
        if now - self._silent_since >= self.second.after_ms:
            position = self._spool.after(-1)
            while position >= 0:
                event = self._spool.read(position)
                if event and _is_life_alarm(event):
                    return event
                found = found or event
                await asyncio.sleep_ms(0)  # there may be many, and each is a read of flash
                position = self._spool.after(position)
        if not found:
            for waiting in self._waiting:
                if waiting.again:
                    waiting.again = False
                    return waiting.event
                if now >= waiting.due and not self._client.up:
                    self._asked(waiting, now)
                    return waiting.event
        return found

    # Sending.

    async def send(self):
        """Send what is due, for ever."""
        while True:
            self._wake.clear()
            self.beat()
            wait = 1_000
            if self._client.up:
                try:
                    await self._send_due()
                    wait = self._until_due()
                except OSError:
                    self._birth = True  # the link is gone; ``_risen`` starts over
            try:
                await asyncio.wait_for_ms(self._wake.wait(), max(wait, 1))
            except asyncio.TimeoutError:
                pass

    async def _send_due(self):
        if self._birth:
            self._birth = False
            body = messages.encode_status(names.ONLINE, self._spool.boot, *self._told_at_birth())
            await self.publish(names.STATUS, body, True)
        await self._send_again()
        await self._send_new()
        await self._ask()
        await self._send_telemetry()

    async def _send_again(self):
        now = self._clock.monotonic_ms()
        for sent in list(self._window):
            if now >= sent[3] and sent in self._window:
                event = self._spool.read(sent[0])
                if event and event[6:8] == sent[1:3]:
                    wait = _RESEND_MS[min(sent[4], len(_RESEND_MS) - 1)]
                    again = sent[:3] + (now + wait, sent[4] + 1)
                    self._window[self._window.index(sent)] = again
                    await self._publish(event)
                else:
                    self._window.remove(sent)  # gave way, or was moved and comes again as new

    async def _send_new(self):
        while len(self._window) < WINDOW:
            position = self._spool.after(self._cursor)
            if position < 0:
                return
            self._cursor = position
            event = self._spool.read(position)
            if event:
                now = self._clock.monotonic_ms()
                self._answers.raised(event[6], event[7], event[0], event[1], now)
                self._window.append((position, event[6], event[7], now + _RESEND_MS[0], 1))
                await self._publish(event)

    async def _ask(self):
        now = self._clock.monotonic_ms()
        for waiting in list(self._waiting):
            if now >= waiting.due:
                self._asked(waiting, now)
                waiting.again = self._by_second
                await self._publish(waiting.event)

    @staticmethod
    def _asked(waiting, now):
        waiting.asked += 1
        waiting.due = now + _QUESTIONS_MS[min(waiting.asked, len(_QUESTIONS_MS) - 1)]

    def _body(self, event):
        kind, state, zone, detail, count, flags, boot, seq, at_ms, wall_ms = event
        age = None
        if boot == self._spool.boot:
            age = max(0, self._clock.monotonic_ms() - at_ms)
        if wall_ms is not None and not names.MIN_TIME_MS <= wall_ms <= names.MAX_TIME_MS:
            wall_ms = None
        return messages.encode_event(
            boot, seq, kind, state, zone, detail, count, flags, age, wall_ms
        )

    async def _publish(self, event):
        await self.publish(names.EVENT, self._body(event))

    async def _send_telemetry(self):
        now = self._clock.monotonic_ms()
        if not self.report and now < self._telemetry_due:
            return
        self.report = False
        self._telemetry_due = now + self._settings.values["hb"] * 1000
        self._telemetry_seq += 1
        body = messages.encode_telemetry(self._spool.boot, self._telemetry_seq, self._readings())
        await self.publish(names.TELEMETRY, body)

    def _until_due(self):
        now = self._clock.monotonic_ms()
        due = self._telemetry_due
        for sent in self._window:
            due = min(due, sent[3])
        for waiting in self._waiting:
            due = min(due, waiting.due)
        return min(due - now, _TURN_MS)
