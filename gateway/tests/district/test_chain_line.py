"""Each rule of one chain on its way: when it asks, what it stores before sending, what it copies.

No I/O: the journal, the connection and the clock are played.
"""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from callpoint_gateway.protocols.upstream import PARCEL_ROWS, Parcel, Receipt, UrgentCopy
from callpoint_gateway.upstream.chain_line import BEHIND, MOST_COPIES, RECEIPTS, ChainLine
from callpoint_gateway.upstream.delivery import OVERDUE_MS, WINDOW, Delivery

from .test_contract import PlayedJournal

OWN, NEW = "0" * 15, "1" * 15


class NotTaken(Exception):
    """The connection is gone."""


class Actions(PlayedJournal):
    """Its rows are acts of people, which are urgent."""

    TYPE = "action"


class Way:
    """A chain, and all that it works with: it notes in order what the chain does."""

    def __init__(self, rows: int, *, cursor: int = 0, acts: bool = False) -> None:
        self.journal = Actions() if acts else PlayedJournal()
        for number in range(rows):
            self.journal.write(f"{number}")
        self.now_ms = 0
        self.notes: list[str] = []
        self.ids: list[str] = []
        self.copies: list[int] = []
        self.answer = self.receipt(cursor)
        self.fails: str | None = None  # at this the connection is lost
        self.delivery = Delivery(self.journal, OWN, cursor)
        self.line = ChainLine(
            "g1", self.journal, self.delivery, self, save=self.save, new_epoch=lambda: NEW
        )

    def receipt(self, position: int, *, again: bool = False) -> Receipt:
        """Return the receipt of a district that has everything up to a position."""
        hash = self.journal.hash_at(position)
        assert hash is not None
        return Receipt(epoch=OWN, position=position, hash=hash.hex(), again=again)

    def _note(self, what: str) -> None:
        self.notes.append(what)
        if self.fails is not None and what.startswith(self.fails):
            raise NotTaken

    def step(self) -> list[str]:
        """Take a step; return what the chain did."""
        self.notes.clear()
        asyncio.run(self._step())
        return list(self.notes)

    async def _step(self) -> None:
        await self.line.step(self)

    async def save(self, epoch: str, position: int) -> None:
        self._note(f"saved {epoch[0]} {position}")

    async def where(self, gateway: str) -> Receipt:
        self._note("asked")
        return self.answer

    async def parcel(self, gateway: str, parcel: Parcel, id: str) -> None:
        self.ids.append(id)
        self._note(f"sent {parcel.epoch[0]} {parcel.first}-{parcel.last}")

    async def copy(self, gateway: str, copy: UrgentCopy) -> None:
        self.copies.append(msgspec.json.decode(bytes(copy.row))[0])

    def monotonic_ms(self) -> int:
        return self.now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def boot_id(self) -> str:
        return "boot"


def test_nothing_is_sent_before_the_district_has_said_how_far_it_is() -> None:
    way = Way(3)
    way.fails = "asked"
    for _ in range(2):
        with pytest.raises(NotTaken):
            way.step()
        assert way.notes == ["asked"]
    way.fails = None
    assert way.step() == ["asked", "sent 0 1-3"]
    assert way.step() == []
    way.line.connected()
    assert way.step()[0] == "asked"


def test_the_cursor_moves_on_the_districts_receipt_and_not_on_what_the_engine_took() -> None:
    way = Way(3)
    way.step()
    assert way.delivery.receipted == 0
    way.line.told(way.receipt(2))
    assert way.step() == ["saved 0 2"]
    assert way.delivery.receipted == 2


def test_each_parcel_goes_behind_the_one_before_and_none_beyond_the_window() -> None:
    way = Way(2 * PARCEL_ROWS + 1)
    second = f"sent 0 {PARCEL_ROWS + 1}-{2 * PARCEL_ROWS}"
    assert way.step() == ["asked", f"sent 0 1-{PARCEL_ROWS}"]
    assert way.step() == [second]
    full = Way(WINDOW + 5)
    full.step()
    full.delivery.sends(WINDOW - 1, 0)
    assert full.step() == [f"sent 0 {WINDOW}-{WINDOW}"]
    assert full.step() == []


def test_a_new_epoch_is_stored_before_its_first_entry_is_sent() -> None:
    way = Way(5, cursor=4)
    marks = [(2, way.receipt(2).hash)]
    way.answer = Receipt(epoch=OWN, position=4, hash="f" * 64, marks=marks)
    way.fails = "saved"
    with pytest.raises(NotTaken):
        way.step()
    assert (way.delivery.epoch, way.delivery.receipted) == (OWN, 4)
    way.fails = None
    way.line.connected()
    assert way.step() == ["asked", "saved 1 2", "sent 1 3-5"]


