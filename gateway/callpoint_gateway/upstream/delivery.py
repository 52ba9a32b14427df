"""How far a district has a journal, and which entries are sent next. No I/O and no clock.

The rules of the contract:

1. The cursor moves only on a receipt: to an entry that the district's database has committed, and
   whose hash there is the hash here. What the engine acknowledged counts for nothing.
2. Entries are sent in order, each parcel behind the one before. At most ``WINDOW`` entries are
   sent and without a receipt.
3. When the district says that something does not fit, it is sent again from the district's own
   position, also if that is behind the cursor: a database may have been put back.
4. Whatever is sent again has another message id, because an engine may remember the id of a
   message that it lost.
5. If the district has an entry that this journal has not, or has otherwise, the histories differ.
   A new epoch then begins behind the last entry that both have. As long as the district says the
   same, it has not seen that epoch yet: its entries are sent again, and no further one begins.
6. A receipt of another epoch, and a lower one that nothing asked for, is late and counts for
   nothing.
"""

from enum import Enum
from typing import Final

from callpoint_gateway.protocols.upstream import Receipt
from callpoint_gateway.upstream.source import ChainSource

#: Entries that are sent and not receipted, at most. It bounds what is sent twice after a gap.
WINDOW: Final = 8192
#: So long nothing is sent again after a first gap; twice as long after each further one.
AGAIN_FIRST_MS: Final = 250
AGAIN_LONGEST_MS: Final = 30_000
#: Without a receipt for so long, what is missing is asked for; twice as long after each question.
OVERDUE_MS: Final = 3_000
OVERDUE_LONGEST_MS: Final = 60_000


#: Epoch, position and hash of a receipt.
_Stands = tuple[str, int, str]


def _stands(receipt: Receipt) -> _Stands:
    return receipt.epoch, receipt.position, receipt.hash


class Learnt(Enum):
    """What a receipt meant."""

    NOTHING = "nothing"
    MOVED = "moved"  # the cursor
    AGAIN = "again"  # sending goes back
    DIFFERS = "differs"  # the histories differ: ``begin`` an epoch behind ``common``


class Delivery:
    """The state of one chain towards one district. For one thread."""

    def __init__(self, source: ChainSource, epoch: str, receipted: int) -> None:
        """``epoch``: the epoch of earlier runs; ``receipted``: the cursor that they stored."""
        self.epoch = epoch
        self.receipted = receipted
        self.attempt = 0
        self._source = source
        self._sent = receipted
        self._progress_ms: int | None = None  # since when receipts are awaited
        self._overdue_ms = OVERDUE_MS
        self._pause_ms = 0  # the present one between two returns to the same position
        self._returned_ms = 0
        self._returned_to = -1  # -1: receipts have come since, or an epoch began
        self._base = receipted  # behind it this epoch begins, if this run has begun it
        self._differed: _Stands | None = None  # what the district said when the histories differed
        self._begun_on: _Stands | None = None  # what it said when this epoch began

    @property
    def sent(self) -> int:
        """The position of the last entry that was sent."""
        return self._sent

    @property
    def room(self) -> int:
        """How many entries may be sent before the next receipt."""
        return max(0, WINDOW - (self._sent - self.receipted))

    def sends(self, last: int, now_ms: int) -> None:
        """Note that the entries up to ``last`` are sent now."""
        self._sent = max(self._sent, last)
        if self._progress_ms is None:
            self._progress_ms = now_ms

    def failed(self) -> None:
        """Note that the engine did not take the last parcel: it goes again, with another id."""
        self._go_back(self.receipted)

    def overdue(self, now_ms: int) -> bool:
        """Say whether receipts are missing for so long that the district must be asked.

        It is said at ever longer intervals.
        """
        if self._progress_ms is None or now_ms - self._progress_ms < self._overdue_ms:
            return False
        self._progress_ms = now_ms
        self._overdue_ms = min(self._overdue_ms * 2, OVERDUE_LONGEST_MS)
        return True

    def learn(self, receipt: Receipt, now_ms: int, *, asked: bool) -> Learnt:
        """Take a receipt. ``asked``: it answers ``where``, so it says how things stand."""
        if receipt.epoch != self.epoch:
            if not asked:
                return Learnt.NOTHING
            if _stands(receipt) == self._begun_on:
                return self._again(self._base, now_ms)
            if receipt.epoch == "" and self.receipted < self._source.first():
                # It has nothing yet, and nothing was ever receipted.
                return self._again(self._source.first() - 1, now_ms)
            return self._differs(receipt)
        own = self._source.hash_at(receipt.position)
        if own is None or own.hex() != receipt.hash:
            return self._differs(receipt)
        stands = asked and receipt.position <= self.receipted and receipt.position < self._sent
        if receipt.again or stands:
            return self._again(receipt.position, now_ms)
        if receipt.position <= self.receipted:
            return Learnt.NOTHING
        self._move(receipt.position, now_ms)
        return Learnt.MOVED

    def _differs(self, receipt: Receipt) -> Learnt:
        self._differed = _stands(receipt)
        return Learnt.DIFFERS

    def common(self, receipt: Receipt) -> int:
        """Return the last position that this journal and the district have alike.

        By the receipt's own position and its marks; the position before the first entry if they
        have nothing in common.
        """
        for position, hash in [(receipt.position, receipt.hash), *receipt.marks]:
            own = self._source.hash_at(position)
            if own is not None and own.hex() == hash:
                return position
        return self._source.first() - 1

    def begin(self, epoch: str, common: int) -> None:
        """Begin a new epoch behind a position. The caller stores both before it sends anything."""
        self.epoch = epoch
        self.receipted = self._sent = self._base = common
        self._begun_on = self._differed
        self._progress_ms = None
        self._returned_to = -1

    def _move(self, position: int, now_ms: int) -> None:
        self.receipted = position
        self._sent = max(self._sent, position)
        self._progress_ms = now_ms if self._sent > position else None
        self._overdue_ms = OVERDUE_MS
        self._returned_to = -1

    def _again(self, position: int, now_ms: int) -> Learnt:
        """Go back to a position, unless that was just done: all parcels behind a gap say so."""
        repeated = position == self._returned_to
        if repeated and now_ms - self._returned_ms < self._pause_ms:
            return Learnt.NOTHING
        self._pause_ms = min(self._pause_ms * 2, AGAIN_LONGEST_MS) if repeated else AGAIN_FIRST_MS
        self._returned_ms, self._returned_to = now_ms, position
        self.receipted = position
        self._go_back(position)
        return Learnt.AGAIN

    def _go_back(self, position: int) -> None:
        self._sent = position
        self.attempt += 1
        self._progress_ms = None
