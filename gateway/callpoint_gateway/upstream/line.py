"""The line from a gateway to its district over NATS, as ``protocols.upstream`` says.

What it promises:

1. It never ends, whatever the engine or the district does; each failure is this part's fault,
   with a pause that grows.
2. It holds one parcel and the copies of a few urgent entries in memory, however long it is behind.
3. It writes nothing but its cursor, and that before what depends on it: a new epoch is stored
   before its first entry is sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import NotUsable, Receipt, Where
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.delivery import Delivery, Learnt
from callpoint_gateway.upstream.parcels import is_urgent, pack
from callpoint_gateway.upstream.source import ChainSource
from callpoint_gateway.words.said import Said, said, said_by

#: Waits for an answer of the engine or the district, in seconds.
ANSWER_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0
#: A life sign goes out so often.
LIFE_SIGN_S: Final = 20.0
#: A gateway with more entries without a receipt is behind, and sends copies of urgent entries.
BEHIND: Final = 256
#: Copies of urgent entries after a connection, at most: the newest.
MOST_COPIES: Final = 500

log = logging.getLogger(__name__)
Save = Callable[[str, int], Awaitable[None]]
Answer = Callable[[bytes], Awaitable[bytes]]


class Line:
    """Sends one chain to one district. ``run`` until cancelled."""

    def __init__(
        self,
        settings: Upstream,
        source: ChainSource,
        delivery: Delivery,
        clock: Clock,
        report: PartReport,
        *,
        save: Save,
        new_epoch: Callable[[], str],
        answer: Answer,
        program: str,
    ) -> None:
        """``save(epoch, position)`` stores the cursor and returns when it is on disk.

        ``answer`` answers a question of the district. ``program``: this program's version.
        """
        self.delivery = delivery
        self._settings = settings
        self._source = source
        self._clock = clock
        self._report = report
        self._save = save
        self._new_epoch = new_epoch
        self._answer = answer
        self._program = program
        self._wake = asyncio.Event()
        self._receipts: asyncio.Queue[Receipt] = asyncio.Queue(1000)
        self._copied = 0  # the last position of which a copy may have been sent

    def _subject(self, what: words.Upward) -> str:
        return words.upward(self._settings.district, self._settings.gateway, what)

    def wake(self) -> None:
        """Look for new entries now. Call it in the loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Connect, deliver, and begin again after each failure, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            began_ms = self._clock.monotonic_ms()
            try:
                await self._connected()
            except NotUsable as error:
                self._report.down(error.why, said("upstream.version.do"))
            except (NatsError, OSError, TimeoutError) as error:
                self._report.down(_reason(error), said("upstream.away.do"))
            except Exception:
                log.exception("the line to the district failed")
                self._report.down(said("part.unexpected"), said("part.unexpected.do"))
            if self._clock.monotonic_ms() - began_ms > LONGEST_PAUSE_S * 1000:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _connected(self) -> None:
        settings = self._settings
        async with connection(
            settings.servers,
            settings.tls,
            until_refused=True,
            name=settings.gateway,
            inbox_prefix=f"_INBOX_{settings.gateway}",
        ) as opened:
            client = opened.client
            await self._subscribe(client)
            await self._agree(client)
            server = client.connected_url
            self._report.up(said("upstream.connected", server=server.netloc if server else "?"))
            await opened.work([self._deliver(client), self._learn(client), self._live(client)])

    async def _subscribe(self, client: Client) -> None:
        settings = self._settings

        async def receipt(message: Msg) -> None:
            try:
                told = words.decode(message.data, Receipt)
            except NotUsable as error:
                log.warning("a receipt of the district: %s", error.why)
                return
            if self._receipts.full():
                self._receipts.get_nowait()  # the newest says most
            self._receipts.put_nowait(told)

        async def asked(message: Msg) -> None:
            if message.reply:
                await client.publish(message.reply, await self._answer(message.data))

        await client.subscribe(
            words.downward(settings.district, settings.gateway, "receipt"), cb=receipt
        )
        await client.subscribe(
            words.downward(settings.district, settings.gateway, "ask"), cb=asked
        )

    async def _where(self, client: Client) -> Receipt:
        asked = words.encode(Where(program=self._program))
        reply = await client.request(self._subject("where"), asked, timeout=ANSWER_S)
        return words.decode(reply.data, Receipt)

    async def _agree(self, client: Client) -> None:
        """Find out how far the district has this journal, before anything is sent."""
        self._copied = 0
        await self._take(await self._where(client), asked=True)

    async def _take(self, receipt: Receipt, *, asked: bool) -> None:
        delivery = self.delivery
        match delivery.learn(receipt, self._clock.monotonic_ms(), asked=asked):
            case Learnt.NOTHING:
                return
            case Learnt.DIFFERS:
                common = delivery.common(receipt)
                epoch = self._new_epoch()
                log.warning("the district has another history: a new epoch behind %d", common)
                await self._save(epoch, common)
                delivery.begin(epoch, common)
            case Learnt.MOVED | Learnt.AGAIN:
                await self._save(delivery.epoch, delivery.receipted)
        self._wake.set()

    async def _learn(self, client: Client) -> None:
        """Take receipts as they come, and ask when they are overdue."""
        while True:
            try:
                receipt = await asyncio.wait_for(self._receipts.get(), 1.0)
            except TimeoutError:
                if self.delivery.overdue(self._clock.monotonic_ms()):
                    await self._take(await self._where(client), asked=True)
                continue
            await self._take(receipt, asked=False)

    async def _deliver(self, client: Client) -> None:
        stream = client.jetstream(timeout=ANSWER_S)
        delivery = self.delivery
        while True:
            self._wake.clear()
            await self._copy_urgent(client)
            rows = self._source.after(delivery.sent, min(delivery.room, words.PARCEL_ROWS))
            if not rows:
                await self._wake.wait()
                continue
            parcel = pack(rows, delivery.epoch, self._source)
            delivery.sends(parcel.last, self._clock.monotonic_ms())
            id = words.message_id(
                self._settings.gateway, parcel.epoch, parcel.last, delivery.attempt
            )
            try:
                await stream.publish(
                    self._subject("alarms"), words.encode(parcel), headers={"Nats-Msg-Id": id}
                )
            except (NatsError, TimeoutError):
                delivery.failed()
                raise

    async def _copy_urgent(self, client: Client) -> None:
        """Send copies of urgent entries that are far from their turn."""
        delivery, head = self.delivery, self._source.head()
        if head - delivery.sent <= BEHIND:
            return
        after = max(self._copied, delivery.sent)
        copies: list[ChainRow] = []
        while rows := self._source.after(after, words.PARCEL_ROWS):
            after = rows[-1].position
            copies = [*copies, *filter(is_urgent, rows)][-MOST_COPIES:]
            await asyncio.sleep(0)
        for row in copies:
            copy = words.UrgentCopy(epoch=delivery.epoch, row=msgspec.Raw(row.row))
            await client.publish(self._subject("urgent"), words.encode(copy))
        self._copied = after

    async def _live(self, client: Client) -> None:
        while True:
            sign = words.LifeSign(program=self._program, head=self._source.head())
            await client.publish(self._subject("status"), words.encode(sign))
            await client.flush(timeout=int(ANSWER_S))
            await asyncio.sleep(LIFE_SIGN_S)


def _reason(error: BaseException) -> Said:
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return said("upstream.unreachable", why=said_by(error))
    return said("upstream.engine", why=str(error) or type(error).__name__)
