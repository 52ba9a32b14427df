"""How far the district has the alarms journal, as the journal itself keeps it."""

import asyncio
import secrets
from typing import Final

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Cursor
from callpoint_gateway.journal.writer import Journal

#: The name of the cursor. Its state has ``epoch`` as a number.
CURSOR: Final = "upstream"
#: It is stored so often while receipts come, in seconds.
STORE_S: Final = 1
_EPOCH_BITS: Final = 60


def new_epoch() -> str:
    """Return the name of an epoch that no other has: 15 hexadecimal digits."""
    return f"{secrets.randbits(_EPOCH_BITS):015x}"


class DistrictCursor:
    """The cursor towards the district in one alarms journal.

    Receipts move it, and it is stored once a second: a receipt that a power cut takes comes again
    after the next start, and nothing is sent again by it. A new epoch is stored before anything
    of it is sent.
    """

    def __init__(self, alarms: Journal, clock: Clock) -> None:
        self._alarms = alarms
        self._clock = clock
        self._moved: tuple[str, int] | None = None  # to where, if that is not stored yet
        self._stored_ms: int | None = None

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
        self._moved = None
        self._stored_ms = self._clock.monotonic_ms()
        await self._alarms.store([Cursor(CURSOR, position, {"epoch": int(epoch, 16)})])

    async def moved(self, epoch: str, position: int) -> None:
        """Store it now, or within ``STORE_S`` of the last time; ``run`` does that."""
        self._moved = epoch, position
        since_ms = self._stored_ms
        if since_ms is None or self._clock.monotonic_ms() - since_ms >= STORE_S * 1000:
            await self.keep()

    async def keep(self) -> None:
        """Store what is not stored yet."""
        if self._moved is not None:
            await self.save(*self._moved)

    async def run(self, _: object = None) -> None:
        """Store what is not stored yet, until cancelled, and at the end (``line.Work``)."""
        try:
            while True:
                await asyncio.sleep(STORE_S)
                await self.keep()
        finally:
            await self.keep()
