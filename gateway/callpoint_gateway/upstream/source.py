"""The interface from which a chain is told: a site's journal, or a district's database."""

from collections.abc import Sequence
from typing import Protocol

from callpoint_gateway.journal.chain import ChainRow


class ChainSource(Protocol):
    """The rows of one journal as they were hashed. ``journal.chain.Chain`` is one."""

    def after(self, position: int, rows: int) -> Sequence[ChainRow]:
        """Return up to ``rows`` rows behind a position, in order."""

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash of everything up to a position, None where there is no entry.

        ``GENESIS`` just before the first entry.
        """

    def first(self) -> int:
        """Return the position of the first entry, also if it is not there yet."""

    def head(self) -> int:
        """Return the position of the last entry, that before the first if there is none."""
