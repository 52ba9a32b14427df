"""What a sink is: a batch of entries goes in, the last finished position comes out.

A sink makes one request at a time of the entries that it is given. It knows nothing of threads,
cursors or retries; ``feed.Feed`` does all of that for every sink alike.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from callpoint_gateway.journal.entries import Entry


class Refusal(msgspec.Struct, frozen=True):
    """One piece that the server, or we, will never take; its neighbours are not touched."""

    piece: str
    reason: str


class Parcel(msgspec.Struct):
    """What one request carries: everything up to ``position``, as the sink wrote it.

    ``pieces`` are what can be refused one by one; none when nothing has to be sent.
    ``unusable`` were refused before anything was sent. ``recorded_ms`` (wall clock),
    ``boot_id`` and ``mono_ms`` are those of the oldest entry inside.
    """

    position: int
    pieces: list[str]
    unusable: list[Refusal]
    recorded_ms: int
    boot_id: str
    mono_ms: int


class Sink(Protocol):
    """One server. Used by one thread."""

    @property
    def topic(self) -> str:
        """Under which what is refused stands in quarantine."""

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        """Return a parcel of as many of the entries, from the first, as one request carries.

        At least one entry; raises nothing, whatever an entry holds.
        """

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        """Send one request and wait for its answer.

        Everything but what is returned has been taken for good. Unreachable, Unauthorised:
        nothing is known to be taken; all of it may be sent again.
        """

    def close(self) -> None:
        """Release connections."""