def test_what_the_engine_did_not_take_goes_again_with_another_id() -> None:
    way = Way(3)
    way.fails = "sent"
    with pytest.raises(NotTaken):
        way.step()
    assert (way.delivery.receipted, way.delivery.sent) == (0, 0)
    way.fails = None
    assert way.step() == ["sent 0 1-3"]
    assert len(set(way.ids)) == 2


def test_a_receipt_that_came_over_an_old_connection_counts_for_nothing() -> None:
    way = Way(3)
    way.step()
    way.line.told(way.receipt(3))
    way.line.connected()
    way.answer = way.receipt(1)
    way.step()
    assert way.delivery.receipted == 1


def test_of_too_many_receipts_the_newest_count() -> None:
    way = Way(RECEIPTS)
    way.step()
    way.line.told(Receipt(epoch=OWN, position=1, hash="f" * 64))
    for position in range(1, RECEIPTS + 1):
        way.line.told(way.receipt(position))
    assert way.step() == [f"saved 0 {RECEIPTS}"]
    assert way.delivery.epoch == OWN


def test_a_chain_in_doubt_asks_unless_receipts_are_awaited_anyway() -> None:
    way = Way(3)
    way.step()
    assert not way.line.doubt()
    assert way.step() == []
    way.line.told(way.receipt(3))
    way.step()
    assert way.line.doubt()
    assert way.step() == ["asked", "saved 0 0", "sent 0 1-3"], "it was put back"


def test_a_chain_that_misses_receipts_asks_for_them() -> None:
    way = Way(3)
    way.step()
    way.now_ms = OVERDUE_MS - 1
    assert not way.line.overdue()
    assert way.step() == []
    way.now_ms = OVERDUE_MS
    assert way.line.overdue()
    way.answer = way.receipt(2)
    assert way.step() == ["asked", "saved 0 2"]


def test_only_an_answer_says_how_things_stand() -> None:
    way = Way(3, cursor=3)
    way.step()
    way.line.told(way.receipt(1))
    assert way.step() == []
    assert way.delivery.receipted == 3


def test_copies_are_the_newest_and_each_goes_once_over_a_connection() -> None:
    rows = WINDOW + 1
    way = Way(rows, acts=True)
    way.step()
    assert way.copies == list(range(rows - MOST_COPIES + 1, rows + 1))
    way.step()
    assert len(way.copies) == MOST_COPIES
    for number in range(2):
        way.journal.write(f"late {number}")
    way.step()
    assert way.copies[MOST_COPIES:] == [rows + 1, rows + 2]
    way.line.connected()
    way.step()
    assert len(way.copies) == 2 * MOST_COPIES + 2


class Histories:
    """Says that a chain has a further history behind a position, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def advance(self, told: int) -> int | None:
        self.asked.append(told)
        return 2

    def rewind(self, epoch: str) -> bool:
        self.asked.append(epoch)
        return True


def with_histories(rows: int, cursor: int) -> tuple[Way, Histories]:
    """Return a chain that has several histories."""
    way, histories = Way(rows, cursor=cursor), Histories()
    way.line = ChainLine(
        "g1",
        way.journal,
        way.delivery,
        way,
        save=way.save,
        new_epoch=lambda: NEW,
        histories=histories,
    )
    return way, histories


def test_a_further_history_begins_only_when_this_one_has_its_receipts() -> None:
    way, histories = with_histories(3, 0)
    way.step()
    way.step()
    assert histories.asked == []
    way.line.told(way.receipt(3))
    assert way.step() == ["saved 0 3", "saved 1 2"]
    assert histories.asked == [3]
    assert way.step() == ["sent 1 3-3"]


@pytest.mark.parametrize(
    ("cursor", "answer", "begun"),
    [
        (3, lambda way: Receipt(), "saved 1 0"),
        (0, lambda way: Receipt(), "saved 1 0"),
        (3, lambda way: Receipt(epoch=NEW, position=2, hash=way.receipt(2).hash), "saved 1 2"),
    ],
    ids=["it has nothing", "nothing, and a later history begins", "it has another"],
)
def test_a_district_that_was_put_back_is_told_from_the_history_that_it_has(
    cursor: int, answer: Callable[[Way], Receipt], begun: str
) -> None:
    way, histories = with_histories(3, cursor)
    way.answer = answer(way)
    assert way.step()[:2] == ["asked", begun]
    assert histories.asked == [way.answer.epoch]


def test_a_chain_that_is_a_little_behind_sends_no_copies() -> None:
    way = Way(0, acts=True)
    way.step()
    for number in range(BEHIND):
        way.journal.write(f"{number}")
    way.step()
    assert way.copies == []
    way.delivery.failed()
    way.journal.write("one more")
    way.step()
    assert len(way.copies) == BEHIND + 1
