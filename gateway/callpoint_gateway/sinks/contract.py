"""The interface of a sink: it packs entries into a parcel and sends a parcel as one request.

A sink knows nothing of threads, cursors or retries; ``feed.Feed`` has these for every sink.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from callpoint_gateway.journal.entries import Entry


class Refusal(msgspec.Struct, frozen=True):
    """One piece of a parcel that can never be delivered. The other pieces are not affected."""

    piece: str
    reason: str


class Parcel(msgspec.Struct):
    """The content of one request: the entries up to ``position``, as the sink encodes them.

    ``pieces``: texts that a server can refuse singly; empty if nothing is to be sent.
    ``unusable``: entries that cannot be encoded. ``recorded_ms`` (wall clock), ``boot_id`` and
    ``mono_ms`` are the times of the oldest entry.
    """

    position: int
    pieces: list[str]
    unusable: list[Refusal]
    recorded_ms: int
    boot_id: str
    mono_ms: int


class Sink(Protocol):
    """The connection to one server. One thread uses it."""

    @property
    def topic(self) -> str:
        """The topic of refused pieces in the quarantine."""

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        """Return a parcel of the first entries, at least one, as many as fit into one request.

        It must not raise, whatever an entry contains.
        """

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        """Send one request and wait for its answer; return the pieces that the server refused.

        The server has taken all other pieces. Unreachable, Unauthorised: the server may have
        taken nothing; the same parcel may be sent again.
        """

    def close(self) -> None:
        """Close the connection."""
