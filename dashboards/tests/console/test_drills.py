"""Drills of plans: what proves one, when the next is due, and where people are reminded."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.console import FRAME
from callpoint_console.drills import DAY_MS, EVERY_MS, Drill, DrillLog, drilled, due_drills
from callpoint_console.live.broadcaster import View
from callpoint_console.live.proofs import BLOCK, ProofLog
from callpoint_console.site_map import SiteMap
from callpoint_console.views.drill_rows import drills_seen
from callpoint_console.visitor import Scope
from callpoint_gateway.alarms import exercises
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import ExerciseBody, Mark, NewEntry, Stage, Type
from callpoint_gateway.words.said import verbatim
from callpoint_protocol import names

from ..waiting import page_until
from .estate import ZONE, Estate, register

NOW_MS = 1_800_000_000_000
SITE = SiteMap(register(2), "estate")


def drill(until_ms: int, points: tuple[str, ...] = (), kinds: tuple[int, ...] = ()) -> Drill:
    return Drill(1, until_ms - 1000, until_ms, "guard-2", points, kinds)


def run(site: Estate, mark: Mark = Mark.DRILL, ends: bool = True, **more: list[str]) -> int:
    points = more.get("points", [])

    def body(stage: Stage) -> ExerciseBody:
        return ExerciseBody(mark, stage, 600, points, [names.PANIC], "guard-2", "cli")

    number = site.store(NewEntry(Type.EXERCISE, body(Stage.START)))
    if ends:
        site.store(NewEntry(Type.EXERCISE, body(Stage.END), about=number))
    return number


def test_each_plan_is_due_in_each_building_that_has_its_devices() -> None:
    assert [(names.KINDS[each.key.kind], each.building[-1]) for each in drilled(SITE)] == [
        ("panic", "1"),
        ("panic", "2"),
        ("smoke", "1"),
        ("smoke", "2"),
    ]
    never = due_drills(SITE, ())
    assert all(due.due_ms is None and due.overdue(NOW_MS) for due in never)


@pytest.mark.parametrize(
    ("points", "kinds", "proven"),
    [
        ((), (), {("panic", "1"), ("panic", "2"), ("smoke", "1"), ("smoke", "2")}),
        ((), (names.SMOKE,), {("smoke", "1"), ("smoke", "2")}),
        (("b1/101",), (), {("panic", "1"), ("smoke", "1")}),
        (("button-2-201",), (names.PANIC,), {("panic", "2")}),
        (("elsewhere",), (), set()),
    ],
)
def test_a_drill_proves_what_took_part(
    points: tuple[str, ...], kinds: tuple[int, ...], proven: set[tuple[str, str]]
) -> None:
    found = due_drills(SITE, (drill(NOW_MS, points, kinds),))
    assert {(due.kind, due.building[-1]) for due in found if due.last} == proven


def test_it_holds_for_a_year_and_is_asked_for_a_month_before() -> None:
    (due, *_) = due_drills(SITE, (drill(NOW_MS - DAY_MS), drill(NOW_MS)))
    assert due.due_ms == NOW_MS + EVERY_MS
    assert not due.asked_for(NOW_MS + 300 * DAY_MS)
    assert due.asked_for(NOW_MS + 340 * DAY_MS)
    assert not due.overdue(NOW_MS + 340 * DAY_MS)
    assert due.overdue(NOW_MS + EVERY_MS)


def test_only_an_ended_drill_counts(site: Estate) -> None:
    run(site, ends=False)
    run(site, mark=Mark.TEST)
    number = run(site, points=["b1/101"])
    log = DrillLog()
    with site.source.records() as records:
        for entry in records.read(0, 100):
            log.take(entry)
    (only,) = log.drills
    assert (only.exercise, only.points, only.kinds) == (number, ("b1/101",), (names.PANIC,))


def test_a_long_journal_is_read_block_by_block(site: Estate) -> None:
    site.event("button-1-101", names.TESTED)
    for _ in range(3):
        site.event("button-1-102")
    log = ProofLog()
    with site.source.live() as live:
        assert log.follow(live, site.clock.wall_ms())
        first = log.proofs
        assert first.whole
        assert list(first.tested_ms) == ["button-1-101"]
        site.event("button-1-102", mark=Mark.TEST)
        site.event("button-2-101")
        live.situation()
        log.follow(live, site.clock.wall_ms())
        assert set(log.proofs.tested_ms) == {"button-1-101", "button-1-102"}
        assert set(first.tested_ms) == {"button-1-101"}, "what was given out does not change"
    assert BLOCK >= 1000


@pytest.fixture
def client(site: Estate) -> Iterator[TestClient]:
    with TestClient(build_app(site.console()), headers={"Accept-Language": "en"}) as found:
        yield found


def wait(client: TestClient, text: str, path: str) -> str:
    return page_until(lambda: client.get(path).text, lambda shown: text in shown)


def test_the_manager_is_reminded_and_the_page_shows_the_proof(
    site: Estate, client: TestClient
) -> None:
    reminded = wait(client, "Drills due: 6", "/")
    assert 'href="/drills"' in reminded
    number = run(site, points=["b1/101"])
    shown = wait(client, "Drills due: 5", "/drills")
    today = datetime.now(ZONE).strftime("%Y-%m-%d")
    assert f"{today}, entry {number}, guard-2" in shown
    chinese = client.get("/drills", headers={"Accept-Language": "zh"}).text
    assert f"{today}，日志第 {number} 条，guard-2" in chinese
    assert "待开展演练：5" in chinese


def test_the_monthly_report_has_the_drills_with_their_proof(
    site: Estate, client: TestClient
) -> None:
    number = run(site)
    shown = client.get("/reports").text
    assert f"entry {number}, guard-2" in shown
    assert "never" in shown, "of smoke there was no drill"
    month = datetime.now(ZONE).strftime("%Y-%m")
    report = json.loads(client.get(f"/reports/{month}.json").text)
    proofs = [each["last"]["exercise"] for each in report["drills"] if each["kind"] == "panic"]
    assert proofs == [number] * 3
    assert {each["profile"] for each in report["drills"]} == {"estate"}


def test_who_sees_one_building_sees_its_drills(site: Estate) -> None:
    console = site.console()
    own = Scope(frozenset({(Role.MANAGER, "b2/101")}))
    with TestClient(build_app(console)) as client:
        wait(client, "button", "/drills")
        assert console.broadcaster.snapshot is not None
        context = console.context(console.broadcaster.snapshot, View(FRAME, "en", own))
        assert {due.building[-1] for due in drills_seen(context)} == {"2"}


class Recorder:
    """A desk that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Question[Any]] = []

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Remember, and do nothing."""
        self.asked.append(question)
        raise Unanswered(verbatim("it is only remembered"))


def test_a_drill_is_begun_for_its_plan_and_building_alone(site: Estate) -> None:
    console, desk = site.console(), Recorder()
    console.desk = desk
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as client:
        shown = wait(client, "hx-confirm", "/drills")
        assert "alarms count as a drill there: panic, housing estate, 1." in shown
        form = {"do": "start-drill", "minutes": "30", "point": "幸福小区 / 1", "kind": "panic"}
        for name in ("point", "kind"):
            assert f'name="{name}" value="{form[name]}"' in shown
        client.post("/exercise", data=form)
        assert client.post("/exercise", data=form | {"kind": "fire"}).status_code == 400
    assert desk.asked == [
        StartExercise(mark=Mark.DRILL, seconds=1800, points=["幸福小区 / 1"], kinds=["panic"])
    ]
    meant, unknown = exercises.meant(site.register, ["幸福小区 / 1"])
    assert unknown is None
    assert meant == ["b1/101", "b1/102", "b1/201", "b1/stairs"]
