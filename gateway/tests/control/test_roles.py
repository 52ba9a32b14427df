"""One list says who may ask what; the page shows it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import callpoint_gateway
from callpoint_gateway.alarms.questions import ActOnAlarm, may_act
from callpoint_gateway.configuration.upstream import ASKABLE
from callpoint_gateway.control.question import Question, name_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action

PAGE = Path(__file__).parents[2] / "ROLES.md"
QUESTION: Any = Question


def _below(question: type[Question[Any]]) -> Iterator[type[Question[Any]]]:
    for subclass in question.__subclasses__():
        yield subclass
        yield from _below(subclass)


def _questions() -> list[type[Question[Any]]]:
    """Return every question of the gateway, by name."""
    for module in pkgutil.walk_packages(callpoint_gateway.__path__, "callpoint_gateway."):
        if module.name.rpartition(".")[2] in ("questions", "reload"):
            importlib.import_module(module.name)
    found = [each for each in _below(QUESTION) if each.__module__.startswith("callpoint_gateway.")]
    return sorted(found, key=name_of)


def test_every_question_says_who_may_ask_it() -> None:
    questions = _questions()
    assert len(questions) >= 18
    for question in questions:
        assert "may" in vars(question), f"{question.__name__} does not say who may ask it"
        assert question.may, f"nobody may ask {question.__name__}"
        assert question.may <= frozenset(Role)


def test_a_district_may_be_let_ask_questions_that_there_are() -> None:
    assert set(ASKABLE) <= {name_of(question) for question in _questions()}


def test_the_page_shows_who_may_ask_what() -> None:
    rows = []
    for question in _questions():
        what = re.split("[.;:]", question.__doc__ or "")[0].replace("``", "`")
        cells = ["x" if role in question.may else "" for role in Role]
        rows.append(f"| `{name_of(question)}` | {what} | {' | '.join(cells)} |".replace("  ", " "))
        if question is ActOnAlarm:
            for action in Action:
                cells = ["x" if role in may_act(action) else "" for role in Role]
                text = f"| `alarm {action}` | | {' | '.join(cells)} |"
                rows.append(text.replace("  ", " "))
    table = "\n".join(
        [f"| Question | | {' | '.join(Role)} |", "|---|---|" + "---|" * len(Role), *rows]
    )
    assert table in PAGE.read_text(encoding="utf-8"), f"{PAGE.name} should have:\n{table}"
