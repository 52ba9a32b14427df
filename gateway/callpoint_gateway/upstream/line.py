"""The line to a district over NATS, as ``protocols.upstream`` says, for any number of chains.

What it promises:

1. It never ends, whatever the engine or the district does; each failure is this part's fault,
   with a pause that grows.
2. For each chain it holds one parcel and the copies of a few urgent entries in memory, however
   long it is behind, and only while that chain is worked on.
3. It writes nothing but cursors, and that before what depends on it: a new epoch is stored
   before its first entry is sent. What receipts have moved may be stored later.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import NotUsable, Parcel, Receipt, UrgentCopy, Where
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.turns import Turns
from callpoint_gateway.words.said import Said, said, said_by

#: Waits for an answer of the engine or the district, in seconds.
ANSWER_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.25
#: Also after an hour's outage a gateway is back so soon after the engine.
LONGEST_PAUSE_S: Final = 5.0
LOOK_S: Final = 1.0
#: The district is asked about a chain at rest so often: its database may have been put back.
ROUND_S: Final = 300.0
#: What goes beside the journal: an engine that refuses it takes everything else.
BESIDE: Final[tuple[words.Upward, ...]] = ("register", "rates")
#: Questions of the district that are answered at the same time, at most.
MOST_QUESTIONS: Final = 64

log = logging.getLogger(__name__)
Answer = Callable[[str, bytes], Awaitable[bytes]]
#: Something that is done over the connection as long as it stands.
Work = Callable[[Client], Coroutine[Any, Any, None]]


class Line:
    """Sends chains to one district. ``run`` until cancelled. For one event loop."""

    def __init__(
        self,
        settings: Upstream,
        clock: Clock,
        report: PartReport,
        *,
        answer: Answer,
        program: str,
        works: Sequence[Work] = (),
        lanes: int = 1,
        ends: tuple[type[Exception], ...] = (),
        round_s: float = ROUND_S,
    ) -> None:
        """``answer(gateway, text)`` answers a question of the district.

        ``program``: this program's version. ``lanes``: so many chains are worked on at the same
        time. ``ends``: errors that end ``run``. ``round_s``: each chain at rest is asked about
        so often.
        """
        self._settings = settings
        self._clock = clock
        self._report = report
        self._answer = answer
        self._program = program
        self._agreed = False  # since the last pause
        self._works = works
        self._lanes = lanes
        self._ends = ends
        self._round_s = round_s
        self._chains: dict[str, ChainLine] = {}
        self._turns = Turns()
        self._awaiting: set[str] = set()
        self._questions: set[asyncio.Task[None]] = set()

    def add(self, chain: ChainLine) -> None:
        """Send this chain as well. Call it in the loop's thread."""
        self._chains[chain.name] = chain
        self._turns.remind([chain.name])

    def wake(self, name: str) -> None:
        """Look for new entries of a chain now. Call it in the loop's thread."""
        self._turns.wake(name)

    async def run(self) -> None:
        """Connect, deliver, and begin again after each failure, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            self._agreed = False
            try:
                await self._connected()
            except self._ends:
                raise
            except NotUsable as error:
                self._report.down(error.why, said("upstream.version.do"))
            except (NatsError, OSError, TimeoutError) as error:
                self._report.down(_reason(error), said("upstream.away.do"))
            except Exception:
                log.exception("the line to the district failed")
                self._report.down(said("part.unexpected"), said("part.unexpected.do"))
            if self._agreed:
                pause_s = FIRST_PAUSE_S  # a line that breaks often is away for a moment each time
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # not all gateways at once
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _connected(self) -> None:
        settings = self._settings
        async with connection(
            settings.servers,
            settings.tls,
            until_refused=True,
            spared=BESIDE,
            name=settings.gateway,
            inbox_prefix=words.inbox_of(settings.gateway),
        ) as opened:
            client = opened.client
            post = _Post(settings, client, self._program)
            await self._subscribe(client)
            await self._begin(post)
            self._agreed = True
            server = client.connected_url
            self._report.up(said("upstream.connected", server=server.netloc if server else "?"))
            try:
                await opened.work(
                    [
                        *(self._lane(post) for _ in range(self._lanes)),
                        self._look(),
                        self._round(),
                        *(work(client) for work in self._works),
                    ]
                )
            finally:
                await end_all(self._questions)

    async def _subscribe(self, client: Client) -> None:
        settings = self._settings

        async def told(message: Msg) -> None:
            gateway = words.gateway_of(message.subject)
            if message.subject.endswith(".receipt"):
                self._receipt(gateway, message.data)
            elif message.subject.endswith(".ask") and len(self._questions) < MOST_QUESTIONS:
                task = asyncio.ensure_future(self._asked(client, gateway, message))
                self._questions.add(task)
                task.add_done_callback(self._questions.discard)

        subject = words.downward_of_member(settings.district, settings.gateway)
        await client.subscribe(subject, cb=told)

    def _receipt(self, gateway: str, data: bytes) -> None:
        chain = self._chains.get(gateway)
        if chain is None:
            return
        try:
            chain.told(words.decode(data, Receipt))
        except NotUsable as error:
            log.warning("a receipt of the district: %s", error.why)
            return
        self.wake(gateway)

    async def _asked(self, client: Client, gateway: str, message: Msg) -> None:
        if not message.reply:
            return
        answer = await self._answer(gateway, message.data)
        try:
            await client.publish(message.reply, answer)
        except (NatsError, OSError) as error:
            log.warning("an answer to the district: %s", error)

    async def _begin(self, post: "_Post") -> None:
        """Find out whether the district answers, before the line counts as up."""
        for chain in self._chains.values():
            chain.connected()
        self._awaiting.clear()
        self._turns.rested()
        self._turns.remind(self._chains)
        if name := self._turns.take():
            await self._step(self._chains[name], post)

    async def _lane(self, post: "_Post") -> None:
        while True:
            name = await self._turns.next()
            await self._step(self._chains[name], post)

    async def _step(self, chain: ChainLine, post: "_Post") -> None:
        name = chain.name
        try:
            more = await chain.step(post)
        finally:
            self._turns.done(name)
        if chain.awaits:
            self._awaiting.add(name)
        else:
            self._awaiting.discard(name)
        if more:
            self.wake(name)

    async def _look(self) -> None:
        """Ask about chains whose receipts are overdue."""
        while True:
            await asyncio.sleep(LOOK_S)
            for name in list(self._awaiting):
                if not self._turns.is_busy(name) and self._chains[name].overdue():
                    self.wake(name)

    async def _round(self) -> None:
        """Ask about every chain in turn, as none is told of a database that was put back."""
        while True:
            names = list(self._chains)
            for name in names:
                await asyncio.sleep(self._round_s / len(names))
                if not self._turns.is_busy(name) and self._chains[name].doubt():
                    self._turns.remind([name])
            if not names:
                await asyncio.sleep(LOOK_S)


class _Post:
    """The messages of chains over one connection (``chain_line.Post``)."""

    def __init__(self, settings: Upstream, client: Client, program: str) -> None:
        self._district = settings.district
        self._client = client
        self._stream = client.jetstream(timeout=ANSWER_S)
        self._program = program

    async def where(self, gateway: str) -> Receipt:
        """Ask the district how far it has a chain."""
        asked = words.encode(Where(program=self._program))
        subject = words.upward(self._district, gateway, "where")
        reply = await self._client.request(subject, asked, timeout=ANSWER_S)
        return words.decode(reply.data, Receipt)

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        """Send a parcel; return when the engine has it."""
        subject = words.upward(self._district, gateway, "alarms")
        await self._stream.publish(subject, words.encode(parcel), headers={"Nats-Msg-Id": id})

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        """Send the copy of an entry."""
        subject = words.upward(self._district, gateway, "urgent")
        await self._client.publish(subject, words.encode(copy))


def _reason(error: BaseException) -> Said:
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return said("upstream.unreachable", why=said_by(error))
    return said("upstream.engine", why=str(error) or type(error).__name__)
