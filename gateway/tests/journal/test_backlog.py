"""Numbers follow from the journal: the same after any crash, another for every event."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_gateway.journal.backlog import NORMAL, URGENT, Backlog, Waiting, after
from callpoint_gateway.journal.entries import (
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    NewEntry,
    Quality,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

KINDS = {"u": names.PANIC, "n": names.TAMPER, "-": names.WATER}


def submit(journal: Journal, writes: list[Write]) -> None:
    stored = threading.Event()
    journal.submit(writes, lambda _: stored.set())
    assert stored.wait(10)


def raised(letters: str) -> list[Write]:
    bodies = [
        EventBody("estate", KINDS[letter], names.ALARM, 1, 0, 1, 0, 0, Quality.AGE)
        for letter in letters
    ]
    return [NewEntry(Type.EVENT, body, "board") for body in bodies]


def part_of(entry: Entry) -> str | None:
    assert isinstance(entry.body, EventBody)
    return {names.PANIC: URGENT, names.TAMPER: NORMAL}.get(entry.body.kind)


class Line:
    """A backlog, and what it has handed out: urgent first, each part in the journal's order."""

    def __init__(self, journal: Journal, rule: int = 1) -> None:
        self.journal, self.reader = journal, journal.reader()
        self.backlog = Backlog("police", self.reader, part_of, rule)
        submit(journal, self.backlog.prepare())
        self.waiting = self.backlog.set_aside_before()

    def next(self) -> Waiting | None:
        self.waiting += self.backlog.read_on()
        return min(self.waiting, key=lambda one: (not one.urgent, one.position), default=None)

    def told(self, most: int = 99) -> list[tuple[int, int]]:
        """Deliver; return (position, number) in the order of delivery."""
        told = []
        while most and (waiting := self.next()) is not None:
            self.finish(waiting)
            told.append((waiting.position, waiting.number))
            most -= 1
        return told

    def finish(self, waiting: Waiting) -> None:
        self.waiting.remove(waiting)
        body = DeliveryBody("police", waiting.number, True, "ACK", 1)
        answered = NewEntry(Type.DELIVERY, body, "board", about=waiting.position)
        submit(self.journal, [answered, *self.backlog.finished(waiting)])

    def set_aside(self, waiting: Waiting) -> None:
        self.waiting.remove(waiting)
        submit(self.journal, self.backlog.set_aside(waiting, "NAK", "refused", 3))

    def close(self) -> None:
        self.reader.close()


def test_urgent_goes_first_and_numbers_are_those_of_the_journal(alarms: Journal) -> None:
    backlog = Line(alarms)
    submit(alarms, raised("nn-unu"))
    assert backlog.told() == [(4, 3), (6, 5), (1, 1), (2, 2), (5, 4)]
    backlog.close()


@given(letters=st.text("un-", min_size=1, max_size=12), crashes=st.sets(st.integers(0, 12)))
@settings(max_examples=60, deadline=None)
def test_a_crash_after_any_delivery_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory, letters: str, crashes: set[int]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "alarms.db", ManualClock(), chained=True)
    try:
        backlog = Line(journal)
        expected = list(range(1, len(letters.replace("-", "")) + 1))
        told: list[tuple[int, int]] = []
        for done, letter in enumerate(letters):
            submit(journal, raised(letter))
            if done in crashes:
                backlog.close()
                backlog = Line(journal)
            elif done % 2:
                told += backlog.told(1)
        told += backlog.told()
        assert [number for _, number in sorted(told)] == expected
        backlog.close()
    finally:
        journal.close()


def test_a_new_centre_starts_at_the_present(alarms: Journal) -> None:
    submit(alarms, raised("uuu"))
    backlog = Line(alarms)
    submit(alarms, raised("u"))
    assert backlog.told() == [(4, 1)]
    backlog.close()


def test_after_a_change_of_the_rule_no_number_is_used_twice(alarms: Journal) -> None:
    """Urgent ones were delivered beyond normal ones that still wait; then the routes changed."""
    backlog = Line(alarms)
    submit(alarms, raised("nunuu"))
    assert backlog.told(2) == [(2, 2), (4, 4)]
    backlog.close()
    backlog = Line(alarms, rule=2)
    told = backlog.told()
    assert [position for position, _ in told] == [5, 1, 3]
    numbers = [number for _, number in told]
    assert len(set(numbers)) == 3
    assert not {2, 4} & set(numbers)
    backlog.close()


def test_cursors_of_an_earlier_version_are_taken_up(alarms: Journal) -> None:
    submit(alarms, raised("uunn"))
    submit(
        alarms,
        [
            Cursor("centre/police/urgent", 2),
            Cursor("centre/police/normal", 3),
            Cursor("centre/police/number", 3, {"last": 41}),
        ],
    )
    backlog = Line(alarms)
    assert backlog.told() == [(4, 43)]
    backlog.close()


def test_the_cursors_move_past_what_is_for_others(alarms: Journal, tmp_path: Path) -> None:
    backlog = Line(alarms)
    submit(alarms, raised("--n--"))
    assert backlog.told() == [(3, 1)]
    submit(alarms, raised("--"))
    assert backlog.next() is None
    assert backlog.backlog.idle_moves
    submit(alarms, backlog.backlog.passed())
    assert not backlog.backlog.idle_moves
    with alarms.reader() as reader:
        assert {cursor.position for cursor in reader.cursors().values()} == {8}
    backlog.close()


def test_what_is_told_out_of_order_is_not_told_again_after_a_crash(alarms: Journal) -> None:
    backlog = Line(alarms)
    submit(alarms, raised("uuun"))
    first = backlog.next()
    assert first is not None
    backlog.finish(backlog.waiting[1])
    backlog.finish(backlog.waiting[-1])
    backlog.close()
    backlog = Line(alarms)
    assert backlog.told() == [(1, 1), (3, 3)]
    backlog.close()


def test_what_is_set_aside_survives_a_crash_with_its_number(alarms: Journal) -> None:
    backlog = Line(alarms)
    submit(alarms, raised("uuu"))
    first = backlog.next()
    assert first is not None
    backlog.set_aside(first)
    assert backlog.backlog.aside == 1
    assert backlog.told() == [(2, 2), (3, 3)]
    with alarms.reader() as reader:
        stands = reader.cursors()["centre/police/urgent"]
    assert stands.position >= 3, "the cursor does not wait for what is set aside"
    for _ in range(2):
        backlog.close()
        backlog = Line(alarms)
        assert [one.position for one in backlog.backlog.set_aside_before()] == [1]
    submit(alarms, raised("u"))
    told = backlog.told()
    assert told[0] == (1, 1)
    assert told[1][1] == 4
    backlog.close()
    backlog = Line(alarms)
    assert backlog.told() == []
    assert backlog.backlog.aside == 0
    backlog.close()


def test_a_change_of_the_rule_leaves_what_is_set_aside_and_uses_no_number_again(
    alarms: Journal,
) -> None:
    """Out of order: the last was told and the second set aside; then the routes changed."""
    backlog = Line(alarms)
    submit(alarms, raised("uuuu"))
    assert backlog.next() is not None
    backlog.set_aside(backlog.waiting[1])
    backlog.finish(backlog.waiting[-1])
    backlog.close()
    backlog = Line(alarms, rule=2)
    told = backlog.told()
    assert [position for position, _ in told] == [1, 2, 3]
    assert dict(told)[2] == 2
    assert not {2, 4} & {number for position, number in told if position != 2}
    backlog.close()


def test_numbers_go_round() -> None:
    assert [after(9998), after(9999), after(0), after(9999, 2), after(5, 0)] == [9999, 1, 1, 2, 5]
