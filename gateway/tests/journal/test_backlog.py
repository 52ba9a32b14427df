"""Numbers follow from the journal: the same after any crash, another for every event."""

import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from callpoint_gateway.centres.sender import UNSTORED
from callpoint_gateway.journal.backlog import NORMAL, UNCOUNTED, URGENT, Backlog, after
from callpoint_gateway.journal.entries import (
    Cursor,
    Entry,
    EventBody,
    NewEntry,
    Quality,
    Type,
    Write,
)
from callpoint_gateway.journal.reader import Reader
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


def backlog_of(reader: Reader, letters: str = "un") -> Backlog:
    """What a centre has to be told that is told of these kinds; the letters are the rule."""
    parts = {KINDS[letter]: URGENT if letter == "u" else NORMAL for letter in letters}

    def part_of(entry: Entry) -> str | None:
        assert isinstance(entry.body, EventBody)
        return parts.get(entry.body.kind)

    return Backlog("police", reader, part_of, zlib.crc32(letters.encode()))


@contextmanager
def opened(journal: Journal, letters: str = "un") -> Iterator[Backlog]:
    with journal.reader() as reader:
        backlog = backlog_of(reader, letters)
        submit(journal, backlog.prepare())
        yield backlog


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
    with opened(alarms) as backlog:
        submit(alarms, raised("nn-unu"))
        assert all_of(alarms, backlog) == [(4, 3), (6, 5), (1, 1), (2, 2), (5, 4)]


@given(letters=st.text("un-", min_size=1, max_size=12), crashes=st.sets(st.integers(0, 12)))
@settings(max_examples=60, deadline=None)
def test_a_crash_after_any_delivery_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory, letters: str, crashes: set[int]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "alarms.db", ManualClock(), chained=True)
    with closing(journal), ExitStack() as open_readers:
        backlog = open_readers.enter_context(opened(journal))
        expected: dict[int, int] = {}
        for position, letter in enumerate(letters, 1):
            if letter != "-":
                expected[position] = len(expected) + 1
        told: list[tuple[int, int]] = []
        for done, letter in enumerate(letters):
            submit(journal, raised(letter))
            if done in crashes:
                backlog = open_readers.enter_context(opened(journal))
            elif done % 2:
                told += all_of(journal, backlog, 1)
        told += all_of(journal, backlog)
        assert sorted(told) == sorted(expected.items())


def test_a_new_centre_starts_at_the_present(alarms: Journal) -> None:
    submit(alarms, raised("uuu"))
    with opened(alarms) as backlog:
        submit(alarms, raised("u"))
        assert all_of(alarms, backlog) == [(4, 1)]


RULES = st.sets(st.sampled_from("un-"), min_size=1).map(lambda letters: "".join(sorted(letters)))


@given(
    before=RULES,
    after_it=RULES,
    letters=st.text("un-", min_size=1, max_size=8),
    later=st.text("un-", max_size=4),
    answered=st.integers(0, 8),
    unstored=st.integers(0, 3),
)
@example(before="nu", after_it="-nu", letters="n-u", later="", answered=1, unstored=0)
@example(before="n", after_it="-", letters="n-", later="", answered=0, unstored=0)
@settings(max_examples=60, deadline=None)
def test_after_a_change_of_the_rule_no_number_is_used_twice(
    tmp_path_factory: pytest.TempPathFactory,
    before: str,
    after_it: str,
    letters: str,
    later: str,
    answered: int,
    unstored: int,
) -> None:
    """Also not that of a frame whose answer never came, or came and was not stored in time."""
    journal = Journal(tmp_path_factory.mktemp("j") / "alarms.db", ManualClock(), chained=True)
    with closing(journal):
        with opened(journal, before) as backlog:
            submit(journal, raised(letters))
            used = all_of(journal, backlog, answered)
            for _ in range(unstored):
                if (waiting := backlog.next()) is not None:
                    used.append((waiting[1].position, waiting[2]))
                    backlog.finished(waiting[0])  # and nobody stores it
            if (waiting := backlog.next()) is not None:
                used.append((waiting[1].position, waiting[2]))
        assume(before != after_it)
        with opened(journal, after_it) as backlog:
            submit(journal, raised(later))
            told = all_of(journal, backlog)
        numbers = {number for _, number in told}
        assert len(numbers) == len(told)
        assert not numbers & {number for _, number in used}


def test_the_count_goes_on_behind_all_that_can_be_under_way() -> None:
    assert UNCOUNTED > UNSTORED


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
    with opened(alarms) as backlog:
        assert all_of(alarms, backlog) == [(4, 43 + UNCOUNTED)]


def test_the_cursors_move_past_what_is_for_others(alarms: Journal) -> None:
    with opened(alarms) as backlog:
        submit(alarms, raised("--n--"))
        assert all_of(alarms, backlog) == [(3, 1)]
        assert backlog.next() is None
        assert backlog.idle_moves
        submit(alarms, backlog.passed())
        assert not backlog.idle_moves
        assert backlog.passed() == []  # nothing is written that says nothing new
        with alarms.reader() as reader:
            assert {cursor.position for cursor in reader.cursors().values()} == {5}


def test_numbers_go_round() -> None:
    assert [after(9998), after(9999), after(0), after(9999, 2), after(5, 0)] == [9999, 1, 1, 2, 5]
