"""What the model of a site reads from: a journal, or whatever else keeps the same entries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from callpoint_gateway.journal.entries import Cursor, Entry, Type


class Store(Protocol):
    """Entries by their positions. ``journal.reader.Reader`` is one; it may be read-only."""

    def head(self) -> int:
        """Return the last position, 0 when empty."""

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries behind position ``after``, of ``types`` if given."""

    def entry(self, position: int) -> Entry | None:
        """Return one entry."""

    def about(self, position: int) -> list[Entry]:
        """Return what has been said about an entry, oldest first."""

    def all_of(self, type: Type) -> Iterable[Entry]:
        """Yield every entry of a type that is none of the common ones, oldest first."""

    def latest_of_each(self, type: Type, until: int) -> Iterable[Entry]:
        """Yield the newest entry of each device up to a position; no type of the common ones."""

    def positions(self, after: int, types: Sequence[Type], limit: int) -> list[int]:
        """Return where up to ``limit`` entries of these types are behind a position."""

    def has_sent(self, device: str) -> bool:
        """Say whether anything is here that a device itself sent with a number."""

    def cursors(self) -> Mapping[str, Cursor]:
        """Return every consumer's cursor by name."""
