"""What would keep the notifier from telling somebody: ``callpoint notify check``."""

from collections.abc import Iterator

import msgspec

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.notify import Channel, NotifySettings
from callpoint_gateway.words.text import Text
from callpoint_notify.channels.build import sender
from callpoint_notify.channels.channel import ChannelUnusable
from callpoint_people import roles
from callpoint_people.person import EMAIL, PHONE
from callpoint_people.store import PeopleStore

_SAMPLES = {PHONE: "13800138000", EMAIL: "check@example.com"}


class Found(msgspec.Struct, frozen=True):
    """Why each channel cannot be used, None if it can; how many people each role has.

    A role without people that a group channel reads counts as one.
    """

    channels: dict[str, Text | None]
    roles: dict[str, int]
    links: bool

    @property
    def good(self) -> bool:
        """Whether there are channels, each can be used, and every role is told."""
        return bool(self.channels) and not any(self.channels.values()) and all(self.roles.values())


def check(config: Config, people: PeopleStore) -> Found:
    """Return what is found. Nothing is sent."""
    settings = config.notify
    return Found(
        channels={channel.name: _problem(channel) for channel in settings.channel},
        roles={word: _told(word, settings, people) for word in sorted(set(_words(config)))},
        links=config.console.public_url is not None,
    )


def _problem(channel: Channel) -> Text | None:
    try:
        sender(channel).check(_SAMPLES.get(channel.address or "", "sample"))
    except ChannelUnusable as error:
        return error.text
    return None


def _words(config: Config) -> Iterator[str]:
    """Yield every role and group that is told."""
    for told in config.notify.tell:
        yield from told
    for ladder in (config.alarms.ladder, *(level.ladder or [] for level in config.level)):
        for rung in ladder:
            yield from rung.told


def _told(word: str, settings: NotifySettings, people: PeopleStore) -> int:
    count = sum(people.count(role) for role in roles.meant(word))
    groups = {channel.name for channel in settings.channel if channel.address is None}
    return count or int(bool(groups & set(settings.channels_for(word))))
