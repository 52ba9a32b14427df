"""The contract between a gateway and its district, against every fault of what lies between.

No I/O: the journal, the engine and the database are played, each as bad as it may be. The engine
forgets, repeats, reorders and remembers ids of what it has lost; the district is put back to an
older state; the gateway is put back to an older state and goes on with other entries. In the end
every entry of every history is kept, once, and in order.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from callpoint_district.journal.chain import Fit, KeptRow, Known, columns_of, judge
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols.upstream import (
    GENESIS,
    Parcel,
    Receipt,
    UrgentCopy,
    hash_of,
    message_id,
)
from callpoint_gateway.upstream.delivery import Delivery, Learnt
from callpoint_gateway.upstream.parcels import pack


class PlayedJournal:
    """Rows with their hashes, as ``journal.chain.Chain`` has them."""

    TYPE = "event"

    def __init__(self, rows: Sequence[ChainRow] = ()) -> None:
        self.rows = list(rows)

    def write(self, what: str) -> None:
        position = len(self.rows) + 1
        body = what.encode()
        row = msgspec.json.encode([position, self.TYPE, 1, "b", 1, "d", 1, position, None, body])
        before = self.rows[-1].hash if self.rows else GENESIS
        self.rows.append(ChainRow(position, row, hash_of(before, row)))

    def after(self, position: int, rows: int) -> Sequence[ChainRow]:
        return self.rows[position : position + rows]

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        return self.rows[position - 1].hash if position <= len(self.rows) else None

    def first(self) -> int:
        return 1

    def head(self) -> int:
        return len(self.rows)


class PlayedDistrict:
    """What ``keeping.Keeper`` keeps, in memory: the same judgement, the same rules."""

    def __init__(self) -> None:
        self.known = Known("", 0, b"")
        self.kept: dict[tuple[str, int], KeptRow] = {}
        self.epochs: dict[str, tuple[int, str | None]] = {}  # base and parent by epoch
        self.shown: set[tuple[str, int]] = set()  # copies, by epoch and position

    def copy(self) -> "PlayedDistrict":
        other = PlayedDistrict()
        other.put_back(self)
        return other

    def has_epoch(self, epoch: str) -> bool:
        return epoch in self.epochs

    def hash_at(self, epoch: str, position: int) -> bytes | None:
        present: str | None = epoch
        while present is not None:
            base, parent = self.epochs[present]
            if position > base:
                row = self.kept.get((present, position))
                return row.hash if row else None
            present = parent
        return None

    def epoch_of(self, position: int, hash: bytes) -> str | None:
        for (epoch, at), row in self.kept.items():
            if at == position and row.hash == hash:
                return epoch
        return None

    def put_back(self, backup: "PlayedDistrict") -> None:
        """Go on from a backup."""
        self.known, self.kept = backup.known, dict(backup.kept)
        self.epochs, self.shown = dict(backup.epochs), set(backup.shown)

    def show(self, copy: UrgentCopy) -> None:
        """As ``notices.Notices.show``."""
        columns = columns_of(bytes(copy.row))
        assert columns is not None
        if copy.epoch == self.known.epoch:
            late = columns.position <= self.known.position
        else:
            late = copy.epoch in self.epochs
        if not late:
            self.shown.add((copy.epoch, columns.position))

    def provisional(self, last: int) -> int:
        """Return how many copies of urgent entries up to a position are shown."""
        return sum(position <= last for _, position in self.shown)

    def check(self, journal: Sequence[ChainRow]) -> None:
        """Check what follows from the entries, once all of a journal is there."""
        history = [self.hash_at(self.known.epoch, row.position) for row in journal]
        assert history == [row.hash for row in journal]

    def take(self, parcel: Parcel, process: int = 0) -> Fit:
        judgement = judge(self.known, parcel, self)
        if judgement.fit is Fit.NEXT:
            if judgement.base is not None:
                self.epochs[parcel.epoch] = judgement.base, judgement.parent
            for row in judgement.rows:
                known = self.epoch_of(row.position, row.hash)
                if known is not None:
                    assert row.position == self.epochs[parcel.epoch][0] + 1
                    self.epochs[parcel.epoch] = row.position, known
                else:
                    assert (parcel.epoch, row.position) not in self.kept
                    self.kept[parcel.epoch, row.position] = row
            last = judgement.rows[-1]
            self.known = Known(parcel.epoch, last.position, last.hash)
            self.shown = {
                (epoch, position)
                for epoch, position in self.shown
                if epoch == parcel.epoch and position > last.position
            }
        return judgement.fit

    def receipt(self, *, again: bool = False) -> Receipt:
        known = self.known
        if not known.epoch:
            return Receipt(again=again)
        marks = []
        for power in range(40):
            if (position := known.position - (1 << power)) < 1:
                break
            if hash := self.hash_at(known.epoch, position):
                marks.append((position, hash.hex()))
        return Receipt(
            epoch=known.epoch,
            position=known.position,
            hash=known.hash.hex(),
            again=again,
            marks=marks,
        )

    def texts(self) -> list[bytes]:
        """Return the hash of every entry that is kept, sorted; each proves its whole history."""
        return sorted(row.hash for row in self.kept.values())


class Contract(RuleBasedStateMachine):
    """A gateway, an engine that may do anything but invent, and a district."""

    def __init__(self, make_journal: type[PlayedJournal] = PlayedJournal) -> None:
        super().__init__()
        self.make_journal = make_journal
        self.journal = make_journal()
        self.district = self.begun_district()
        self.engine: list[Parcel] = []
        self.held: list[tuple[int, Parcel]] = []  # by a process, ahead of its turn
        self.copies: list[UrgentCopy] = []
        self.ids: set[str] = set()  # which the engine remembers, whether it has the message or not
        self.receipts: list[Receipt] = []
        self.now_ms = 0
        self.epochs = 0
        self.written = 0
        self.ever: set[bytes] = set()  # the hash of every entry that was ever receipted
        self.backups: list[tuple[list[ChainRow], str, int]] = []
        self.old_district: Any = None
        self.delivery = Delivery(self.journal, self.epoch(), 0)

    def begun_district(self) -> Any:
        """Return an empty district: this one is played."""
        return PlayedDistrict()

    def epoch(self) -> str:
        self.epochs += 1
        return f"{self.epochs:015x}"

    @rule(count=st.integers(1, 5))
    def gateway_stores(self, count: int) -> None:
        for _ in range(count):
            self.written += 1
            self.journal.write(f"{self.written}")

    @rule(most=st.integers(1, 4), engine_takes=st.booleans(), answered=st.booleans())
    def gateway_sends(self, most: int, engine_takes: bool, answered: bool) -> None:
        rows = self.journal.after(self.delivery.sent, min(self.delivery.room, most))
        if not rows:
            return
        parcel = pack(rows, self.delivery.epoch, self.journal)
        self.delivery.sends(parcel.last, self.now_ms)
        id = message_id("g", parcel.epoch, parcel.last, self.delivery.attempt)
        if id not in self.ids:
            self.ids.add(id)
            if engine_takes:
                self.engine.append(parcel)
        if not answered:
            self.delivery.failed()
            self.gateway_asks()

    @precondition(lambda self: self.engine)
    @rule(which=st.integers(0, 10_000), repeats=st.booleans(), process=st.integers(0, 1))
    def engine_delivers(self, which: int, repeats: bool, process: int) -> None:
        parcel = self.engine[which % len(self.engine)]
        if not repeats:
            self.engine.remove(parcel)
        self.process_takes(process, parcel, holds=True)

    def process_takes(self, process: int, parcel: Parcel, *, holds: bool) -> None:
        fit = self.district.take(parcel, process)
        if fit is Fit.AHEAD and holds:
            self.held.append((process, parcel))
            return
        self.receipts.append(self.district.receipt(again=fit in (Fit.AHEAD, Fit.BROKEN)))

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 10_000), holds=st.booleans())
    def process_looks_again(self, which: int, holds: bool) -> None:
        process, parcel = self.held.pop(which % len(self.held))
        self.process_takes(process, parcel, holds=holds)

    @rule(which=st.integers(0, 10_000))
    def gateway_copies_ahead(self, which: int) -> None:
        waiting = self.journal.after(self.delivery.sent, 10)
        if waiting:
            row = waiting[which % len(waiting)]
            self.copies.append(UrgentCopy(epoch=self.delivery.epoch, row=msgspec.Raw(row.row)))

    @precondition(lambda self: self.copies)
    @rule(which=st.integers(0, 10_000), repeats=st.booleans())
    def copy_arrives(self, which: int, repeats: bool) -> None:
        copy = self.copies[which % len(self.copies)]
        if not repeats:
            self.copies.remove(copy)
        self.district.show(copy)

    @precondition(lambda self: self.engine)
    @rule(which=st.integers(0, 10_000))
    def engine_loses(self, which: int) -> None:
        self.engine.pop(which % len(self.engine))

    @precondition(lambda self: self.engine)
    @rule(which=st.integers(0, 10_000))
    def engine_spoils(self, which: int) -> None:
        which %= len(self.engine)
        parcel = self.engine[which]
        row = bytes(parcel.rows[-1]).replace(b'"event"', b'"evenT"')
        spoilt = [*parcel.rows[:-1], msgspec.Raw(row)]
        # Its hash is then another, and nothing fits behind it.
        self.engine[which] = msgspec.structs.replace(
            parcel, rows=spoilt, previous=hashlib.sha256(row).hexdigest()
        )

    @precondition(lambda self: self.receipts)
    @rule(which=st.integers(0, 10_000), lost=st.booleans())
    def receipt_arrives(self, which: int, lost: bool) -> None:
        receipt = self.receipts.pop(which % len(self.receipts))
        if not lost:
            self.learn(receipt, asked=False)

    @rule(ms=st.integers(1, 40_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        if self.delivery.overdue(self.now_ms):
            self.gateway_asks()

    def gateway_asks(self) -> None:
        self.learn(self.district.receipt(), asked=True)

    def learn(self, receipt: Receipt, *, asked: bool) -> None:
        before = self.delivery.receipted
        match self.delivery.learn(receipt, self.now_ms, asked=asked):
            case Learnt.MOVED:
                assert self.delivery.receipted > before
                self.check_receipted()
            case Learnt.DIFFERS:
                # Copies are not stored on their way: those of the old epoch came, or are lost.
                self.copies.clear()
                self.delivery.begin(self.epoch(), self.delivery.common(receipt))

    def check_receipted(self) -> None:
        """Every entry up to the cursor was in the district's database at some time."""
        for row in self.journal.rows[: self.delivery.receipted]:
            self.ever.add(row.hash)
        have = set(self.district.texts())
        if self.old_district is None:
            assert self.ever <= have

    @rule()
    def gateway_restarts(self) -> None:
        self.delivery = Delivery(self.journal, self.delivery.epoch, self.delivery.receipted)
        self.gateway_asks()

    @rule()
    def gateway_is_copied(self) -> None:
        self.backups.append(
            (list(self.journal.rows), self.delivery.epoch, self.delivery.receipted)
        )

    @precondition(lambda self: self.backups)
    @rule(which=st.integers(0, 10_000))
    def gateway_is_put_back(self, which: int) -> None:
        rows, epoch, receipted = self.backups[which % len(self.backups)]
        self.journal = self.make_journal(rows)
        self.delivery = Delivery(self.journal, epoch, receipted)
        self.gateway_asks()

    @rule(forgets=st.integers(1, 4))
    def gateway_forgets(self, forgets: int) -> None:
        """Tell a whole story, to which chance alone hardly ever comes: the district has more."""
        self.gateway_stores(1)
        self.everything_arrives()
        self.gateway_is_copied()
        self.gateway_stores(forgets)
        self.everything_arrives()
        self.gateway_is_put_back(len(self.backups) - 1)
        self.gateway_stores(1)

    @rule()
    def district_is_copied(self) -> None:
        self.old_district = self.district.copy()

    @precondition(lambda self: self.old_district is not None)
    @rule()
    def district_is_put_back(self) -> None:
        self.district.put_back(self.old_district)
        self.ever = set(self.district.texts())

    @invariant()
    def kept_once_and_whole(self) -> None:
        texts = self.district.texts()
        assert len(texts) == len(set(texts))

    def teardown(self) -> None:
        """When the faults end, everything arrives, and the cursor reaches the head."""
        for process, parcel in self.held:
            self.process_takes(process, parcel, holds=False)
        self.engine.clear()
        self.receipts.clear()
        self.gateway_stores(1)
        self.everything_arrives()
        have = set(self.district.texts())
        assert {row.hash for row in self.journal.rows} <= have
        for copy in self.copies:
            self.district.show(copy)
        self.district.check(self.journal.rows)
        # A copy of what was forgotten before it was sent may stay until there are as many again.
        assert self.district.provisional(self.journal.head()) == 0

    def everything_arrives(self) -> None:
        """Send what is not receipted, without any fault."""
        for _ in range(200):
            self.now_ms += 60_000
            rows = self.journal.after(self.delivery.sent, min(self.delivery.room, 50))
            if rows:
                parcel = pack(rows, self.delivery.epoch, self.journal)
                self.delivery.sends(parcel.last, self.now_ms)
                fit = self.district.take(parcel)
                again = fit in (Fit.AHEAD, Fit.BROKEN)
                self.learn(self.district.receipt(again=again), asked=False)
            if self.delivery.overdue(self.now_ms):
                self.gateway_asks()
            if self.delivery.receipted == self.journal.head():
                break
        assert self.delivery.receipted == self.journal.head()


TestContract = Contract.TestCase
TestContract.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
