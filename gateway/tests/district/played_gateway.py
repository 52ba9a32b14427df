"""A gateway's journal and its line to a district, in the test's own process."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nats

from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import (
    EventBody,
    NewEntry,
    Quality,
    Stored,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import VERSION, LifeSign, Where, encode
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.cursor import DistrictCursor, new_epoch
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_gateway.upstream.line import ROUND_S, Line, Work
from callpoint_gateway.words.said import NOTHING, Said
from callpoint_protocol import names

#: How long anything may take on a busy machine, in seconds.
SOON_S = 90.0
log = logging.getLogger(__name__)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.02)


def panic(seq: int, device: str = "button") -> NewEntry:
    """Return the event of a button."""
    body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, 1, Quality.AGE, "flat-301")
    return NewEntry(Type.EVENT, body, device, 1, seq)


async def until_answers(address: str, version: int = VERSION, district: str = "d1") -> None:
    """Wait until a district that speaks a version answers gateways over the engine."""
    async with connection([address], None, inbox_prefix="_INBOX_nobody") as opened:
        subject, question = f"cp.{district}.nobody.where", encode(Where(v=version))
        async with asyncio.timeout(SOON_S):
            while True:
                with suppress(nats.errors.Error):
                    await opened.client.request(subject, question, timeout=30)
                    return
                await asyncio.sleep(0.02)


class Reports:
    """Takes what the line reports of itself."""

    def __init__(self) -> None:
        self.is_up = False
        self.why = NOTHING

    def up(self, reason: Said) -> None:
        """Note that it works."""
        self.is_up = True

    def down(self, reason: Said, remedy: Said) -> None:
        """Note that it does not."""
        self.is_up = False
        self.why = reason
        log.info("line: %s", reason)


class PlayedGateway:
    """A journal and its line. ``start`` and ``stop`` may follow each other again and again."""

    def __init__(
        self,
        folder: Path,
        address: str,
        name: str = "g1",
        round_s: float = ROUND_S,
        *,
        cursor_clock: Clock | None = None,
    ) -> None:
        """``address``: the engine's. ``round_s``: see ``Line``.

        ``cursor_clock``: that of the cursor, which then is not stored at the end either, as if
        the power was cut.
        """
        self._cursor_clock = cursor_clock or SystemClock()
        self._keeps = cursor_clock is None
        folder.mkdir(exist_ok=True)
        self.file = folder / "alarms.db"
        self.stored = 0
        self.reports = Reports()
        self.beside: list[Work] = []
        self._round_s = round_s
        self._settings = Upstream(district="d1", gateway=name, servers=[address])
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the journal and run the line, from the stored cursor on."""
        self.journal = Journal(self.file, SystemClock(), chained=True)
        self.chain = Chain(self.file)
        clock, name = SystemClock(), self._settings.gateway
        cursor = DistrictCursor(self.journal, self._cursor_clock)
        epoch, position = cursor.load()
        self.delivery = Delivery(self.chain, epoch, position or 0)

        async def signs() -> list[tuple[str, LifeSign]]:
            return [(name, LifeSign(program="test", head=self.chain.head()))]

        line = Line(
            self._settings,
            clock,
            self.reports,
            answer=self._answer,
            program="test",
            round_s=self._round_s,
            works=[
                LifeSigns(self._settings.district, signs).work,
                *([cursor.run] if self._keeps else []),
                *self.beside,
            ],
        )
        line.add(
            ChainLine(
                name,
                self.chain,
                self.delivery,
                clock,
                save=cursor.save,
                moved=cursor.moved,
                new_epoch=new_epoch,
            )
        )
        loop = asyncio.get_running_loop()

        def committed() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(line.wake, name)

        self.journal.watch(committed)
        self._running = asyncio.ensure_future(line.run())

    async def _answer(self, _: str, question: bytes) -> bytes:
        return question

    async def _submit(self, writes: list[NewEntry]) -> None:
        loop = asyncio.get_running_loop()
        stored = asyncio.Event()

        def done(_: list[Stored]) -> None:
            loop.call_soon_threadsafe(stored.set)

        self.journal.submit(writes, done)
        await stored.wait()

    async def store(self, *entries: NewEntry) -> None:
        """Store entries; they are on disk afterwards."""
        await self._submit(list(entries))

    async def press(self, times: int) -> None:
        """Store that the button was pressed."""
        numbers = range(self.stored + 1, self.stored + times + 1)
        await self.store(*(panic(seq, f"b{secrets.token_hex(4)}") for seq in numbers))
        self.stored += times

    @property
    def receipted(self) -> int:
        """The position of the cursor."""
        return self.delivery.receipted

    def all_receipted(self) -> bool:
        """Say whether the district has everything."""
        return self.receipted == self.chain.head()

    async def stop(self) -> None:
        """End the line and close the journal."""
        if self._running is not None:
            await end_all([self._running])
            self._running = None
            self.journal.close()
            self.chain.close()
