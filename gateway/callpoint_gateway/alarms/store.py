"""The interface from which the model of a site reads entries: a journal, or a copy of one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from callpoint_gateway.journal.entries import Cursor, Entry, Type


class Store(Protocol):
    """Entries by their positions. ``journal.reader.Reader`` is one; it may be read-only."""

    def head(self) -> int:
        """Return the last position, 0 when empty."""

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries behind position ``after``, only of ``types`` if given."""

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""

    def entries(self, positions: Sequence[int]) -> list[Entry]:
        """Return the entries at these positions, in their order."""

    def about(self, position: int) -> list[Entry]:
        """Return the entries whose ``about`` is this position, oldest first."""

    def all_of(self, type: Type) -> Iterable[Entry]:
        """Yield every entry of a type, oldest first; not for events, readings or deliveries."""

    def latest_of_each(self, type: Type, until: int) -> Iterable[Entry]:
        """Yield each device's newest entry of a type up to position ``until``.

        Not for events, readings or deliveries.
        """

    def positions(self, after: int, types: Sequence[Type], limit: int) -> list[int]:
        """Return the positions of the first ``limit`` entries of ``types`` behind ``after``."""

    def devices(self) -> list[str]:
        """Return the ids of all devices that ever sent something."""

    def has_sent(self, device: str) -> bool:
        """Say whether the store has a numbered message of a device."""

    def cursors(self) -> Mapping[str, Cursor]:
        """Return every consumer's cursor by name."""
