"""Every text of a page exists in both languages, is used, and is used with its own fields."""

import ast
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import callpoint_console
import callpoint_district
from callpoint_console.accounts.looks import KINDS
from callpoint_console.commissioning.hints import Matter
from callpoint_console.pages.places import ORDERS
from callpoint_console.pages.work_orders import LISTS
from callpoint_console.words.page_words import TABLES, PageWords
from callpoint_console.work.orders import State, Step
from callpoint_district.areas.rules import Level
from callpoint_district.areas.told import SiteState
from callpoint_district.console.reports import STEPS
from callpoint_gateway.configuration.levels import ROMAN
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.power import Supply
from callpoint_gateway.journal.entries import Action, Stage
from callpoint_gateway.words.sentences import SENTENCES
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_people.rota import DAYS, HOLIDAY
from callpoint_protocol import names

HERE = Path(str(callpoint_console.__file__)).parent
#: Where pages are made: those of a site, and those of a district.
MAKERS = (HERE, Path(str(callpoint_district.__file__)).parent / "console")
# t("key"), t("key", field=...) and t("a" if x else "b", ...) in a template.
CALL = re.compile(r"\bt\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
KEY = re.compile(r"""["']([a-z_]+\.[a-z_.0-9]+|[a-z_]+)["']""")


def texts() -> dict[str, Text]:
    return {key: text for table in TABLES.values() for key, text in table.items()}


def in_templates() -> Iterator[tuple[str, str]]:
    """Yield each key that a template names, with the file."""
    for file in HERE.glob("templates/**/*.html"):
        for call in CALL.findall(file.read_text("utf-8")):
            head = call.partition("=")[0] if "=" in call.partition(",")[2] else call
            for key in KEY.findall(head):
                yield key, file.name


def in_python() -> Iterator[str]:
    for file in (file for folder in MAKERS for file in folder.glob("**/*.py")):
        if "words" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_no_key_stands_twice() -> None:
    assert sum(len(table) for table in TABLES.values()) == len(texts())
    assert not texts().keys() & SENTENCES.keys()


def test_every_text_is_in_every_language_with_the_same_fields() -> None:
    assert len(texts()) > 50
    for key, text in texts().items():
        assert len(text) == len(LANGUAGES)
        assert all(text), key
        assert fields(text.en) == fields(text.zh), key
        assert not re.search("[\u4e00-\u9fff]", text.en), key


def test_every_text_that_a_template_names_exists() -> None:
    known = texts().keys() | SENTENCES.keys()
    named = list(in_templates())
    assert len(named) > 50
    assert [(key, file) for key, file in named if key not in known and "." in key] == []


def put_together() -> set[str]:
    """Return the keys that are put together from the values that programs read."""
    values: dict[str, Iterable[object]] = {
        "level": (1, 2, 3, 4),
        "action": (action.value for action in Action),
        "stage": (stage.value for stage in Stage),
        "cause": names.CAUSES.values(),
        "signal": ("good", "fair", "poor"),
        "order": ORDERS,
        "day": range(7),
        "look_kind": KINDS,
        "power": (Supply.MAINS.value, Supply.BATTERY.value),
        "rota_day": (*DAYS, HOLIDAY),
        "role": Role,
        "one_role": Role,
        "grade": ROMAN,
        "work_list": LISTS,
        "work_state": State,
        "work_step": Step,
        "hint": Matter,
        "area_step": STEPS,
        "told_state": (state for state in SiteState if state is not SiteState.CONFIRMED),
        "area_level": get_args(Level),
        "gateway_state": ("heard", "silent", "behind", "never", "retired"),
    }
    return {f"{page}.{value}" for page, each in values.items() for value in each}


def test_every_text_is_used_and_every_value_has_one() -> None:
    used = {key for key, _ in in_templates()} | set(in_python()) | put_together()
    assert [key for key in texts() if key not in used] == []
    assert put_together() <= texts().keys()


def test_templates_hold_no_text_of_their_own() -> None:
    """A text outside of ``t(...)`` would be in one language only; languages name themselves."""
    for file in HERE.glob("templates/**/*.html"):
        plain = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", file.read_text("utf-8"), flags=re.S
        )
        shown = re.sub(r"<[^>]*>|&[a-z]+;", " ", plain)
        words = set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", shown)) - {"EN", "中文"}
        assert not words, (file.name, words)
        assert not re.search(r"\bstyle=|\son[a-z]+=|<style|<script(?![^>]*\bsrc=)", plain), file


def test_lists_are_joined_as_the_language_has_it() -> None:
    assert PageWords("en").listed(["a", "b"]) == "a, b"
    assert PageWords("zh").listed(["a", "b"]) == "a、b"
    for file in HERE.glob("templates/**/*.html"):
        assert 'join(", ")' not in file.read_text("utf-8"), file
