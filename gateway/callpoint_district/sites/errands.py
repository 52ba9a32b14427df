"""What a district still has to tell gateways: levels, plans, notes. Each is told until it answers.

An errand's question carries an id of its own or sets a state, so that telling it again after a
lost answer does nothing twice. A gateway that has not answered is asked again as soon as it has
been heard, or after a while. A gateway that is out of service is told nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from callpoint_district.database import Database
from callpoint_district.sites.asking import AskingLine, NotAnswered
from callpoint_district.sites.retiring import retired
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said

LOOK_S: Final = 0.5
#: A gateway that does not answer and is not heard is asked again after this time.
AGAIN_MS: Final = 30_000
#: What was refused is asked again after this time: the site may have changed its settings.
REFUSED_AGAIN_MS: Final = 600_000
#: Gateways that are asked at the same time.
AT_ONCE: Final = 32

log = logging.getLogger(__name__)


def _nothing(_: psycopg.Connection, __: int) -> None:
    """Keep nothing before it is sent: a repeat does no harm, and nothing depends on it."""


@dataclass(frozen=True)
class Errand:
    """A question to a gateway, and what is kept of it; the times are Unix ms.

    ``sending`` is kept before it is sent, ``answered`` and ``refused`` after the answer.
    """

    gateway: str
    question: Question[Any]
    by: By
    answered: Callable[[psycopg.Connection, Any, int], object]
    refused: Callable[[psycopg.Connection, Said, int], object]
    sending: Callable[[psycopg.Connection, int], object] = _nothing


#: ``source(connection, now_ms)`` returns what is to be told now.
Source = Callable[[psycopg.Connection, int], list[Errand]]


class Errands:
    """Tells gateways what is to be told. One process of a district does it at a time."""

    def __init__(
        self, database: Database, line: AskingLine, clock: Clock, sources: Sequence[Source]
    ) -> None:
        """``line`` stays the caller's to close."""
        self._database = database
        self._line = line
        self._clock = clock
        self._sources = sources
        # Gateways that did not answer: when they had been heard last, and when they were asked.
        self._away: dict[str, tuple[int, int]] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell each gateway that is there what there is for it, in order."""
        errands, heard = await asyncio.to_thread(self._due)
        by_gateway: dict[str, list[Errand]] = {}
        for errand in errands:
            by_gateway.setdefault(errand.gateway, []).append(errand)
        self._away = {name: since for name, since in self._away.items() if name in by_gateway}
        turn = asyncio.Semaphore(AT_ONCE)

        async def tell(gateway: str) -> None:
            async with turn:
                await self._tell(by_gateway[gateway], heard.get(gateway, 0))

        there = [name for name in by_gateway if self._may_be_there(name, heard.get(name, 0))]
        await asyncio.gather(*map(tell, there))

    def _due(self) -> tuple[list[Errand], dict[str, int]]:
        now_ms = self._clock.wall_ms()
        with self._database.transaction() as connection:
            gone = retired(connection)
            errands = [
                errand
                for source in self._sources
                for errand in source(connection, now_ms)
                if errand.gateway not in gone
            ]
            if not errands:
                return [], {}
            found = connection.execute("SELECT gateway, heard_ms FROM gateways").fetchall()
        return errands, {str(gateway): int(heard_ms) for gateway, heard_ms in found}

    def _may_be_there(self, gateway: str, heard_ms: int) -> bool:
        if gateway not in self._away:
            return True
        before_ms, asked_ms = self._away[gateway]
        return heard_ms > before_ms or self._clock.wall_ms() - asked_ms >= AGAIN_MS

    async def _tell(self, errands: Sequence[Errand], heard_ms: int) -> None:
        for errand in errands:
            await self._kept(errand.sending)
            try:
                answer = await self._line.ask(errand.gateway, errand.question, errand.by)
            except NotAnswered as error:
                log.info("%s: %s", errand.gateway, error.why)
                self._away[errand.gateway] = heard_ms, self._clock.wall_ms()
                return
            except QuestionRefused as error:
                log.warning("%s refuses: %s", errand.gateway, error.why)
                await self._kept(errand.refused, error.why)
                continue
            await self._kept(errand.answered, answer)
        self._away.pop(errands[0].gateway, None)

    async def _kept(self, keep: Callable[..., object], *values: object) -> None:
        def work() -> None:
            with self._database.transaction() as connection:
                keep(connection, *values, self._clock.wall_ms())

        await asyncio.to_thread(work)
