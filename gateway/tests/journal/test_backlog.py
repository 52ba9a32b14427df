"""Numbers follow from the journal: the same after any crash, another for every event."""

import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from hypothesis import assume, example, given, settings
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
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import said
from callpoint_protocol import names

from ..conftest import ManualClock

KINDS = {"u": names.PANIC, "n": names.TAMPER, "-": names.WATER}


def submit(journal: Journal, writes: list[Write]) -> None:
    stored = threading.Event()
    journal.submit(writes, lambda _: stored.set())
    assert stored.wait(60)


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


class Line:
    """A backlog, and what it has handed out: urgent first, each part in the journal's order."""

    def __init__(self, journal: Journal, reader: Reader, letters: str) -> None:
        self.journal = journal
        self.backlog = backlog_of(reader, letters)
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
        submit(self.journal, self.backlog.set_aside(waiting, "NAK", said("dc09.duh"), 3))


@contextmanager
def opened(journal: Journal, letters: str = "un") -> Iterator[Line]:
    with journal.reader() as reader:
        yield Line(journal, reader, letters)


def test_urgent_goes_first_and_numbers_are_those_of_the_journal(alarms: Journal) -> None:
    with opened(alarms) as backlog:
        submit(alarms, raised("nn-unu"))
        assert backlog.told() == [(4, 3), (6, 5), (1, 1), (2, 2), (5, 4)]


@given(letters=st.text("un-", min_size=1, max_size=12), crashes=st.sets(st.integers(0, 12)))
@settings(max_examples=60, deadline=None)
def test_a_crash_after_any_delivery_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory, letters: str, crashes: set[int]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "alarms.db", ManualClock(), chained=True)
    with closing(journal), ExitStack() as open_readers:
        backlog = open_readers.enter_context(opened(journal))
        expected = list(range(1, len(letters.replace("-", "")) + 1))
        told: list[tuple[int, int]] = []
        for done, letter in enumerate(letters):
            submit(journal, raised(letter))
            if done in crashes:
                backlog = open_readers.enter_context(opened(journal))
            elif done % 2:
                told += backlog.told(1)
        told += backlog.told()
        assert [number for _, number in sorted(told)] == expected


def test_a_new_centre_starts_at_the_present(alarms: Journal) -> None:
    submit(alarms, raised("uuu"))
    with opened(alarms) as backlog:
        submit(alarms, raised("u"))
        assert backlog.told() == [(4, 1)]


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
            used = backlog.told(answered)
            for _ in range(unstored):
                if (waiting := backlog.next()) is not None:
                    used.append((waiting.position, waiting.number))
                    backlog.waiting.remove(waiting)
                    backlog.backlog.finished(waiting)  # and nobody stores it
            # While a centre is away each of them may have left once, under its number.
            backlog.next()
            used += [(waiting.position, waiting.number) for waiting in backlog.waiting]
        assume(before != after_it)
        with opened(journal, after_it) as backlog:
            submit(journal, raised(later))
            told = backlog.told()
        numbers = {number for _, number in told}
        assert len(numbers) == len(told)
        assert not numbers & {number for _, number in used}


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
        assert backlog.told() == [(4, 44)]


def test_the_cursors_move_past_what_is_for_others(alarms: Journal) -> None:
    with opened(alarms) as backlog:
        submit(alarms, raised("--n--"))
        assert backlog.told() == [(3, 1)]
        submit(alarms, raised("--"))
        assert backlog.next() is None
        assert backlog.backlog.idle_moves
        submit(alarms, backlog.backlog.passed())
        assert not backlog.backlog.idle_moves
        assert backlog.backlog.passed() == []  # nothing is written that says nothing new
        with alarms.reader() as reader:
            assert {cursor.position for cursor in reader.cursors().values()} == {8}


def test_what_is_told_out_of_order_is_not_told_again_after_a_crash(alarms: Journal) -> None:
    with opened(alarms) as backlog:
        submit(alarms, raised("uuun"))
        assert backlog.next() is not None
        backlog.finish(backlog.waiting[1])
        backlog.finish(backlog.waiting[-1])
    with opened(alarms) as backlog:
        assert backlog.told() == [(1, 1), (3, 3)]


def test_what_is_set_aside_survives_a_crash_with_its_number(alarms: Journal) -> None:
    with opened(alarms) as backlog:
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
        with opened(alarms) as backlog:
            assert [waiting.position for waiting in backlog.waiting] == [1]
    with opened(alarms) as backlog:
        submit(alarms, raised("u"))
        told = backlog.told()
        assert told[0] == (1, 1)
        assert told[1][1] == 4
    with opened(alarms) as backlog:
        assert backlog.told() == []
        assert backlog.backlog.aside == 0


def test_a_change_of_the_rule_leaves_what_is_set_aside_its_number(alarms: Journal) -> None:
    """Out of order: the last was told and the second set aside; then the routes changed."""
    with opened(alarms) as backlog:
        submit(alarms, raised("uuuu"))
        assert backlog.next() is not None
        backlog.set_aside(backlog.waiting[1])
        backlog.finish(backlog.waiting[-1])
    with opened(alarms, "u") as backlog:
        told = dict(backlog.told())
    assert list(told) == [1, 2, 3]
    assert told[2] == 2
    assert not {1, 2, 3, 4} & {told[1], told[3]}


def test_numbers_go_round() -> None:
    assert [after(9998), after(9999), after(0), after(9999, 2), after(5, 0)] == [9999, 1, 1, 2, 5]
