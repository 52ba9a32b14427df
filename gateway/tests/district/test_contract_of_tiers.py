"""The contract over two tiers: what a district relays to its city, against every fault.

No I/O, as in ``test_contract``. The rules that run are those of the product: ``chain_line`` on
both ways, ``journal.chain`` at both tiers. Engines forget, repeat, reorder, spoil and remember ids
of what they lost; the gateway and both databases are put back. In the end both tiers have every
entry once, also those that the gateway has forgotten, and the city has all that the district has.
"""

import hashlib
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from callpoint_district.journal.chain import Fit
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols.upstream import GENESIS, Parcel, Receipt, UrgentCopy
from callpoint_gateway.upstream.chain_line import ChainLine, Histories
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.source import ChainSource

from .test_contract import PlayedDistrict, PlayedJournal

T = TypeVar("T")
#: An epoch towards the next tier, and the cursor in it.
Cursor = tuple[str, int]


class NotTaken(Exception):
    """The engine did not answer."""


class PlayedTier(PlayedDistrict):
    """A database with the cursor of the relay in it, so that both are put back together."""

    def __init__(self) -> None:
        super().__init__()
        self.cursor: Cursor | None = None
        self.lines: dict[str, str] = {}  # which epoch of the gateway was relayed as which

    def copy(self) -> "PlayedTier":
        other, plain = PlayedTier(), super().copy()
        other.known, other.kept, other.epochs = plain.known, plain.kept, plain.epochs
        other.cursor, other.lines = self.cursor, dict(self.lines)
        return other


