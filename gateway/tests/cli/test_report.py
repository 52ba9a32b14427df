"""``callpoint report``: figures of alarms that were worked on, in all forms and languages."""

import csv
import io
import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.csv_text import csv_text
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    DeliveryBody,
    EventBody,
    Mark,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

WAIT_S = 60.0
_ACCEPTED = DeliveryBody("police", 1, True, "ACK", 3)


class Told:
    """Writes alarms and what people did about them, at set times."""

    def __init__(self, folder: Path) -> None:
        self._clock = ManualClock()
        self._journal = Journal(folder / "alarms.db", self._clock, chained=True)
        self._seq = 0

    def start(self, wall_ms: int) -> None:
        """Have the first alarm come at this moment."""
        self._clock.wall = wall_ms - 3_600_000

    def _store(self, new: NewEntry) -> int:
        done = threading.Event()
        positions: list[int] = []

        def stored(results: list) -> None:  # type: ignore[type-arg]
            positions.extend(one.position for one in results)
            done.set()

        self._journal.submit([new], stored)
        assert done.wait(WAIT_S)
        return positions[0]

    def alarm(
        self,
        kind: int,
        place: str,
        *,
        centre_s: float,
        steps: dict[Action, float],
        cause: Cause = Cause.REAL,
        mark: Mark = Mark.REAL,
    ) -> None:
        """Raise one; ``steps`` are seconds after it, closing the last of them."""
        self._clock.advance(3_600_000)
        self._seq += 1
        body = EventBody(
            "estate",
            kind,
            names.ALARM,
            1,
            0,
            1,
            0,
            self._clock.wall,
            Quality.AGE,
            place=place,
            mark=mark,
        )
        number = self._store(NewEntry(Type.EVENT, body, f"device{self._seq}", 1, self._seq))
        passed = 0.0
        todo: list[tuple[float, NewEntry]] = [
            (
                centre_s,
                NewEntry(Type.DELIVERY, DeliveryBody("police", 1, True, "ACK", 3), about=number),
            )
        ]
        for action, after_s in steps.items():
            given = ActionBody(action, "desk-1", "cli", cause if action is Action.CLOSE else None)
            todo.append((after_s, NewEntry(Type.ACTION, given, about=number)))
        for after_s, entry in sorted(todo, key=lambda one: one[0]):
            self._clock.advance(int((after_s - passed) * 1000))
            passed = after_s
            self._store(entry)

    def close(self) -> None:
        self._journal.close()


