"""A notifier on a real journal and real stores, with services and a clock in a test's hands."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.notify import Channel
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    EscalationBody,
    NewEntry,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_notify.channels.channel import Outgoing, Undelivered
from callpoint_notify.follower import Follower
from callpoint_notify.service import Notifier, open_notifier
from callpoint_notify.stories import Teller
from callpoint_people.notifications import Notifications
from callpoint_people.person import Responsibility
from callpoint_people.person import person as checked
from callpoint_people.store import PeopleStore
from callpoint_protocol import names

from ..alarms.case_entries import commit, event
from ..conftest import ManualClock
from ..people.estate import REGISTER, TODAY

CHANNELS = """
[[notify.channel]]
name = "robot"
url_file = "robot.url"
[[notify.channel]]
name = "sms"
request_file = "sms.toml"
address = "phone"
[[notify.channel]]
name = "mail"
url_file = "mail.url"
address = "email"
language = "en"
"""


class Service:
    """A service: it keeps what it took. ``refusing``: what it says instead."""

    def __init__(self, clock: ManualClock, most: int | None = None) -> None:
        """``most``: so many in any minute, or it takes none for ten minutes, as DingTalk."""
        self.taken: list[tuple[int, Outgoing]] = []
        self.refusing = ""
        self.asked = 0
        self._clock = clock
        self._most = most
        self._blocked_until = 0
        self.times_blocked = 0

    def send(self, message: Outgoing) -> None:
        """Take a message, or not."""
        self.asked += 1
        now = self._clock.monotonic_ms()
        if self.refusing:
            raise Undelivered("sent.said", answer=self.refusing)
        if self._most is not None:
            recent = [at for at, _ in self.taken if at > now - 60_000]
            if len(recent) >= self._most:
                self._blocked_until = now + 600_000
                self.times_blocked += 1
            if now < self._blocked_until:
                raise Undelivered("sent.said", answer="errcode 130101")
        self.taken.append((now, message))

    @property
    def texts(self) -> list[str]:
        """The texts that it took."""
        return [message.body for _, message in self.taken]


class House:
    """A site with a notifier that is stepped by hand."""

    def __init__(
        self, folder: Path, alarms: Journal, clock: ManualClock, notify: str = "", head: str = ""
    ) -> None:
        """``notify``: more of ``[notify]``; ``head``: more tables."""
        self.alarms, self.clock, self.folder = alarms, clock, folder
        (folder / "register.toml").write_text(REGISTER)
        path = folder / "gateway.toml"
        path.write_text(
            '[gateway]\nsite = "estate"\nstate_dir = "."\nregister = "register.toml"\n'
            f'time_zone = "Asia/Shanghai"\n{head}\n[notify]\nenabled = true\n{notify}\n{CHANNELS}'
        )
        self.config = configuration.load(path, PROTOCOLS)
        self.register = registers.load(folder / "register.toml")
        self.services: dict[str, Service] = {}
        self.people = PeopleStore(folder, clock=clock)
        self.seq = 0
        self.notifier: Notifier
        self.follower: Follower

    def make(self, channel: Channel) -> Service:
        """Return the service of a channel; it outlives the notifier."""
        return self.services.setdefault(channel.name, Service(self.clock))

    def person(
        self, name: str, *responsible: Responsibility, language: str = "zh", **more: Any
    ) -> str:
        """Add a person with a telephone, and return the id."""
        addresses = {"phone": "13800138000"} | more
        person = checked(name, language, "2026-01-02", addresses, (), TODAY)
        return self.people.add(person, responsible)

    @contextmanager
    def running(self) -> Iterator["House"]:
        """Run a notifier; leaving it is a kill: nothing is saved that was not."""
        with open_notifier(self.config, self.register, self.clock, self.make) as notifier:
            self.notifier = notifier
            self.follower = Follower(
                self.folder / "alarms.db",
                notifier.outbox,
                lambda state: Teller(state, self.config.alarms, self.register),
                lambda story: notifier.recipients.messages(story, self.clock.wall_ms()),
            )
            try:
                yield self
            finally:
                self.follower.close()

    async def step(self, ms: int = 0) -> None:
        """Let time pass, and do what is then to be done."""
        self.clock.advance(ms)
        self.follower.look()
        self.notifier.answer_asked()
        self.notifier.dispatcher.look()
        await self.notifier.dispatcher.settled()

    async def steps(self, seconds: float, every_ms: int = 200) -> None:
        """Let seconds pass as the service does, look by look."""
        for _ in range(int(seconds * 1000 / every_ms)):
            await self.step(every_ms)

    def press(self, kind: int = names.PANIC, place: str = "b3-u2-301", **more: Any) -> int:
        """Store an alarm and return its number."""
        return self.store([self.pressed(kind, place, **more)])

    def pressed(self, kind: int = names.PANIC, place: str = "b3-u2-301", **more: Any) -> NewEntry:
        """Return the entry of an alarm of a button of its own."""
        self.seq += 1
        body = msgspec.structs.replace(
            event(kind=kind, place=place, **more), occurred_ms=self.clock.wall_ms()
        )
        return NewEntry(Type.EVENT, body, f"button-{self.seq}", 1, self.seq)

    def act(self, alarm: int, action: Action, cause: Cause | None = None) -> int:
        """Store an action about an alarm."""
        body = ActionBody(action, "desk-2", "cli", cause)
        return self.store([NewEntry(Type.ACTION, body, about=alarm)])

    def escalate(self, alarm: int, to: str) -> int:
        """Store an escalation of an alarm that nobody acknowledged."""
        body = EscalationBody("acknowledge", 1, to, 61_000)
        return self.store([NewEntry(Type.ESCALATION, body, about=alarm)])

    def store(self, writes: Iterable[Write]) -> int:
        """Store entries and return the last position."""
        return commit(self.alarms, *writes)

    @property
    def notifications(self) -> Notifications:
        """What a page reads."""
        return Notifications(self.folder)


def run(coroutine: Any) -> None:
    """Run a test's coroutine."""
    asyncio.run(coroutine)
