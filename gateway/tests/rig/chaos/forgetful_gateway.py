"""A gateway that answers before it has stored, and forgets: what the judge must find.

It is broken on purpose, from the inside.
"""

import sys
from pathlib import Path

from callpoint_gateway.journal import writer as journal
from callpoint_gateway.journal.entries import NewEntry, Stored
from callpoint_rig.chaos.gateway import main

_kept = journal.Journal._append  # noqa: SLF001 - see above


def _forget(self: journal.Journal, new: NewEntry) -> Stored:
    if new.seq is not None and new.seq % 10 == 0:
        return Stored(self.position + 1, False)
    return _kept(self, new)


journal.Journal._append = _forget  # type: ignore[method-assign]  # noqa: SLF001
main(Path(sys.argv[1]), Path(sys.argv[-1]))
