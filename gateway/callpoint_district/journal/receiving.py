"""Takes what gateways send from the engine, keeps it, and gives receipts. One process of several.

What it promises:

1. A message is acknowledged at the engine only after the database has committed it, or when it is
   of no use. What a killed process held is delivered to another.
2. A parcel that is ahead of its turn is held for a moment, since another process may be committing
   what lies between. Then the gateway is asked for what is missing, and the parcel is dropped.
3. What is wrong with one gateway's messages holds up no other gateway.
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import nats
import psycopg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext

from callpoint_district.journal.chain import Fit
from callpoint_district.journal.keeping import Keeper, Sent, Taken
from callpoint_district.journal.listening import listen
from callpoint_district.journal.notices import receipt_of
from callpoint_district.settings import District
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.printable import one_line
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import NotUsable, Parcel, Receipt
from callpoint_gateway.upstream.connection import connection

STREAM: Final = "ALARMS"
CONSUMER: Final = "keepers"
#: Messages that one transaction takes, at most.
BATCH: Final = 64
#: A message that is not acknowledged for so long is given to another process, in seconds.
ACK_WAIT_S: Final = 10
#: A parcel ahead of its turn is held for so long.
HOLD_MS: Final = 1_000
LOOK_MS: Final = 50
#: A gateway is told to send again at most so often.
AGAIN_MS: Final = 500
#: The engine's window for repeated message ids, in seconds.
REPEATS_S: Final = 600
ANSWER_S: Final = 5.0
FETCH_S: Final = 1.0
#: So many fetches without anything, and the subscription is made anew: it may have stopped with
#: a restart of the engine (nats-py, issue 504).
EMPTY: Final = 10
PAUSE_S: Final = 1.0

log = logging.getLogger(__name__)


async def make_stream(stream: JetStreamContext, district: str, most_bytes: int) -> None:
    """Make the stream of parcels and its consumer, or bring them to these settings.

    The oldest messages go when it is full. What is lost so before it was kept, a gateway sends
    again; a stream that refused new messages would hold up alarms. No message is deleted singly:
    the engine of Debian 13 does not make that durable (its issue 8475).
    """
    wanted = StreamConfig(
        name=STREAM,
        subjects=words.upward_of_all(district, "alarms"),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_bytes=most_bytes,
        duplicate_window=REPEATS_S,
        num_replicas=1,
        deny_delete=True,
        deny_purge=True,
    )
    try:
        await stream.update_stream(wanted)
    except nats.js.errors.NotFoundError:
        await stream.add_stream(wanted)
    await stream.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name=CONSUMER,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=16 * BATCH,
        ),
    )


class _Held:
    """A parcel ahead of its turn, and until when it is held (monotonic ms)."""

    def __init__(self, message: Msg, sent: Sent, until_ms: int) -> None:
        self.message, self.sent, self.until_ms = message, sent, until_ms


class Receiver:
    """Receives for one district. ``run`` until cancelled."""

    def __init__(self, settings: District, keeper: Keeper, clock: Clock) -> None:
        """``keeper`` works in a thread of its own, for one batch at a time."""
        self._settings = settings
        self._keeper = keeper
        self._clock = clock
        self._held: list[_Held] = []
        self._told_again: dict[str, int] = {}

    async def run(self) -> None:
        """Connect and receive; begin again after each failure, until cancelled."""
        while True:
            try:
                await self._connected()
            except nats.js.errors.ServiceUnavailableError:
                log.warning(
                    "engine: it has no JetStream; start it with the files of "
                    "`callpoint district engine`"
                )
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("engine: %s", str(error) or type(error).__name__)
            except psycopg.Error as error:
                log.warning("database: %s", one_line(error))
            except Exception:
                log.exception("receiving failed")
            self._held.clear()  # the engine gives them to somebody again
            await asyncio.sleep(PAUSE_S)

    async def _connected(self) -> None:
        settings = self._settings
        async with connection(
            settings.servers, settings.tls, name=f"{settings.district} district"
        ) as opened:
            client = opened.client
            stream = client.jetstream(timeout=ANSWER_S)
            await make_stream(stream, settings.district, settings.stream_mb * 1024 * 1024)
            aside = await listen(client, settings.district, self._keeper.notices)
            await opened.work([self._receive(client, stream), *aside])

    async def _receive(self, client: Client, stream: JetStreamContext) -> None:
        while True:
            parcels = await stream.pull_subscribe_bind(CONSUMER, STREAM)
            empty = 0
            while empty < EMPTY:
                wait_s = LOOK_MS / 1000 if self._held else FETCH_S
                try:
                    messages = await parcels.fetch(BATCH, timeout=wait_s)
                    empty = 0
                except TimeoutError:  # nats-py raises its own and asyncio's
                    messages = []
                    empty += not self._held
                await self._keep(client, messages)
            await parcels.unsubscribe()

    async def _keep(self, client: Client, messages: Sequence[Msg]) -> None:
        """Keep what came and what was held, in the order in which it came."""
        work = self._held
        self._held = []
        until_ms = self._clock.monotonic_ms() + HOLD_MS
        for message in messages:
            gateway = words.gateway_of(message.subject)
            try:
                parcel = words.decode(message.data, Parcel)
            except NotUsable as error:
                log.warning("%s: %s", message.subject, error.why)
                await message.term()
                # What has no id is the engine's acknowledgement of what another gateway has sent,
                # which wanted it here.
                if "Nats-Msg-Id" in (message.headers or {}):
                    await self._again(client, gateway)
                continue
            work.append(_Held(message, Sent(gateway, parcel), until_ms))
        if not work:
            return
        work.sort(key=lambda held: (held.sent.gateway, held.message.metadata.sequence.stream))
        try:
            taken = await self._commit([held.sent for held in work])
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise  # the database is away: everything comes again
        except Exception:
            log.exception("a batch was not kept: each gateway's part is tried by itself")
            await self._keep_singly(client, work)
            return
        await self._tell(client, work, taken)

    async def _keep_singly(self, client: Client, work: Sequence[_Held]) -> None:
        for gateway, group in groupby(work, key=lambda held: held.sent.gateway):
            part = list(group)
            try:
                taken = await self._commit([held.sent for held in part])
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:
                # The gateway sends it again when it misses the receipts. In the engine it would
                # count among the messages that are on their way, of which there may be so many.
                log.exception("%s: what it sent cannot be kept", gateway)
                for held in part:
                    await held.message.ack()
                continue
            await self._tell(client, part, taken)

    async def _commit(self, sent: Sequence[Sent]) -> list[Taken]:
        """Have the keeper do it. A thread cannot be ended: who is cancelled waits for its end."""
        doing = asyncio.ensure_future(asyncio.to_thread(self._keeper.keep, sent))
        try:
            return await asyncio.shield(doing)
        finally:
            await asyncio.wait([doing])
            doing.exception()  # it was raised above, or nobody waits for it any more

    async def _tell(self, client: Client, work: Sequence[_Held], taken: Sequence[Taken]) -> None:
        told: dict[str, Taken] = {}
        for held, result in zip(work, taken, strict=True):
            now_ms = self._clock.monotonic_ms()
            if result.fit is Fit.AHEAD and now_ms < held.until_ms:
                self._held.append(held)
                continue
            await held.message.ack()
            if result.fit in (Fit.NEXT, Fit.OLD):
                told[held.sent.gateway] = result
            else:
                await self._again(client, held.sent.gateway)
        for gateway, result in told.items():
            await self._receipt(client, gateway, receipt_of(result.known))

    async def _again(self, client: Client, gateway: str) -> None:
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._told_again.get(gateway, -AGAIN_MS) < AGAIN_MS:
            return
        self._told_again[gateway] = now_ms
        receipts = self._keeper.notices.receipts
        for receipt in await asyncio.to_thread(receipts, [gateway], again=True):
            await self._receipt(client, gateway, receipt)

    async def _receipt(self, client: Client, gateway: str, receipt: Receipt) -> None:
        subject = words.downward(self._settings.district, gateway, "receipt")
        await client.publish(subject, words.encode(receipt))
