"""``[notify]``: whom the notifier tells of what, over which channels, and how often.

The gateway checks these settings, and of them uses only how long the notifier may be silent. It
does not read the files that they name, which only the notifier's own user may have to read.
"""

import re
from collections.abc import Iterator
from datetime import time
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import privacy
from callpoint_gateway.words.said import Said, of, said, verbatim

Name = Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
PRIORITIES: Final = (1, 2, 3, 4)
_KIND: Final = re.compile("[a-z][a-z0-9_]{0,15}")
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[notify.channel]]``: one way to people, by either ``url_file`` or ``request_file``.

    ``url_file`` has an Apprise URL, ``request_file`` a request to an SMS or voice gateway.
    ``address``: the kind of address that it needs of each person; without it, a group reads it.
    ``per_minute``: what the service takes; ``longest``: characters of a message; ``links``:
    whether its messages have links.
    """

    name: Name
    url_file: str | None = None
    request_file: str | None = None
    address: str | None = None
    per_minute: Annotated[int, Meta(ge=2, le=6000)] = 20
    longest: Annotated[int, Meta(ge=60, le=20_000)] = 1500
    language: Literal["zh", "en"] | None = None
    links: bool = True
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[notify.recipient]]``: the channels, in order, of a role or group."""

    who: str
    channels: Annotated[list[Name], Meta(min_length=1)]


Wrong = tuple[tuple[str | int, ...], Said]
_TOLD: Final = (
    ("operator", "guard", "responders"),
    ("operator", "guard"),
    ("manager",),
    ("manager",),
)


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the notifier does. Times are seconds.

    ``tell``: the roles and groups that are told, for each priority 1 to 4; ``responders`` are all
    responders of the place. ``order``: the channels of those without a ``recipient`` table.
    ``quiet``, ``digest_s`` and ``cooldown_s`` hold for priorities 3 and 4 only.
    ``silent_after_s``: a notifier that is silent for this long is a fault of the gateway.
    """

    enabled: bool = False
    channel: list[Channel] = []
    order: list[Name] = []
    recipient: list[Recipient] = []
    tell: Annotated[list[list[str]], Meta(min_length=4, max_length=4)] = msgspec.field(
        default_factory=lambda: [list(roles) for roles in _TOLD]
    )
    drills: bool = False
    language: Literal["zh", "en"] = "zh"
    quiet: str | None = None
    digest_s: Annotated[int, Meta(ge=0, le=86_400)] = 300
    cooldown_s: Annotated[int, Meta(ge=0, le=604_800)] = 3600
    link_s: Annotated[int, Meta(ge=60, le=604_800)] = 43_200
    silent_after_s: Annotated[int, Meta(ge=10, le=3600)] = 60
    heartbeat_file: str | None = None
    heartbeat_s: Annotated[int, Meta(ge=10, le=86_400)] = 60

    def channels_for(self, role: str) -> list[str]:
        """Return the channels of a role in order."""
        for recipient in self.recipient:
            if recipient.who == role:
                return recipient.channels
        return self.order or [channel.name for channel in self.channel]

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours, in the site's time; None: there are none."""
        if self.quiet is None:
            return None
        match = _HOURS.fullmatch(self.quiet)
        assert match is not None  # checked when it was loaded
        return time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))

    def mistake(self) -> Wrong | None:
        """Return the place of what is wrong, below ``[notify]``, and what to do; None: nothing."""
        return next(self._mistakes(), None)

    def _mistakes(self) -> Iterator[Wrong]:
        known = [channel.name for channel in self.channel]
        for number, channel in enumerate(self.channel):
            here = "channel", number
            if channel.name in known[:number]:
                twice = said("config.same_channel", name=channel.name)
                yield (*here, "name"), of("name", twice)
            if (channel.url_file is None) == (channel.request_file is None):
                yield here, said("notify.file")
            if channel.address is not None and not _KIND.fullmatch(channel.address):
                yield (*here, "address"), of("address", said("notify.address"))
        ways: list[tuple[tuple[str | int, ...], list[str]]] = [(("order",), self.order)]
        ways += [
            (("recipient", number, "channels"), recipient.channels)
            for number, recipient in enumerate(self.recipient)
        ]
        for place, names in ways:
            for name in names:
                if name not in known:
                    valid = verbatim(", ".join(known)) or said("notify.no_channels")
                    none = said("notify.no_channel", name=name, valid=valid)
                    yield place, of(str(place[-1]), none)
        words: list[tuple[tuple[str | int, ...], str]] = [
            (("tell",), role) for roles in self.tell for role in roles
        ]
        words += [
            (("recipient", number, "who"), recipient.who)
            for number, recipient in enumerate(self.recipient)
        ]
        for place, word in words:
            try:
                privacy.who(word, str(place[-1]))
            except privacy.Unsaid as error:
                yield place, error.why
        if self.quiet is not None and not _HOURS.fullmatch(self.quiet):
            yield ("quiet",), of("quiet", said("notify.quiet"))
        if self.enabled and not self.channel:
            yield ("enabled",), of("enabled", said("notify.nothing"))
