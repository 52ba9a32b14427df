"""The interface of a channel: it hands one message to a service, and says what came of it."""

from typing import Protocol

import msgspec

from callpoint_notify.words import Problem


class Outgoing(msgspec.Struct, frozen=True):
    """One message. ``id`` is the same when it is sent again; ``address``: empty for a group."""

    id: str
    title: str
    body: str
    address: str


class ChannelUnusable(Problem):
    """A channel cannot be used; the text says why and what to do, without its secrets."""


class Undelivered(Problem):
    """The service did not take a message."""


class Sender(Protocol):
    """Sends over one channel; called from several threads at a time."""

    def check(self, address: str) -> None:
        """See that it could send to such an address. ChannelUnusable: it could not."""

    def send(self, message: Outgoing) -> None:
        """Return when the service has taken the message. Undelivered: it has not."""
