"""Tells a district once an hour what was counted in the hour before.

These are plain messages: nobody waits for them, and the same hour may be told again. After a line
that was away, the hours of at most two days follow.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import Rates
from callpoint_gateway.upstream.hourly_counts import HOUR_MS

MOST_HOURS: Final = 48
#: Gateways tell it at different moments, so long at most after the hour or the connection.
SPREAD_S: Final = 60.0
FLUSH_S: Final = 5

log = logging.getLogger(__name__)


class RatesSender:
    """Tells the rates of one site to one district. ``run`` for each connection."""

    def __init__(
        self, counts: Callable[[int], Mapping[str, int]], subject: str, clock: Clock
    ) -> None:
        """``counts`` counts the hour that begins at a Unix ms; it is called in a thread."""
        self._counts = counts
        self._subject = subject
        self._clock = clock
        self._next_ms = self._this_hour() - HOUR_MS

    def _this_hour(self) -> int:
        return self._clock.wall_ms() // HOUR_MS * HOUR_MS

    async def run(self, client: Client) -> None:
        """Tell every hour that is over, until cancelled."""
        while True:
            await asyncio.sleep(random.uniform(0, SPREAD_S))
            try:
                await self._tell(client)
            except (NatsError, OSError, TimeoutError, JournalError) as error:
                log.warning("rates for the district: %s", error)
            except Exception:
                log.exception("rates for the district failed")
            rest_ms = HOUR_MS - self._clock.wall_ms() % HOUR_MS
            await asyncio.sleep(rest_ms / 1000)

    async def _tell(self, client: Client) -> None:
        over_ms = self._this_hour()
        hour_ms = max(self._next_ms, over_ms - MOST_HOURS * HOUR_MS)
        while hour_ms < over_ms:
            counts = await asyncio.to_thread(self._counts, hour_ms)
            told = Rates(hour_ms=hour_ms, counts=dict(counts))
            await client.publish(self._subject, words.encode(told))
            await client.flush(timeout=FLUSH_S)
            hour_ms = self._next_ms = hour_ms + HOUR_MS
