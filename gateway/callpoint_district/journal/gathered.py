"""Gathers what comes singly, so that the database takes it in batches."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import psycopg

from callpoint_gateway.host.printable import one_line

#: Of one batch, at most. It bounds how long the next one waits.
MOST: Final = 200
#: What waits, at most; then the oldest goes. Nothing that is gathered so is the only copy.
WAITING: Final = 20_000

T = TypeVar("T")
log = logging.getLogger(__name__)


class Gathered(Generic[T]):
    """Messages of one kind. For one event loop."""

    def __init__(
        self, take: Callable[[Sequence[T]], Awaitable[Sequence[T]]], pause_s: float = 0.0
    ) -> None:
        """``take`` takes a batch in the order in which it came, and returns what must come again.

        ``pause_s``: between two batches, so that more comes together.
        """
        self._take = take
        self._pause_s = pause_s
        self._waiting: deque[T] = deque(maxlen=WAITING)
        self._some = asyncio.Event()

    def put(self, message: T) -> None:
        """Have a message taken with the next batch."""
        self._waiting.append(message)
        self._some.set()

    async def run(self) -> None:
        """Take batches until cancelled. A batch that the database does not take is dropped.

        So is all that waits when the database is away: who sent it sends it again.
        """
        while True:
            await self._some.wait()
            await asyncio.sleep(self._pause_s)
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            try:
                self._waiting.extend(await self._take(batch))
            except psycopg.OperationalError as error:
                # Until the database is back, more would come than is worth an answer then.
                self._waiting.clear()
                log.warning("database: %s", one_line(error))
            except psycopg.Error as error:
                log.warning("database: %s", one_line(error))
            if not self._waiting:
                self._some.clear()
