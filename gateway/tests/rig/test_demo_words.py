"""A person reads the demo in a language of their own: table, keys and verdict."""

import ast
import string
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import callpoint_rig
from callpoint_gateway.words.text import LANGUAGES
from callpoint_protocol import names
from callpoint_rig.demo import Screen
from callpoint_rig.demo_words import DEMO
from callpoint_rig.district_words import DISTRICT
from callpoint_rig.rig_words import TEXTS, rig_said
from callpoint_rig.scenario import OPENS, PANIC, Row, Verdict

GOOD = Verdict(
    raised=2,
    arrived=2,
    duplicates=0,
    lost=0,
    lamps_wrong=0,
    stored_once=True,
    chain_intact=True,
    points=2,
    fire=(1, 1),
)
ANSWERS = Path(__file__).parents[3] / "firmware/callpoint_firmware/answers.py"


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_in_both_languages_with_the_same_fields(key: str) -> None:
    text = TEXTS[key]
    assert text.en.isascii()
    assert fields(text.en) == fields(text.zh)
    assert text.en != text.zh or key in ("step.number", "key.after", "district.acknowledged")


def test_every_text_of_the_demo_is_used() -> None:
    files = Path(callpoint_rig.__path__[0]).glob("*.py")
    source = "".join(path.read_text("utf-8") for path in files)
    built = ("column.", "lamp.", "key.broker_", "key.centre_")
    single = [key for key in [*DEMO, *DISTRICT] if not key.startswith(built)]
    assert [key for key in single if source.count(f'"{key}"') < 2] == []


def test_every_answer_of_a_lamp_has_a_name() -> None:
    tree = ast.parse(ANSWERS.read_text("utf-8"))
    (patterns,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAMP"
    )
    assert {f"lamp.{name}" for name in ast.literal_eval(patterns)} == {
        key for key in DEMO if key.startswith("lamp.")
    }


def shown(language: str, width: int = 200) -> str:
    screen = Screen(False, language)
    screen.console = Console(record=True, width=width, file=StringIO())
    times = {"pressed_ms": 1.0, "stored_ms": 9.0, "centre_ms": 9.0, "arrived_ms": 9.0}
    for what, lamp in ((OPENS, ""), (PANIC, "centre")):
        row = Row(what, "door", 1, 1, names.DOOR, names.NOTICE, 1, lamp=lamp, lamp_ms=9, **times)
        screen.rows.append(row)
    screen.say(rig_said("key.after", what=rig_said("key.broker_killed"), keys=rig_said("key.all")))
    screen.lead(rig_said("demo.pages"), "http://127.0.0.1/x")
    screen.console.print(screen.table())
    screen.judge(GOOD)
    return screen.console.export_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_is_in_the_language_of_its_reader(language: str) -> None:
    told, other = shown(language), LANGUAGES[1 - LANGUAGES.index(language)]
    said = ("key.broker_killed", "key.all", "demo.pages", "event.opens", "verdict.intact")
    said += ("column.pressed", "column.lit", "column.frame", "lamp.centre")
    for key in said:
        assert TEXTS[key].in_(language) in told, key
        assert TEXTS[key].in_(other) not in told, key
    assert {"en": "verdict: raised 2, arrived 2", "zh": "结论：触发 2，到达 2"}[language] in told