def steps(ack: float, dispatch: float, arrive: float, close: float) -> dict[Action, float]:
    return {
        Action.ACKNOWLEDGE: ack,
        Action.DISPATCH: dispatch,
        Action.ARRIVE: arrive,
        Action.RESOLVE: close - 1,
        Action.CLOSE: close,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    told = Told(tmp_path)
    told.alarm(names.PANIC, "lobby", centre_s=1, steps=steps(10, 20, 200, 900))
    told.alarm(names.PANIC, "lobby", centre_s=3, steps=steps(50, 60, 700, 1000))
    told.alarm(
        names.SMOKE, "kitchen", centre_s=20, steps=steps(20, 30, 100, 300), cause=Cause.FALSE
    )
    told.alarm(names.SMOKE, "kitchen", centre_s=2, steps={})
    told.alarm(
        names.SMOKE,
        "hall",
        centre_s=2,
        steps=steps(5, 6, 7, 9),
        cause=Cause.DRILL,
        mark=Mark.DRILL,
    )
    told.close()
    return tmp_path


def report(folder: Path, *options: str) -> str:
    done = CliRunner().invoke(main, ["report", "--state-dir", str(folder), *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_times_shares_and_causes(folder: Path) -> None:
    shown = json.loads(report(folder, "--format", "json"))
    everything = shown["all"]
    assert (everything["alarms"], everything["open"]) == (4, 1)
    assert everything["causes"] == {"false": 1, "real": 2}
    stages = everything["stages"]
    assert stages["centre"] == {
        "count": 4,
        "median_ms": 2500,
        "p90_ms": 14900,
        "worst_ms": 20000,
        "met": 0.75,
    }
    assert (stages["acknowledged"]["median_ms"], stages["acknowledged"]["met"]) == (20000, 0.6667)
    # From the dispatch: 180 s and 70 s are within 5 minutes, 640 s is not.
    assert stages["arrived"]["met"] == 0.6667
    assert stages["closed"]["worst_ms"] == 1_000_000
    # One that was never acknowledged was not in time.
    assert everything["within"] == {"30": 0.5, "60": 0.75, "90": 0.75, "180": 0.75}
    assert shown["place"]["kitchen"]["alarms"] == 2
    assert shown["kind"]["panic"]["causes"] == {"real": 2}
    assert list(shown["month"]) == ["2026-11"]


def test_a_drill_is_counted_apart(folder: Path) -> None:
    shown = json.loads(report(folder, "--format", "json", "--drills"))
    assert shown["all"]["alarms"] == 1
    assert shown["all"]["causes"] == {"drill": 1}
    assert list(shown["place"]) == ["hall"]


def test_a_table_for_a_spreadsheet(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(report(folder, "--format", "csv"))))
    assert rows[0]["by"] == "all"
    assert rows[0]["centre_median_s"] == "2.5"
    assert {(row["by"], row["value"]) for row in rows[1:]} == {
        ("place", "kitchen"),
        ("place", "lobby"),
        ("kind", "panic"),
        ("kind", "smoke"),
        ("month", "2026-11"),
    }


def test_people_read_it_in_their_language(folder: Path) -> None:
    english, chinese = report(folder, "--lang", "en"), report(folder, "--lang", "zh")
    assert "lobby" in english
    assert "lobby" in chinese
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese)
    assert not any("\u4e00" <= char <= "\u9fff" for char in english)


def test_only_what_was_asked_for(folder: Path) -> None:
    shown = json.loads(report(folder, "--format", "json", "--since", "2030-01-01"))
    assert shown["all"]["alarms"] == 0
    wrong = CliRunner().invoke(main, ["report", "--state-dir", str(folder), "--since", "soon"])
    assert wrong.exit_code == 2
    assert "neither like 10m, 2h, 30d nor a date" in wrong.output


REGISTER = """
[[place]]
id = "lobby"
city = "Fengyang"
building = "3"
room = "Lobby"
"""
CONFIG = """
[gateway]
site = "estate"
state_dir = "."
register = "register.toml"
time_zone = "Asia/Shanghai"
"""
DECEMBER_MS = 1_796_058_000_000  # 2026-11-30 17:00 UTC, 2026-12-01 01:00 in Shanghai


@pytest.fixture
def shanghai(tmp_path: Path) -> Path:
    told = Told(tmp_path)
    told.start(DECEMBER_MS)
    told.alarm(names.PANIC, "lobby", centre_s=1, steps={})
    told.close()
    (tmp_path / "register.toml").write_text(REGISTER)
    (tmp_path / "gateway.toml").write_text(CONFIG)
    return tmp_path


def of_shanghai(folder: Path, *options: str) -> str:
    command = ["report", "-c", str(folder / "gateway.toml"), *options]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_month_is_one_of_the_site(shanghai: Path) -> None:
    shown = json.loads(of_shanghai(shanghai, "--format", "json"))
    assert list(shown["month"]) == ["2026-12"]
    assert shown["time_zone"] == "Asia/Shanghai"
    rows = csv.DictReader(io.StringIO(of_shanghai(shanghai, "--format", "csv")))
    assert {row["time_zone"] for row in rows} == {"Asia/Shanghai"}
    assert "2026-12" in of_shanghai(shanghai)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--since", "2026-12-01"], 1),
        (["--until", "2026-12-01"], 0),
        (["--since", "2026-12-01 01:00", "--until", "2026-12-01T01:00:01"], 1),
        (["--since", "2026-11-30T17:00:01Z"], 0),
        (["--since", "2026-11-30T17:00:00+00:00"], 1),
    ],
)
def test_a_date_is_one_of_the_site_and_the_answer_says_so(
    shanghai: Path, options: list[str], count: int
) -> None:
    assert (
        json.loads(of_shanghai(shanghai, "--format", "json", *options))["all"]["alarms"] == count
    )


def test_the_answer_says_which_time_is_meant(shanghai: Path) -> None:
    shown = of_shanghai(shanghai, "--since", "2026-12-01")
    assert "from 2026-12-01 00:00:00 to now (Asia/Shanghai)" in shown
    assert "2026-12-01 00:00:00 至 现在（Asia/Shanghai）" in of_shanghai(
        shanghai, "--since", "2026-12-01", "--lang", "zh"
    )
    wrong = ["--since", "2026-12-02", "--until", "2026-12-01"]
    command = ["report", "-c", str(shanghai / "gateway.toml"), *wrong]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert "--since is not before --until" in done.output


def test_a_place_is_shown_as_people_write_it(shanghai: Path) -> None:
    shown = of_shanghai(shanghai)
    assert "Fengyang / 3 / Lobby" in shown
    assert "lobby" not in shown
    rows = list(csv.DictReader(io.StringIO(of_shanghai(shanghai, "--format", "csv"))))
    assert [row["value"] for row in rows if row["by"] == "place"] == ["Fengyang / 3 / Lobby"]
    # A program knows places by their ids.
    assert list(json.loads(of_shanghai(shanghai, "--format", "json"))["place"]) == ["lobby"]


def test_units_and_causes_in_chinese(folder: Path) -> None:
    shown = report(folder, "--lang", "zh")
    assert "30 秒内 50%" in shown
    assert "20.0 秒 67%" in shown
    assert "真实警情 2" in shown


@pytest.mark.parametrize("text", ["=cmd|x", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """A journal of an earlier register may have such a place."""
    (row,) = csv.DictReader(
        io.StringIO(csv_text(["value", "share"], [{"value": text, "share": -0.5}]))
    )
    assert row == {"value": f"'{text}", "share": "-0.5"}
