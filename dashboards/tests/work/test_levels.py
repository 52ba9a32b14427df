"""Response levels: begun and ended by a supervisor, shown to those whose places they concern."""

from pathlib import Path
from typing import Any

import pytest

from callpoint_console.rendering import words_in
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import LevelBody, LevelOverBody, NewEntry, Type
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel
from callpoint_gateway.words.said import said

from ..console.estate import Estate
from .house import House

HOUR_MS = 3_600_000


class HeardDesk:
    """Remembers what a console asks; it refuses once if it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question[Any], By | None]] = []
        self.refuses = False

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Take a question; what it returns, no page looks at."""
        if self.refuses:
            raise QuestionRefused(said("refused.empty"))
        self.asked.append((question, by))
        return None  # type: ignore[return-value]


def begin(site: Estate, area: str, level: int = 2, reason: str = "storm") -> int:
    now = site.clock.wall_ms()
    return site.store(
        NewEntry(Type.LEVEL, LevelBody(area, level, reason, "boss", "cli", now, now + HOUR_MS))
    )


def test_a_supervisor_begins_and_ends_levels(tmp_path: Path, site: Estate) -> None:
    site.hear_all()
    desk = HeardDesk()
    with House(tmp_path, site, desk).open() as house:
        boss = house.hire("boss", Role.SUPERVISOR)
        form = boss.get("/levels")
        assert "No level is in force" in form
        assert '<option value="幸福小区 / 2">' in form
        given = {"area": "幸福小区 / 2", "level": "3", "hours": "6", "reason": "heat"}
        boss.post("/levels/begin", 204, **given)
        by = By("boss", Role.SUPERVISOR, "console")
        question = BeginLevel(area="幸福小区 / 2", level=3, for_s=6 * 3600, reason="heat")
        assert desk.asked == [(question, by)]
        number = begin(site, "幸福小区 / 2", 3)
        boss.until("/levels", lambda page: f'hx-post="/levels/{number}/end"' in page)
        boss.post(f"/levels/{number}/end", 204)
        assert desk.asked[1:] == [(EndLevel(number=number), by)]
        site.store(NewEntry(Type.LEVEL, LevelOverBody("boss", "cli"), about=number))
        boss.until("/levels", lambda page: "No level is in force" in page)
        boss.post(f"/levels/{number}/end", 404)
        desk.refuses = True
        assert boss.post("/levels/begin", 409, **given).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"area": "elsewhere"},
        {"level": "5"},
        {"level": "0"},
        {"hours": "0"},
        {"hours": "745"},
        {"hours": "１"},
        {"hours": "-1"},
        {"reason": " "},
    ],
)
def test_what_is_no_level_is_refused(tmp_path: Path, site: Estate, wrong: dict[str, str]) -> None:
    desk = HeardDesk()
    with House(tmp_path, site, desk).open() as house:
        boss = house.hire("boss", Role.SUPERVISOR)
        given = {"area": "", "level": "1", "hours": "1", "reason": "flood"}
        boss.post("/levels/begin", 409, **(given | wrong))
        assert desk.asked == []
        boss.post("/levels/begin", 204, **given)


def test_a_level_has_one_name_on_all_pages_and_commands(tmp_path: Path, site: Estate) -> None:
    with House(tmp_path, site, HeardDesk()).open() as house:
        chief = house.hire("chief", Role.SUPERVISOR)
        number = begin(site, "幸福小区 / 2", 3)
        for language, name in (("zh", "三级响应"), ("en", "level III")):
            assert words_in(language).level(3) == name
            chief.speak(language)
            for path in ("/", "/levels"):
                chief.until(path, lambda page, name=name: name in page)
        chief.speak("zh")
        page = chief.get("/levels")
        assert f'id="end-{number}"' in page
        assert 'aria-label="结束 幸福小区 / 2 的三级响应"' in page
        for option in ("一级响应（特别重大）", "四级响应（一般）"):
            assert f">{option}</option>" in page
        assert "III" not in page


def test_a_level_is_for_whom_it_concerns(tmp_path: Path, site: Estate) -> None:
    desk = HeardDesk()
    with House(tmp_path, site, desk).open() as house:
        whole = house.hire("whole", Role.VIEWER)
        own = house.hire("own", Role.SUPERVISOR, at="幸福小区 / 1")
        flat = house.hire("flat", Role.MANAGER, at="b1/101")
        other = house.hire("other", Role.OPERATOR, at="b2/101")
        number = begin(site, "幸福小区 / 1")
        shown = "Response level II: 幸福小区 / 1"
        for path in ("/", "/wall", "/levels", "/strip"):
            whole.until(path, lambda page: shown in page)
        for person in (own, flat):
            assert shown in person.get("/")
        assert shown not in other.get("/operator")
        assert shown not in other.get("/levels")
        form = own.get("/levels")
        assert '<option value="幸福小区 / 1">' in form
        assert '<option value="幸福小区 / 2">' not in form
        assert '<option value="">' not in form
        given = {"level": "2", "hours": "1", "reason": "flood"}
        for area in ("", "幸福小区", "幸福小区 / 2"):
            own.post("/levels/begin", 403, area=area, **given)
        flat.post("/levels/begin", 403, area="幸福小区 / 1", **given)
        assert "<form hx-post" not in flat.get("/levels")
        own.post(f"/levels/{number}/end", 204)
        site_wide = begin(site, "")
        other.until("/operator", lambda page: "Response level II: the whole site" in page)
        own.post(f"/levels/{site_wide}/end", 403)
        assert [type(question) for question, _ in desk.asked] == [EndLevel]
