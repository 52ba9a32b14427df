"""Each rule of the contract at the gateway: what is sent again, and when the cursor moves."""

import msgspec
import pytest

from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols.upstream import GENESIS, Receipt, hash_of, message_id
from callpoint_gateway.upstream.delivery import (
    AGAIN_FIRST_MS,
    AGAIN_LONGEST_MS,
    OVERDUE_LONGEST_MS,
    OVERDUE_MS,
    WINDOW,
    Delivery,
    Learnt,
)

OWN, OTHER = "0" * 15, "1" * 15


class Rows:
    """Ten rows with their hashes."""

    def __init__(self, count: int = 10) -> None:
        self.rows: list[ChainRow] = []
        hash = GENESIS
        for position in range(1, count + 1):
            row = msgspec.json.encode([position])
            hash = hash_of(hash, row)
            self.rows.append(ChainRow(position, row, hash))

    def after(self, position: int, rows: int) -> list[ChainRow]:
        return self.rows[position : position + rows]

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        return self.rows[position - 1].hash if position <= len(self.rows) else None

    def first(self) -> int:
        return 1

    def head(self) -> int:
        return len(self.rows)

    def receipt(self, position: int, *, epoch: str = OWN, again: bool = False) -> Receipt:
        hash = self.hash_at(position)
        assert hash is not None
        return Receipt(epoch=epoch, position=position, hash=hash.hex(), again=again)


def sent(rows: Rows, receipted: int, last: int) -> Delivery:
    """Return a delivery that has sent up to ``last`` at time 0."""
    delivery = Delivery(rows, OWN, receipted)
    delivery.sends(last, 0)
    return delivery


def doubled(first: int, longest: int) -> list[int]:
    """Return each length of a wait that doubles up to the longest, and that once more."""
    waits = [first]
    while waits[-1] < longest:
        waits.append(min(2 * waits[-1], longest))
    return [*waits, longest]


def test_the_cursor_moves_on_a_receipt_and_on_nothing_else() -> None:
    rows = Rows()
    delivery = sent(rows, 2, 8)
    assert delivery.receipted == 2
    assert delivery.learn(rows.receipt(5), 1, asked=False) is Learnt.MOVED
    assert (delivery.receipted, delivery.sent) == (5, 8)


def test_a_receipt_for_what_this_journal_has_otherwise_moves_nothing() -> None:
    rows = Rows()
    delivery = sent(rows, 2, 8)
    wrong = Receipt(epoch=OWN, position=5, hash="f" * 64)
    assert delivery.learn(wrong, 1, asked=False) is Learnt.DIFFERS
    beyond = Receipt(epoch=OWN, position=11, hash="f" * 64)
    assert delivery.learn(beyond, 1, asked=False) is Learnt.DIFFERS
    assert delivery.receipted == 2


def test_a_late_receipt_and_one_of_another_epoch_count_for_nothing() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    assert delivery.learn(rows.receipt(3), 1, asked=False) is Learnt.NOTHING
    for again in (False, True):
        other = rows.receipt(3, epoch=OTHER, again=again)
        assert delivery.learn(other, 1, asked=False) is Learnt.NOTHING
    assert (delivery.receipted, delivery.sent) == (5, 8)
    assert delivery.learn(rows.receipt(3, epoch=OTHER), 1, asked=True) is Learnt.DIFFERS


def test_what_does_not_fit_is_sent_again_from_where_the_district_is() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    assert delivery.learn(rows.receipt(3, again=True), 1, asked=False) is Learnt.AGAIN
    assert (delivery.receipted, delivery.sent) == (3, 3)


def test_what_is_sent_again_has_another_id() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    first = message_id("g1", delivery.epoch, 8, delivery.attempt)
    delivery.learn(rows.receipt(5, again=True), 1, asked=False)
    delivery.sends(8, 1)
    second = message_id("g1", delivery.epoch, 8, delivery.attempt)
    delivery.failed()
    assert delivery.sent == 5
    delivery.sends(8, 2)
    third = message_id("g1", delivery.epoch, 8, delivery.attempt)
    assert len({first, second, third}) == 3


