"""One chain on its way to a district: what is agreed, sent, learnt and copied ahead.

It has no connection and no task of its own: the line calls ``step`` when there may be something
to do, so a chain at rest costs a little memory only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, ParamSpec, Protocol, TypeVar

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import Parcel, Receipt, UrgentCopy
from callpoint_gateway.upstream.delivery import Delivery, Learnt
from callpoint_gateway.upstream.parcels import is_urgent, pack
from callpoint_gateway.upstream.source import ChainSource

#: A chain with more entries that are not sent is behind, and copies of urgent entries are sent.
BEHIND: Final = 256
#: The same over a new connection: all gateways come back together, and the district has much to
#: keep of others before it comes to this one's parcel.
BEHIND_AT_FIRST: Final = 16
#: Copies of urgent entries after a connection, at most: the newest.
MOST_COPIES: Final = 500
#: Receipts that wait, at most: the newest say most.
RECEIPTS: Final = 100

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
Save = Callable[[str, int], Awaitable[None]]


class Post(Protocol):
    """What a chain needs of the connection. What goes wrong with it is raised."""

    async def where(self, gateway: str) -> Receipt:
        """Ask the district how far it has a chain."""

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        """Send a parcel; return when the engine has it."""

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        """Send the copy of an entry."""


class Histories(Protocol):
    """A source that has several histories of a chain, which are told one after the other."""

    def advance(self, told: int) -> int | None:
        """Go on to the next history if this one is told to its end, position ``told``.

        Return up to where both are the same; None: there is more of this one, or none next.
        """

    def rewind(self, epoch: str) -> bool:
        """Go back to the history that was told as an epoch; to the first if none was.

        True: it was at another.
        """


class Reads(Protocol):
    """Where the source is read: in the loop's thread, or in another if reading takes long."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it and return what it returns."""


