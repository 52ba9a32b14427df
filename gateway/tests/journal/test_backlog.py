"""Numbers follow from the journal: the same after any crash, another for every event."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_gateway.journal.backlog import NORMAL, URGENT, Backlog, after
from callpoint_gateway.journal.entries import (
    Cursor,
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


def opened(journal: Journal, rule: int = 1) -> Backlog:
    reader = journal.reader()
    backlog = Backlog("police", reader, part_of, rule)
    submit(journal, backlog.prepare())
    return backlog


def all_of(journal: Journal, backlog: Backlog, most: int = 99) -> list[tuple[int, int]]:
    """Deliver; return (position, number) in the order of delivery."""
    told = []
    while most and (waiting := backlog.next()) is not None:
        part, entry, number = waiting
        told.append((entry.position, number))
        submit(journal, backlog.finished(part))
        most -= 1
    return told


def test_urgent_goes_first_and_numbers_are_those_of_the_journal(alarms: Journal) -> None:
    backlog = opened(alarms)
    submit(alarms, raised("nn-unu"))
    assert all_of(alarms, backlog) == [(4, 3), (6, 5), (1, 1), (2, 2), (5, 4)]
    backlog._reader.close()


@given(letters=st.text("un-", min_size=1, max_size=12), crashes=st.sets(st.integers(0, 12)))
@settings(max_examples=60, deadline=None)
def test_a_crash_after_any_delivery_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory, letters: str, crashes: set[int]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "alarms.db", ManualClock(), chained=True)
    try:
        backlog = opened(journal)
        expected: dict[int, int] = {}
        for position, letter in enumerate(letters, 1):
            if letter != "-":
                expected[position] = len(expected) + 1
        told: list[tuple[int, int]] = []
        for done, letter in enumerate(letters):
            submit(journal, raised(letter))
            if done in crashes:
                backlog._reader.close()
                backlog = opened(journal)
            elif done % 2:
                told += all_of(journal, backlog, 1)
        told += all_of(journal, backlog)
        assert sorted(told) == sorted(expected.items())
        backlog._reader.close()
    finally:
        journal.close()


def test_a_new_centre_starts_at_the_present(alarms: Journal) -> None:
    submit(alarms, raised("uuu"))
    backlog = opened(alarms)
    submit(alarms, raised("u"))
    assert all_of(alarms, backlog) == [(4, 1)]
    backlog._reader.close()


def test_after_a_change_of_the_rule_no_number_is_used_twice(alarms: Journal) -> None:
    """Urgent ones were delivered beyond normal ones that still wait; then the routes changed."""
    backlog = opened(alarms)
    submit(alarms, raised("nunuu"))
    assert all_of(alarms, backlog, 2) == [(2, 2), (4, 4)]
    backlog._reader.close()
    backlog = opened(alarms, rule=2)
    told = all_of(alarms, backlog)
    assert [position for position, _ in told] == [5, 1, 3]
    numbers = [number for _, number in told]
    assert len(set(numbers)) == 3
    assert not {2, 4} & set(numbers)
    backlog._reader.close()


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
    backlog = opened(alarms)
    assert all_of(alarms, backlog) == [(4, 43)]
    backlog._reader.close()


def test_the_cursors_move_past_what_is_for_others(alarms: Journal, tmp_path: Path) -> None:
    backlog = opened(alarms)
    submit(alarms, raised("--n--"))
    assert all_of(alarms, backlog) == [(3, 1)]
    assert backlog.next() is None
    assert backlog.idle_moves
    submit(alarms, backlog.passed())
    assert not backlog.idle_moves
    with alarms.reader() as reader:
        assert {cursor.position for cursor in reader.cursors().values()} == {5}
    backlog._reader.close()


def test_numbers_go_round() -> None:
    assert [after(9998), after(9999), after(0), after(9999, 2), after(5, 0)] == [9999, 1, 1, 2, 5]
