"""The running walk tests and drills on the operator's page: named by place, ended one by one."""

import re
from typing import Any

from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.console import FRAME, Console
from callpoint_console.live.broadcaster import View
from callpoint_console.site_map import SiteMap
from callpoint_console.views.running import running_exercises
from callpoint_console.visitor import Scope
from callpoint_gateway.alarms.questions import StopExercise
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import ExerciseBody, Mark, NewEntry, Stage, Type

from ..waiting import page_until
from .estate import Estate, register

BUILDING = ["b2/101", "b2/102", "b2/201", "b2/stairs"]


class AgreeingDesk:
    """Remembers what it is asked; it does nothing else."""

    def __init__(self) -> None:
        self.asked: list[Question[Any]] = []

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Remember."""
        self.asked.append(question)
        return None  # type: ignore[return-value]


def begin(site: Estate, points: list[str], mark: Mark = Mark.TEST) -> int:
    body = ExerciseBody(mark, Stage.START, 3600, points, [], "tech-1", "console")
    return site.store(NewEntry(Type.EXERCISE, body))


def shown_until(client: TestClient, *texts: str, path: str = "/operator") -> str:
    return page_until(
        lambda: client.get(path).text, lambda shown: all(text in shown for text in texts)
    )


def seen_by(console: Console, scope: Scope) -> list[tuple[str, bool]]:
    """Return where exercises run that a scope sees, and whether it may end them."""
    assert console.broadcaster.snapshot is not None
    context = console.context(console.broadcaster.snapshot, View(FRAME, "en", scope))
    return [(runs.where, runs.may_end) for runs in running_exercises(context)]


def test_of_several_walk_tests_the_operator_ends_the_named_one(site: Estate) -> None:
    first = begin(site, ["b1/101", "button-1-101"])
    second = begin(site, BUILDING)
    desk = AgreeingDesk()
    console = site.console(desk=desk)
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as client:
        shown = shown_until(client, f'id="end-{first}"', f'id="end-{second}"')
        assert 'aria-label="End: walk test, 1 / 101, until ' in shown
        assert 'aria-label="End: walk test, 2, until ' in shown
        assert "alarms there are not real (1 / 101)" in shown
        form = {"do": "stop-test", "exercise": str(second)}
        assert client.post("/exercise", data=form).status_code == 204
        assert desk.asked == [StopExercise(mark=Mark.TEST, exercise=second)]
        over = client.post("/exercise", data=form | {"exercise": "999"})
        assert (over.status_code, over.text) == (409, "It has ended already")
        assert client.post("/exercise", data={"do": "stop-test"}).status_code == 409
        assert len(desk.asked) == 1
        own = Scope(frozenset({(Role.OPERATOR, "b2/101"), (Role.MANAGER, "b1/101")}))
        assert seen_by(console, own) == [("1 / 101", False), ("2", False)]
        whole = Scope(frozenset({(Role.OPERATOR, "幸福小区 / 2")}))
        assert seen_by(console, whole) == [("2", True)]


def test_an_exercise_everywhere_is_shown_to_all_and_ended_by_the_whole_sites_desk(
    site: Estate,
) -> None:
    begin(site, [], Mark.DRILL)
    console = site.console(desk=AgreeingDesk())
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as client:
        shown_until(client, "End: drill, the whole site, until ")
        own = Scope(frozenset({(Role.OPERATOR, "b2/101")}))
        assert seen_by(console, own) == [("the whole site", False)]


def test_places_are_put_together_as_buildings_and_many_are_counted() -> None:
    site = SiteMap(register(3), "estate")
    estate = [place.id for place in register(3).places()]
    assert site.whole_spots(estate) == [("幸福小区",)]
    assert site.whole_spots([*BUILDING, "b1/101"]) == [("幸福小区", "1", "101"), ("幸福小区", "2")]
    assert site.whole_spots(["gone", "b1/101"]) == [("gone",), ("幸福小区", "1", "101")]


def test_further_places_of_an_exercise_are_counted(site: Estate) -> None:
    begin(site, ["b1/101", "b1/102", "b2/101", "b2/102", "b3/101"])
    console = site.console(desk=AgreeingDesk())
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as client:
        shown_until(client, "walk test, 1 / 101, 1 / 102, 2 / 101 and 2 more, until ")


def test_alarms_of_a_drill_are_counted_apart(site: Estate) -> None:
    site.event("button-1-101")
    site.event("button-1-102", mark=Mark.DRILL)
    console = site.console(desk=AgreeingDesk())
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as client:
        shown = shown_until(client, "button-1-101", "button-1-102", path="/")
        assert "<h2>Open alarms (1) · drill (1)</h2>" in shown
        assert "1 alarm" in shown
        counts = re.search(
            r'<header class="counts">(.*?)</header>', client.get("/operator").text, re.S
        )
        assert counts is not None
        assert re.findall(r"(\d+)</span>", counts[1]) == ["1", "0", "0", "0"]
