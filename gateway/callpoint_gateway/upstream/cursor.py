"""How far the district has the alarms journal, as the journal itself keeps it."""

import secrets
from typing import Final

from callpoint_gateway.journal.entries import Cursor
from callpoint_gateway.journal.writer import Journal

#: The name of the cursor. Its state has ``epoch`` as a number.
CURSOR: Final = "upstream"
_EPOCH_BITS: Final = 60


def new_epoch() -> str:
    """Return the name of an epoch that no other has: 15 hexadecimal digits."""
    return f"{secrets.randbits(_EPOCH_BITS):015x}"


class DistrictCursor:
    """The cursor towards the district in one alarms journal."""

    def __init__(self, alarms: Journal) -> None:
        self._alarms = alarms

    def load(self) -> tuple[str, int | None]:
        """Return epoch and position; a new epoch, and None, if there is no cursor yet."""
        with self._alarms.reader() as reader:
            cursor = reader.cursors().get(CURSOR)
        if cursor is None:
            return new_epoch(), None
        known = "epoch" in cursor.state
        return f"{cursor.state['epoch']:015x}" if known else new_epoch(), cursor.position

    async def save(self, epoch: str, position: int) -> None:
        """Store it; return when it is on disk."""
        await self._alarms.store([Cursor(CURSOR, position, {"epoch": int(epoch, 16)})])
