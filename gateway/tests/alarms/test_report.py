"""What a report counts, from a journal whose times are known to the second."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_cli.report_texts import TEXTS
from callpoint_gateway.alarms.figures import courses, figures, grouped, real
from callpoint_gateway.alarms.settings import AlarmSettings
from callpoint_gateway.entries import (
    Action,
    ActionBody,
    Cause,
    DeliveryBody,
    Mark,
    NewEntry,
    Type,
)
from callpoint_gateway.journal import Journal
from callpoint_protocol import names

from ..conftest import ManualClock
from .test_fold import commit, event

HOUR_MS = 3_600_000
# Kind, place, seconds to centre, acknowledgement, dispatch, arrival and closing, and the cause.
Told = tuple[int, str, int | None, int | None, int | None, int | None, int | None, Cause | None]
STORY: list[Told] = [
    (names.PANIC, "b1", 1, 20, 30, 200, 900, Cause.REAL),
    (names.PANIC, "b2", 2, 40, 50, 500, 1000, Cause.FALSE),
    (names.SMOKE, "b1", 30, 70, None, None, 100, Cause.FALSE),
    (names.INTRUSION, "b1", None, None, None, None, None, None),
]


class Past:
    """Writes alarms into a journal, each at its own time."""

    def __init__(self, alarms: Journal, clock: ManualClock) -> None:
        self.alarms, self.clock, self.seq = alarms, clock, 0

    def tell(self, told: Told, mark: Mark = Mark.REAL) -> None:
        """Let one alarm run its course, and an hour pass."""
        kind, place, centre, acknowledged, dispatched, arrived, closed, cause = told
        self.seq += 1
        begun = self.clock.monotonic
        body = event(kind=kind, place=place, mark=mark)
        position = commit(self.alarms, NewEntry(Type.EVENT, body, "a", 7, self.seq))

        def at(seconds: int) -> None:
            self.clock.advance(begun + seconds * 1000 - self.clock.monotonic)

        if centre is not None:
            at(centre)
            accepted = DeliveryBody("police", 1, True, "ACK", 5)
            commit(self.alarms, NewEntry(Type.DELIVERY, accepted, about=position))
        for action, seconds in (
            (Action.ACKNOWLEDGE, acknowledged),
            (Action.DISPATCH, dispatched),
            (Action.ARRIVE, arrived),
            (Action.CLOSE, closed),
        ):
            if seconds is not None:
                at(seconds)
                why = cause if action is Action.CLOSE else None
                said = ActionBody(action, "desk-1", "cli", why)
                commit(self.alarms, NewEntry(Type.ACTION, said, about=position))
        at(HOUR_MS // 1000)


@pytest.fixture
def past(alarms: Journal, clock: ManualClock) -> Past:
    past = Past(alarms, clock)
    for told in STORY:
        past.tell(told)
        clock.wall -= 7 * HOUR_MS  # a clock that is set now and then changes no figure
        clock.wall += 7 * HOUR_MS
    return past


def test_times_shares_and_causes(past: Past) -> None:
    with past.alarms.reader() as reader:
        total = figures(courses(reader, AlarmSettings()))
    assert (total.alarms, total.open) == (4, 1)
    assert total.causes == {"false": 2, "real": 1}
    assert total.within == {30: 0.25, 60: 0.5, 90: 0.75, 180: 0.75}
    acknowledged = total.stages["acknowledged"]
    assert (acknowledged.count, acknowledged.median_ms, acknowledged.worst_ms) == (
        3,
        40_000,
        70_000,
    )
    assert acknowledged.met == pytest.approx(1 / 3, abs=1e-4)  # 30 s for each of them
    assert total.stages["centre"].met == pytest.approx(2 / 3, abs=1e-4)
    # From the dispatch: 170 s and 450 s, with 300 s allowed.
    assert (total.stages["arrived"].worst_ms, total.stages["arrived"].met) == (500_000, 0.5)
    assert total.stages["closed"].met is None


def test_a_clock_that_is_set_in_between_changes_no_time(past: Past, clock: ManualClock) -> None:
    begun = event(kind=names.GAS)
    position = commit(past.alarms, NewEntry(Type.EVENT, begun, "a", 7, 99))
    clock.advance(5000)
    clock.wall += 10**9
    said = ActionBody(Action.ACKNOWLEDGE, "desk-1", "cli")
    commit(past.alarms, NewEntry(Type.ACTION, said, about=position))
    with past.alarms.reader() as reader:
        last = courses(reader, AlarmSettings())[-1]
    assert last.times == {"acknowledged": 5000}


def test_by_place_kind_and_month(past: Past, clock: ManualClock) -> None:
    clock.advance(40 * 24 * HOUR_MS)
    past.tell(STORY[0])
    past.tell(STORY[0], Mark.DRILL)
    with past.alarms.reader() as reader:
        found = courses(reader, AlarmSettings())
    assert [one.mark for one in real(found, exercises=True)] == ["drill"]
    found = real(found)
    counts = {
        by: {name: one.alarms for name, one in grouped(found, by)}
        for by in ("place", "kind", "month")
    }
    assert counts["place"] == {"b1": 4, "b2": 1}
    assert counts["kind"] == {"intrusion": 1, "panic": 3, "smoke": 1}
    assert list(counts["month"].values()) == [4, 1]


def test_the_command_in_every_form(past: Past, tmp_path: Path, clock: ManualClock) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["report", "--state-dir", str(tmp_path), *words])
        assert done.exit_code == 0, done.output
        return done.output

    shown = json.loads(run("--format", "json"))
    assert shown["all"]["causes"] == {"false": 2, "real": 1}
    assert shown["place"]["b2"]["stages"]["arrived"]["met"] == 0.0
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert [(row["by"], row["value"]) for row in rows[:3]] == [
        ("all", ""),
        ("place", "b1"),
        ("place", "b2"),
    ]
    assert (rows[0]["acknowledged_median_s"], rows[0]["false"]) == ("40.0", "2")
    assert "Alarms: 4, open: 1" in run()
    assert "误报 2" in run("--lang", "zh")
    assert "烟雾" in run("--lang", "zh")
    assert "Alarms of drills: 0" in run("--drills")
    assert json.loads(run("--format", "json", "--until", "2020-01-01"))["all"]["alarms"] == 0
    assert json.loads(run("--format", "json", "--since", "2020-01-01"))["all"]["alarms"] == 4


def test_both_languages_have_every_text() -> None:
    from callpoint_cli.alarm_texts import TEXTS as ALARM_TEXTS

    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    assert ALARM_TEXTS["en"].keys() == ALARM_TEXTS["zh"].keys()
