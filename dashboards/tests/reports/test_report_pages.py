"""The pages of the monthly report and of the situation, as a browser gets them."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.console import Console
from callpoint_console.database import Database, file_in
from callpoint_console.desk import SocketDesk
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import stores_of
from callpoint_gateway.alarms.site_source import JournalSource
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import (
    EventBody,
    ExerciseBody,
    Mark,
    NewEntry,
    Quality,
    Stage,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from .test_figures import SHANGHAI

REGISTER = Register(
    [Place(id="flat-1", community="幸福<b>小区", building="3", room="301")],
    [Device(id="a", place="flat-1", zone=[Zone(zone=1, kind="panic")])],
)


def pressed(place: str) -> EventBody:
    now_ms = SystemClock().wall_ms()
    return EventBody(
        "estate", names.PANIC, names.ALARM, 1, 0, 1, 0, now_ms, Quality.AGE, place=place
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    clock = SystemClock()
    alarms = Journal(tmp_path / "alarms.db", clock, chained=True)
    alarms.submit([NewEntry(Type.EVENT, pressed("flat-1"), "a", 1, 1)])
    alarms.close()
    with TestClient(app_of(tmp_path)) as found:
        yield found


def app_of(folder: Path) -> Starlette:
    source = JournalSource(folder, REGISTER, SHANGHAI, AlarmSettingsByLevel(AlarmSettings()))
    return build_app(Console("estate", source, SocketDesk(folder)))


def this_month() -> str:
    return datetime.now(SHANGHAI).strftime("%Y-%m")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("report for", "By building", "panic")), ("zh", ("月度报告", "按楼栋", "紧急"))],
)
def test_the_report_in_both_languages(
    client: TestClient, language: str, words: tuple[str, ...]
) -> None:
    shown = client.get("/reports", headers={"Accept-Language": language})
    assert shown.status_code == 200
    assert shown.url.path == f"/reports/{this_month()}"
    assert all(word in shown.text for word in words)
    assert "幸福&lt;b&gt;小区 / 3 / 301" in shown.text


@pytest.mark.parametrize("form", ["", ".csv", ".json"])
def test_there_is_no_report_of_a_month_before_the_first_record(
    client: TestClient, form: str
) -> None:
    wrong = client.get(f"/reports/1970-01{form}", headers={"Accept-Language": "en"})
    assert wrong.status_code == 404
    assert "since the first record" in wrong.text
    shown = client.get(f"/reports/{this_month()}", headers={"Accept-Language": "en"})
    assert "Earlier month" not in shown.text


def test_a_site_without_any_record_has_the_report_of_this_month(tmp_path: Path) -> None:
    Journal(tmp_path / "alarms.db", SystemClock(), chained=True).close()
    with TestClient(app_of(tmp_path)) as client:
        shown = client.get("/reports", headers={"Accept-Language": "en"})
        assert (shown.status_code, "Earlier month" in shown.text) == (200, False)
        empty = client.get("/situation", headers={"Accept-Language": "en"})
        assert "No alarm." in empty.text


def test_the_report_as_files(client: TestClient) -> None:
    table = client.get(f"/reports/{this_month()}.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].startswith("attachment; filename=")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["alarms"] for row in rows if row["by"] == "place"] == ["1"]
    whole = json.loads(client.get(f"/reports/{this_month()}.json").text)
    assert whole["total"]["alarms"] == 1


def test_no_cell_of_the_report_or_of_the_labels_is_a_formula(tmp_path: Path) -> None:
    wrong = Place(id="=flat-1", community='=HYPERLINK("http://evil.example")', building="@3")
    known = Register([wrong], [Device(id="a", place="=flat-1", zone=[Zone(zone=1, kind="panic")])])
    clock = SystemClock()
    alarms = Journal(tmp_path / "alarms.db", clock, chained=True)
    test = ExerciseBody(Mark.TEST, Stage.START, 3600, ["=flat-1"], [], "-desk", "cli")
    for entry in (
        NewEntry(Type.EXERCISE, test),
        NewEntry(Type.EVENT, pressed("=flat-1"), "a", 1, 1),
    ):
        done = Event()
        alarms.submit([entry], lambda _, done=done: done.set())  # type: ignore[misc]
        assert done.wait(60)
    alarms.close()
    database = Database(file_in(tmp_path), SUBJECTS)
    source = JournalSource(tmp_path, known, SHANGHAI, AlarmSettingsByLevel(AlarmSettings()))
    stores = stores_of(database, known, clock, ConsoleSettings(public_pages=True))
    console = Console("estate", source, SocketDesk(tmp_path), stores)
    with TestClient(build_app(console), base_url="http://127.0.0.1") as client:
        for path in (f"/reports/{this_month()}.csv", "/points.csv"):
            table = client.get(path).text
            cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
            assert "HYPERLINK" in table, path
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    database.close()


def test_drills_that_are_done_and_due_are_in_the_files(tmp_path: Path) -> None:
    clock = SystemClock()
    begun, ended = (
        ExerciseBody(Mark.DRILL, stage, 3600, ["flat-1"], [names.PANIC], "desk-1", "cli")
        for stage in (Stage.START, Stage.END)
    )
    alarms = Journal(tmp_path / "alarms.db", clock, chained=True)
    number = 1
    for entry in (NewEntry(Type.EXERCISE, begun), NewEntry(Type.EXERCISE, ended, about=number)):
        done = Event()
        alarms.submit([entry], lambda _, done=done: done.set())  # type: ignore[misc]
        assert done.wait(60)
    alarms.close()
    with TestClient(app_of(tmp_path)) as client:
        table = client.get(f"/reports/{this_month()}.csv").text
        whole = json.loads(client.get(f"/reports/{this_month()}.json").text)
    rows = list(csv.DictReader(io.StringIO(table)))
    (proof,) = [row for row in rows if row["by"] == "drill"]
    assert (proof["name"], proof["who"], bool(proof["last"])) == ("flat-1", "desk-1", True)
    due = {row["name"]: row for row in rows if row["by"] == "drill due"}
    held = due["幸福<b>小区 / 3: panic, estate"]
    assert held["overdue"] == "0"
    assert held["last"] == proof["last"]
    assert held["due"] > held["last"]
    (test,) = [row for row in rows if row["by"] == "test due"]
    assert (test["last"], test["overdue"]) == ("", "1")
    (drill,) = [each for each in whole["drills"] if each["kind"] == "panic"]
    assert drill["last"]["exercise"] == number
    assert drill["due_ms"] > drill["last"]["until_ms"]
    assert [run["mark"] for run in whole["runs"]] == ["drill"]


@pytest.mark.parametrize("month", ["2199-01", "2026-13", "now", "2026-11.exe", "..%2f..%2fetc"])
def test_what_is_no_month_is_said_so(client: TestClient, month: str) -> None:
    refused = client.get(f"/reports/{month}")
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("situation", "Records reach back 0 days")), ("zh", ("态势分析", "现有记录 0 天"))],
)
def test_the_situation_in_both_languages(
    client: TestClient, language: str, words: tuple[str, ...]
) -> None:
    shown = client.get("/situation", headers={"Accept-Language": language})
    assert shown.status_code == 200
    assert all(word in shown.text for word in words)
    assert "<b>" not in shown.text
