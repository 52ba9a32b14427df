"""Who is told a story, and over which channels, in which language."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.configuration.alarms import TOGETHER
from callpoint_gateway.configuration.notify import Channel, NotifySettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import Mark
from callpoint_notify.outbox import NewMessage, Outbox
from callpoint_notify.stories import Story, What
from callpoint_notify.timing import Timing
from callpoint_people.responsible import Responsible
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError
from callpoint_people.work_news import WorkNews

log = logging.getLogger(__name__)

#: The role of messages that a person asked for.
TEST_ROLE = "test"


class Addressed(msgspec.Struct, frozen=True):
    """Where a message goes over a channel: an address, or none for a group; and its language."""

    address: str
    language: str


class Recipients:
    """The recipients of one site."""

    def __init__(
        self,
        people: PeopleStore,
        register: Register,
        zone: ZoneInfo,
        settings: NotifySettings,
        channels: Iterable[Channel],
        outbox: Outbox,
    ) -> None:
        """``channels``: those that can be used; ``outbox`` knows who was told before."""
        self._people = people
        self._responsible = Responsible(people, register, zone)
        self._settings = settings
        self._outbox = outbox
        self._timing = Timing(settings, zone)
        self._channels = {channel.name: channel for channel in channels}

    def messages(self, story: Story, now_ms: int) -> list[NewMessage]:
        """Return a message for everybody who is told a story."""
        if story.mark is Mark.DRILL and not self._settings.drills:
            return []
        if story.what in (What.ACKNOWLEDGED, What.CLOSED):
            told = self._outbox.told_of(story.alarm)
        elif story.what is What.ESCALATED:
            told = self.now(story.place, story.to.split(TOGETHER), now_ms)
        else:
            told = self.now(story.place, self._settings.tell[story.priority - 1], now_ms)
        return [self._message(story, role, person, now_ms) for role, person in told]

    def work(self, news: WorkNews, story: Story, now_ms: int) -> list[NewMessage]:
        """Return a message for everybody to whom a work order was given."""
        told = self.now(story.place, [news.role], now_ms)
        return [self._message(story, role, person, now_ms) for role, person in told]

    def _message(self, story: Story, role: str, person: str, now_ms: int) -> NewMessage:
        last_ms = self._outbox.last_ms(story.subject, role, person)
        due_ms = self._timing.due_ms(story.priority, now_ms, last_ms)
        return NewMessage(story=story, role=role, person=person, due_ms=due_ms)

    def now(self, place: str, words: Iterable[str], now_ms: int) -> list[tuple[str, str]]:
        """Return role and person of those who are told now.

        A role without anybody has a group channel, or else it matters only if nobody is told at
        all: then it stands here without a person.
        """
        at = datetime.fromtimestamp(now_ms / 1000, UTC)
        told: dict[str, str] = {}  # persons with their roles
        groups: list[str] = []
        empty: list[str] = []
        for word in words:
            holders = self._responsible.told(place, [word], at)
            for holder in holders:
                told.setdefault(holder.person, holder.role)
            if not holders:
                (groups if self._has_group(word) else empty).append(word)
        found = [(role, person) for person, role in told.items()]
        found += [(word, "") for word in groups]
        return found or [(word, "") for word in empty[:1]]

    def _has_group(self, role: str) -> bool:
        wanted = self._settings.channels_for(role)
        return any(
            channel.address is None
            for name in wanted
            if (channel := self._channels.get(name)) is not None
        )

    def again(self, message: NewMessage, now_ms: int) -> list[NewMessage]:
        """Return messages to those who have by now the role that nobody had."""
        told = self.now(message.story.place, [message.role], now_ms)
        return [
            msgspec.structs.replace(_new(message), role=role, person=person)
            for role, person in told
            if person
        ]

    def tests(self, person: str, channel: str, now_ms: int) -> list[NewMessage]:
        """Return messages of test: to one person or all, over one channel or each one's first."""
        story = Story(what=What.TEST, priority=2, position=0, at_ms=now_ms)
        persons = [person] if person else self._people.ids()
        return [
            NewMessage(story=story, role=TEST_ROLE, person=id, due_ms=now_ms, only=channel)
            for id in persons
        ]

    def ways(self, message: NewMessage) -> list[str] | None:
        """Return the channels over which a recipient can be told, in order; None: deleted."""
        wanted = self._settings.channels_for(message.role)
        addresses: dict[str, str] = {}
        if message.person:
            try:
                person = self._people.for_machine(message.person)
            except PeopleError as error:
                log.error("%s", error)
                return []
            if person is None:
                return None
            wanted, addresses = list(person.channels) or wanted, person.addresses
        if message.only:
            wanted = [message.only]
        found = (self._channels[name] for name in wanted if name in self._channels)
        return [channel.name for channel in found if (channel.address or "") in ("", *addresses)]

    def addressed(self, channel: Channel, person: str) -> Addressed | None:
        """Return where a message to a person goes over a channel; None: deleted, or no address."""
        if channel.address is None:
            return Addressed("", channel.language or self._settings.language)
        known = self._people.for_machine(person)
        if known is None or channel.address not in known.addresses:
            return None
        return Addressed(known.addresses[channel.address], known.language)


def _new(message: NewMessage) -> NewMessage:
    """Return a message as it was before it was put into the outbox."""
    return NewMessage(
        story=message.story,
        role=message.role,
        person=message.person,
        due_ms=message.due_ms,
        only=message.only,
    )