class PlayedKeptChain:
    """What ``relay.kept_chain.KeptChain`` does, over a played tier."""

    def __init__(self, tier: PlayedTier, epoch: str) -> None:
        self.tier = tier
        self.epoch = epoch

    def _line(self, epoch: str) -> list[tuple[str, int]]:
        """Return the epochs that one goes on from, and itself, each with its base."""
        line: list[tuple[str, int]] = []
        present: str | None = epoch
        while present is not None:
            base, parent = self.tier.epochs[present]
            line.append((present, base))
            present = parent
        return line

    def after(self, position: int, rows: int) -> Sequence[ChainRow]:
        found = []
        for at in range(position + 1, min(position + rows, self.head()) + 1):
            epoch = next(epoch for epoch, base in self._line(self.epoch) if at > base)
            row = self.tier.kept[epoch, at]
            found.append(ChainRow(at, row.row, row.hash))
        return found

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        return self.tier.hash_at(self.epoch, position)

    def first(self) -> int:
        return 1

    def head(self) -> int:
        own = [at for epoch, at in self.tier.kept if epoch == self.epoch]
        return max([self.tier.epochs[self.epoch][0], *own])

    def advance(self, told: int) -> int | None:
        names = list(self.tier.epochs)
        later = names[names.index(self.epoch) + 1 :]
        if not later or self.head() > told:
            return None
        mine, next_ = self._until(self.epoch), self._until(later[0])
        self.epoch = later[0]
        return max(
            (min(mine[each], next_[each]) for each in mine.keys() & next_.keys()), default=0
        )

    def _until(self, epoch: str) -> dict[str, int]:
        """Return up to which position a history has each of its epochs."""
        until, last = {}, 1 << 62
        for each, base in self._line(epoch):
            until[each], last = last, base
        return until

    def rewind(self, epoch: str) -> bool:
        before = self.epoch
        self.epoch = self.tier.lines.get(epoch, next(iter(self.tier.epochs)))
        return self.epoch != before


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run what waits for nothing: it only lets others run."""
    try:
        while True:
            assert work.send(None) is None, "it waits"
    except StopIteration as end:
        return end.value


class Way:
    """One chain on its way to a tier, over an engine that may do anything but invent."""

    def __init__(self, machine: "Tiers", to: str) -> None:
        self.machine = machine
        self.to = to
        self.engine: list[Parcel] = []
        self.ids: set[str] = set()  # which the engine remembers, with or without the message
        self.receipts: list[Receipt] = []
        self.takes = self.answers = True
        self.line: ChainLine | None = None

    @property
    def tier(self) -> PlayedTier:
        return self.machine.tiers[self.to]

    def begin(self, source: ChainSource, histories: Histories | None, cursor: Cursor) -> None:
        self.line = ChainLine(
            "g",
            source,
            Delivery(source, *cursor),
            self.machine,
            save=self.save,
            new_epoch=self.machine.epoch,
            histories=histories,
        )

    async def save(self, epoch: str, position: int) -> None:
        self.machine.save(self.to, (epoch, position))

    def step(self) -> bool:
        if self.line is None:
            return False
        try:
            return _run(self.line.step(self))
        except NotTaken:
            self.line.connected()
            return False

    async def where(self, gateway: str) -> Receipt:
        return self.tier.receipt()

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        if id not in self.ids:
            self.ids.add(id)
            if self.takes:
                self.engine.append(parcel)
        if not self.answers:
            raise NotTaken

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        """Copies change no journal."""

    def delivers(self, which: int, *, repeats: bool) -> None:
        parcel = self.engine[which % len(self.engine)]
        if not repeats:
            self.engine.remove(parcel)
        again = self.tier.take(parcel) in (Fit.AHEAD, Fit.BROKEN)
        self.receipts.append(self.tier.receipt(again=again))

    def spoils(self, which: int) -> None:
        which %= len(self.engine)
        parcel = self.engine[which]
        row = bytes(parcel.rows[-1]).replace(b'"event"', b'"evenT"')
        rows = [*parcel.rows[:-1], msgspec.Raw(row)]
        previous = hashlib.sha256(row).hexdigest()
        self.engine[which] = msgspec.structs.replace(parcel, rows=rows, previous=previous)

    def receipt_arrives(self, which: int, *, lost: bool) -> None:
        receipt = self.receipts.pop(which % len(self.receipts))
        if not lost and self.line is not None:
            self.line.told(receipt)

    def settle(self) -> None:
        """Deliver everything in its order, without any fault."""
        self.takes = self.answers = True
        more = self.step()
        for _ in range(100):
            if not (more or self.engine or self.receipts):
                return
            while self.engine:
                self.delivers(0, repeats=False)
            while self.receipts:
                self.receipt_arrives(0, lost=False)
            more = self.step()
        raise AssertionError("it does not come to rest")


CITY, DISTRICT = "city", "district"
ways = st.sampled_from([DISTRICT, CITY])


class Tiers(RuleBasedStateMachine):
    """A gateway, its district, and the city above. It is the clock of all."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = PlayedJournal()
        self.cursor: Cursor = ("", 0)
        self.tiers = {DISTRICT: PlayedTier(), CITY: PlayedTier()}
        self.copies: dict[str, PlayedTier] = {}
        self.backup: tuple[list[ChainRow], Cursor] | None = None
        self.epochs = self.written = self.now_ms = 0
        self.cursor = (self.epoch(), 0)
        self.ways = {to: Way(self, to) for to in (DISTRICT, CITY)}
        self.gateway_restarts()

    def epoch(self) -> str:
        self.epochs += 1
        return f"{self.epochs:015x}"

    def monotonic_ms(self) -> int:
        return self.now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def boot_id(self) -> str:
        return "boot"

    def save(self, to: str, cursor: Cursor) -> None:
        if to == DISTRICT:
            self.cursor = cursor
            return
        tier = self.tiers[DISTRICT]
        tier.cursor = cursor
        tier.lines.setdefault(cursor[0], self.kept.epoch)

    @rule(count=st.integers(1, 5))
    def gateway_stores(self, count: int) -> None:
        for _ in range(count):
            self.written += 1
            self.journal.write(f"{self.written}")

    @rule(to=ways, takes=st.booleans(), answers=st.booleans())
    def sends(self, to: str, takes: bool, answers: bool) -> None:
        if to == CITY and self.ways[CITY].line is None:
            self.relay_restarts()
        way = self.ways[to]
        way.takes, way.answers = takes, answers
        way.step()

    @rule(to=ways)
    def all_goes_well_for_a_while(self, to: str) -> None:
        """Without this the machine hardly ever comes to a second epoch at the city."""
        if to == CITY and self.ways[CITY].line is None:
            self.relay_restarts()
        self.ways[to].settle()

    @rule(to=ways, which=st.integers(0, 10_000), repeats=st.booleans())
    def engine_delivers(self, to: str, which: int, repeats: bool) -> None:
        if self.ways[to].engine:
            self.ways[to].delivers(which, repeats=repeats)

    @rule(to=ways, which=st.integers(0, 10_000), loses=st.booleans())
    def engine_fails(self, to: str, which: int, loses: bool) -> None:
        engine = self.ways[to].engine
        if engine and loses:
            engine.pop(which % len(engine))
        elif engine:
            self.ways[to].spoils(which)

    @rule(to=ways, which=st.integers(0, 10_000), lost=st.booleans())
    def receipt_arrives(self, to: str, which: int, lost: bool) -> None:
        if self.ways[to].receipts:
            self.ways[to].receipt_arrives(which, lost=lost)

    @rule(ms=st.integers(1, 40_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        for way in self.ways.values():
            if way.line is not None:
                way.line.overdue()

    @rule(to=ways)
    def the_round_comes(self, to: str) -> None:
        line = self.ways[to].line
        if line is not None:
            line.doubt()

    @rule()
    def gateway_restarts(self) -> None:
        self.ways[DISTRICT].begin(self.journal, None, self.cursor)

    @rule()
    def relay_restarts(self) -> None:
        tier = self.tiers[DISTRICT]
        if not tier.epochs:
            self.ways[CITY].line = None
            return
        cursor = tier.cursor or (self.epoch(), 0)
        line = tier.lines.get(cursor[0], next(iter(tier.epochs)))
        self.kept = PlayedKeptChain(tier, line)
        self.ways[CITY].begin(self.kept, self.kept, cursor)

    @rule()
    def gateway_is_copied(self) -> None:
        self.backup = list(self.journal.rows), self.cursor

    @precondition(lambda self: self.backup)
    @rule()
    def gateway_is_put_back(self) -> None:
        assert self.backup is not None
        rows, self.cursor = self.backup
        self.journal = PlayedJournal(rows)
        self.gateway_restarts()

    @rule(forgets=st.integers(1, 4), relayed=st.booleans(), city_is_copied=st.booleans())
    def gateway_forgets(self, forgets: int, relayed: bool, city_is_copied: bool) -> None:
        """A whole story: what the gateway has forgotten has come to the district at least."""
        if city_is_copied:
            self.a_tier_is_copied(CITY)
        copy = list(self.journal.rows), self.cursor
        self.gateway_stores(forgets)
        self.all_goes_well_for_a_while(DISTRICT)
        if relayed:
            self.all_goes_well_for_a_while(CITY)
        self.backup = copy
        self.gateway_is_put_back()
        self.gateway_stores(1)
        self.all_goes_well_for_a_while(DISTRICT)

    @rule(which=ways)
    def a_tier_is_copied(self, which: str) -> None:
        self.copies[which] = self.tiers[which].copy()

    @rule(which=ways)
    def a_tier_is_put_back(self, which: str) -> None:
        """Put a database back. Its processes and their connections end with it."""
        if which not in self.copies:
            return
        self.tiers[which] = self.copies[which].copy()
        line = self.ways[which].line
        if line is not None:
            line.connected()
        self.relay_restarts()

    @invariant()
    def kept_once(self) -> None:
        for tier in self.tiers.values():
            texts = tier.texts()
            assert len(texts) == len(set(texts))

    def teardown(self) -> None:
        """When the faults end, everything arrives at both tiers."""
        for way in self.ways.values():
            way.engine.clear()
            way.receipts.clear()
        self.gateway_stores(1)
        for to in (DISTRICT, CITY):
            if to == CITY:
                self.relay_restarts()
            for _ in range(20):
                self.now_ms += 60_000
                line = self.ways[to].line
                assert line is not None
                line.overdue()
                line.doubt()
                self.ways[to].settle()
        district, city = self.tiers[DISTRICT], self.tiers[CITY]
        assert set(district.texts()) <= set(city.texts())
        for tier in (district, city):
            assert tier.known.hash == self.journal.rows[-1].hash, "the present history is another"
            present = PlayedKeptChain(tier, tier.known.epoch)
            assert [row.hash for row in present.after(0, 1 << 30)] == [
                row.hash for row in self.journal.rows
            ]


TestTiers = Tiers.TestCase
TestTiers.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
