"""The last committed rows, still in memory.

Several consumers read nearly every entry right after it was written. A query with a cold cache
takes longer than an alarm needs on its way to the centre.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

KEPT: Final = 256

# position, type, recorded_ms, boot_id, mono_ms, device, boot, seq, about, body, hash
Row = tuple[object, ...]


class Recent(msgspec.Struct, frozen=True):
    """The rows of all entries behind position ``after``, without a gap."""

    after: int
    rows: Sequence[Row] = ()

    @property
    def last(self) -> int:
        """The position of the last row."""
        return self.after + len(self.rows)

    def followed(self, rows: Sequence[Row]) -> "Recent":
        """Return the recent rows after ``rows`` have been committed."""
        kept = [*self.rows, *rows][-KEPT:]
        return Recent(self.last + len(rows) - len(kept), kept)

    def behind(self, position: int) -> Sequence[Row] | None:
        """Return the rows behind a position, None if only the file has all of them."""
        return self.rows[position - self.after :] if position >= self.after else None