async def at_once(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Read in the loop's thread."""
    return call(*args, **kwargs)


class ChainLine:
    """One chain towards one district. ``step`` is called by one task at a time."""

    __slots__ = (
        "_agreed",
        "_clock",
        "_copied",
        "_first",
        "_histories",
        "_moved",
        "_new_epoch",
        "_reads",
        "_receipts",
        "_save",
        "_source",
        "delivery",
        "name",
    )

    def __init__(
        self,
        name: str,
        source: ChainSource,
        delivery: Delivery,
        clock: Clock,
        *,
        save: Save,
        moved: Save | None = None,
        new_epoch: Callable[[], str],
        reads: Reads = at_once,
        histories: Histories | None = None,
    ) -> None:
        """``name``: the path of the gateway at the district.

        ``save(epoch, position)`` stores the cursor and returns when it is on disk. ``moved`` notes
        that receipts have moved it, and may store it later; without, it is stored as well.
        ``histories``: the source, if it has several.
        """
        self.name = name
        self.delivery = delivery
        self._source = source
        self._clock = clock
        self._save = save
        self._moved = save if moved is None else moved
        self._new_epoch = new_epoch
        self._reads = reads
        self._histories = histories
        self._receipts: list[Receipt] = []
        self._agreed = False
        self._copied = 0  # the last position of which a copy may have been sent
        self._first = True  # nothing was sent over this connection

    def connected(self) -> None:
        """Note a new connection: what came over the old one counts for nothing."""
        self._agreed = False
        self._copied = 0
        self._first = True
        self._receipts.clear()

    def told(self, receipt: Receipt) -> None:
        """Take a receipt; the next step learns it."""
        if len(self._receipts) == RECEIPTS:
            del self._receipts[0]
        self._receipts.append(receipt)

    def doubt(self) -> bool:
        """Have the next step ask the district, unless receipts are awaited anyway."""
        if self.awaits:
            return False
        self._agreed = False
        return True

    @property
    def awaits(self) -> bool:
        """Whether something is sent and has no receipt."""
        return self.delivery.sent > self.delivery.receipted

    def overdue(self) -> bool:
        """Say whether receipts are missing for too long; the next step then asks."""
        if not self.delivery.overdue(self._clock.monotonic_ms()):
            return False
        self._agreed = False
        return True

    async def step(self, post: Post) -> bool:
        """Ask if nothing is agreed, learn, and send one parcel. True: there is more to send.

        Nothing is sent before it is known how far the district has this chain.
        """
        if not self._agreed:
            receipt = await post.where(self.name)
            self._agreed = True
            await self._learn([receipt], asked=True)
        receipts, self._receipts = self._receipts, []
        await self._learn(receipts, asked=False)
        await self._copy_urgent(post)
        return await self._send(post) or await self._next_history()

    async def _learn(self, receipts: list[Receipt], *, asked: bool) -> None:
        moved = False
        for receipt in receipts:
            moved |= await self._take(receipt, asked=asked)
        if moved:
            await self._moved(self.delivery.epoch, self.delivery.receipted)

    async def _take(self, receipt: Receipt, *, asked: bool) -> bool:
        """Learn one receipt; return whether the cursor is another now."""
        delivery = self.delivery
        now_ms = self._clock.monotonic_ms()
        if asked and not receipt.epoch and await self._rewound(receipt):
            # It has nothing, so it gets every history, from the first on.
            await self._begin(await self._reads(delivery.common, receipt))
            return False
        match await self._reads(delivery.learn, receipt, now_ms, asked=asked):
            case Learnt.NOTHING:
                return False
            case Learnt.DIFFERS:
                await self._rewound(receipt)
                common = await self._reads(delivery.common, receipt)
                log.warning(
                    "%s: the district has another history: a new epoch behind %d",
                    self.name,
                    common,
                )
                await self._begin(common)
                return False
            case Learnt.MOVED | Learnt.AGAIN:
                return True

    async def _rewound(self, receipt: Receipt) -> bool:
        """Go back to the history that a receipt is of; say whether that is another."""
        histories = self._histories
        return histories is not None and await self._reads(histories.rewind, receipt.epoch)

    async def _begin(self, common: int) -> None:
        """Begin a new epoch; it is stored before its first entry is sent."""
        epoch = self._new_epoch()
        await self._save(epoch, common)
        self.delivery.begin(epoch, common)

    async def _next_history(self) -> bool:
        if self._histories is None or self.awaits:
            return False
        common = await self._reads(self._histories.advance, self.delivery.receipted)
        if common is None:
            return False
        await self._begin(common)
        return True

    async def _send(self, post: Post) -> bool:
        delivery = self.delivery
        parcel = await self._reads(self._next)
        if parcel is None:
            return False
        delivery.sends(parcel.last, self._clock.monotonic_ms())
        id = words.message_id(self.name, parcel.epoch, parcel.last, delivery.attempt)
        try:
            await post.parcel(self.name, parcel, id)
        except BaseException:
            delivery.failed()
            raise
        return True

    def _next(self) -> Parcel | None:
        delivery = self.delivery
        rows = self._source.after(delivery.sent, min(delivery.room, words.PARCEL_ROWS))
        return pack(rows, delivery.epoch, self._source) if rows else None

    async def _copy_urgent(self, post: Post) -> None:
        """Send copies of urgent entries that are far from their turn."""
        sent, head = self.delivery.sent, await self._reads(self._source.head)
        behind, self._first = BEHIND_AT_FIRST if self._first else BEHIND, False
        if head - sent <= behind:
            return
        after = max(self._copied, sent)
        copies: list[ChainRow] = []
        while rows := await self._reads(self._source.after, after, words.PARCEL_ROWS):
            after = rows[-1].position
            copies = [*copies, *filter(is_urgent, rows)][-MOST_COPIES:]
            await asyncio.sleep(0)
        for row in copies:
            copy = UrgentCopy(epoch=self.delivery.epoch, row=msgspec.Raw(row.row))
            await post.copy(self.name, copy)
        self._copied = after