def test_parcels_behind_one_gap_go_back_once() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    again = rows.receipt(5, again=True)
    assert delivery.learn(again, 1, asked=False) is Learnt.AGAIN
    delivery.sends(8, 2)
    assert delivery.learn(again, 3, asked=False) is Learnt.NOTHING
    assert delivery.sent == 8
    assert delivery.learn(again, 1 + AGAIN_FIRST_MS, asked=False) is Learnt.AGAIN
    delivery.sends(8, 300)
    assert delivery.learn(again, 2 * AGAIN_FIRST_MS, asked=False) is Learnt.NOTHING


def test_a_district_that_has_not_moved_is_sent_everything_again() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    assert not delivery.overdue(OVERDUE_MS - 1)
    assert delivery.overdue(OVERDUE_MS)
    assert not delivery.overdue(2 * OVERDUE_MS), "the next question comes later"
    assert delivery.learn(rows.receipt(5), OVERDUE_MS, asked=True) is Learnt.AGAIN
    assert delivery.sent == 5


def test_a_district_that_has_moved_is_sent_nothing_again() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    assert delivery.learn(rows.receipt(7), OVERDUE_MS, asked=True) is Learnt.MOVED
    assert (delivery.receipted, delivery.sent) == (7, 8)


def test_a_district_that_was_put_back_is_sent_what_it_lost() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 8)
    assert delivery.learn(rows.receipt(3), 1, asked=True) is Learnt.AGAIN
    assert (delivery.receipted, delivery.sent) == (3, 3)


def test_no_more_than_the_window_is_on_the_way() -> None:
    rows = Rows()
    delivery = sent(rows, 0, WINDOW)
    assert delivery.room == 0
    delivery.learn(rows.receipt(10), 1, asked=False)
    assert delivery.room == 10


def test_an_epoch_begins_behind_the_last_entry_that_both_have() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 8)
    known = [(position, rows.rows[position - 1].hash.hex()) for position in (6, 2)]
    marks = [(11, "e" * 64), (9, "e" * 64), *known]
    theirs = Receipt(epoch=OWN, position=12, hash="f" * 64, marks=marks)
    assert delivery.learn(theirs, 1, asked=True) is Learnt.DIFFERS
    assert delivery.common(theirs) == 6
    delivery.begin(OTHER, 6)
    assert (delivery.epoch, delivery.receipted, delivery.sent) == (OTHER, 6, 6)
    nothing = Receipt(epoch=OWN, position=10, hash="f" * 64)
    assert delivery.common(nothing) == 0


def test_a_district_that_has_nothing_of_a_new_gateway_differs_in_nothing() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 0)
    assert delivery.learn(Receipt(), 1, asked=True) is Learnt.AGAIN
    assert (delivery.epoch, delivery.sent) == (OWN, 0)


def test_a_district_that_has_another_epoch_of_a_new_gateway_differs() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 0)
    theirs = rows.receipt(5, epoch=OTHER)
    assert delivery.learn(theirs, 1, asked=True) is Learnt.DIFFERS
    assert delivery.common(theirs) == 5


def test_a_district_that_has_lost_all_of_a_gateway_gets_a_new_epoch() -> None:
    delivery = Delivery(Rows(), OWN, 8)
    assert delivery.learn(Receipt(), 1, asked=True) is Learnt.DIFFERS
    assert delivery.common(Receipt()) == 0


def test_a_district_that_has_not_seen_a_new_epoch_yet_makes_no_further_one() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 8)
    theirs = Receipt(epoch=OWN, position=10, hash="f" * 64)
    assert delivery.learn(theirs, 1, asked=True) is Learnt.DIFFERS
    delivery.begin(OTHER, 6)
    delivery.sends(10, 1)
    # Its first parcel is still on its way, or was lost.
    assert delivery.learn(theirs, 5_000, asked=True) is Learnt.AGAIN
    assert (delivery.epoch, delivery.receipted, delivery.sent) == (OTHER, 6, 6)
    delivery.sends(10, 5_000)
    assert delivery.learn(rows.receipt(10, epoch=OTHER), 6_000, asked=False) is Learnt.MOVED
    # It was put back to that time, and has lost all of the new epoch.
    assert delivery.learn(theirs, 9_000, asked=True) is Learnt.AGAIN
    assert (delivery.receipted, delivery.sent) == (6, 6)
    elsewhere = Receipt(epoch=OWN, position=3, hash=rows.rows[2].hash.hex())
    assert delivery.learn(elsewhere, 10_000, asked=True) is Learnt.DIFFERS


