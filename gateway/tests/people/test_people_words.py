"""Every text about people exists in both languages, with the same fields, and is used."""

import re
import string
from pathlib import Path

import callpoint_cli
import callpoint_people
from callpoint_notify.stories import What
from callpoint_people.notifications import MessageState
from callpoint_people.roles import NAMES
from callpoint_people.words import TEXTS


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_text_is_in_both_languages_with_the_same_fields() -> None:
    for key, text in {**TEXTS, **NAMES}.items():
        assert all(text), key
        assert _fields(text.en) == _fields(text.zh), key
        assert text.en.isascii(), key


def test_every_text_is_used_and_nothing_else_is() -> None:
    used: set[str] = set()
    library = Path(callpoint_people.__path__[0])
    command = Path(callpoint_cli.__path__[0]) / "people"
    for path in (*library.glob("*.py"), *command.glob("*.py")):
        if path.name != "words.py":
            source = path.read_text(encoding="utf-8")
            used |= set(
                re.findall(
                    r'"((?:person|household|role|cell|key|file|rota|link|csv|contact|look|notice)'
                    r'\.[a-z_]+)"',
                    source,
                )
            )
    used |= {f"state.{state}" for state in MessageState} | {f"news.{what}" for what in What}
    assert used == set(TEXTS)