def test_an_answer_that_everything_has_arrived_changes_nothing() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 8)
    assert delivery.learn(rows.receipt(8), 1, asked=True) is Learnt.NOTHING
    assert (delivery.sent, delivery.attempt) == (8, 0)


def test_a_district_that_has_lost_the_only_entry_gets_a_new_epoch() -> None:
    delivery = Delivery(Rows(1), OWN, 1)
    assert delivery.learn(Receipt(), 1, asked=True) is Learnt.DIFFERS


def test_questions_about_missing_receipts_come_twice_as_late_each_time() -> None:
    delivery = sent(Rows(), 5, 8)
    now_ms = 0
    for wait_ms in doubled(OVERDUE_MS, OVERDUE_LONGEST_MS):
        now_ms += wait_ms
        assert not delivery.overdue(now_ms - 1)
        assert delivery.overdue(now_ms)


def test_after_a_receipt_questions_come_early_again_while_something_is_on_its_way() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    assert delivery.overdue(OVERDUE_MS)
    delivery.learn(rows.receipt(7), 4_000, asked=False)
    assert not delivery.overdue(4_000 + OVERDUE_MS - 1)
    assert delivery.overdue(4_000 + OVERDUE_MS)
    delivery.learn(rows.receipt(8), 9_000, asked=False)
    assert not delivery.overdue(1_000_000), "everything has its receipt"


def test_receipts_are_awaited_since_the_first_parcel_that_has_none() -> None:
    delivery = sent(Rows(), 0, 3)
    delivery.sends(5, 1_000)
    assert delivery.overdue(OVERDUE_MS)


@pytest.mark.parametrize("how", ["failed", "again", "begin"])
def test_nothing_is_awaited_of_what_must_be_sent_again(how: str) -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    match how:
        case "failed":
            delivery.failed()
        case "again":
            delivery.learn(rows.receipt(5, again=True), 1, asked=False)
        case "begin":
            delivery.begin(OTHER, 5)
    assert not delivery.overdue(OVERDUE_MS)
    delivery.sends(8, OVERDUE_MS)
    assert delivery.overdue(2 * OVERDUE_MS)


def test_returns_to_one_position_come_twice_as_late_each_time() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    again = rows.receipt(5, again=True)
    now_ms = 0
    assert delivery.learn(again, now_ms, asked=False) is Learnt.AGAIN
    for pause_ms in doubled(AGAIN_FIRST_MS, AGAIN_LONGEST_MS):
        now_ms += pause_ms
        assert delivery.learn(again, now_ms - 1, asked=False) is Learnt.NOTHING
        assert delivery.learn(again, now_ms, asked=False) is Learnt.AGAIN


def test_a_return_to_another_position_waits_for_nothing() -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    delivery.learn(rows.receipt(5, again=True), 1, asked=False)
    assert delivery.learn(rows.receipt(4, again=True), 1, asked=False) is Learnt.AGAIN
    again = rows.receipt(4, again=True)
    assert delivery.learn(again, AGAIN_FIRST_MS, asked=False) is Learnt.NOTHING
    assert delivery.learn(again, AGAIN_FIRST_MS + 1, asked=False) is Learnt.AGAIN


@pytest.mark.parametrize("begins", [False, True])
def test_a_return_after_receipts_or_in_a_new_epoch_is_a_first_one(begins: bool) -> None:
    rows = Rows()
    delivery = sent(rows, 5, 8)
    delivery.learn(rows.receipt(5, again=True), 0, asked=False)
    if begins:
        delivery.begin(OTHER, 5)
    else:
        assert delivery.learn(rows.receipt(8), 1, asked=False) is Learnt.MOVED
    # The database was put back.
    again = rows.receipt(5, epoch=delivery.epoch, again=True)
    assert delivery.learn(again, 2, asked=False) is Learnt.AGAIN
    assert delivery.learn(again, 1 + AGAIN_FIRST_MS, asked=False) is Learnt.NOTHING
    assert delivery.learn(again, 2 + AGAIN_FIRST_MS, asked=False) is Learnt.AGAIN


def test_a_receipt_for_what_an_earlier_run_sent_is_not_sent_again() -> None:
    rows = Rows()
    delivery = Delivery(rows, OWN, 5)
    assert delivery.learn(rows.receipt(8), 1, asked=False) is Learnt.MOVED
    assert (delivery.receipted, delivery.sent) == (8, 8)
    assert not delivery.overdue(1_000_000)
