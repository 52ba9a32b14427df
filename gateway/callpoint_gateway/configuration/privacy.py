"""What people say about alarms: roles and notes, refused where they would name a person."""

import re
from typing import Final

MAX_NOTE: Final = 200
_WHO: Final = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9_:.-]{0,31}")
# A telephone or identity number, also with blanks and dashes in it.
_NUMBER: Final = re.compile(r"(?:\d[ -]?){7,}")


class Unsaid(ValueError):
    """What was said is not taken; the text says why and what to do."""


def who(text: object) -> str:
    """Return a role or an operator's id. Unsaid for anything that could be a person's."""
    if not isinstance(text, str) or not _WHO.fullmatch(text) or re.search(r"\d{5}", text):
        raise Unsaid(
            "who: a role or an operator's id, such as desk-2 (a letter, then up to 31 of a-z 0-9 "
            "_ . -); never a name or a telephone number"
        )
    return text


def origin(text: object) -> str:
    """Return where something was done from."""
    if not isinstance(text, str) or not _ORIGIN.fullmatch(text):
        raise Unsaid("origin: a letter, then up to 31 of a-z 0-9 _ : . -")
    return text


def note(text: object) -> str:
    """Return a note. Unsaid for one that is too long or holds a number of a person."""
    if not isinstance(text, str) or len(text) > MAX_NOTE or not (text.isprintable() or not text):
        raise Unsaid(f"note: one line of at most {MAX_NOTE} characters")
    if "@" in text or _NUMBER.search(text):
        raise Unsaid("note: no telephone numbers and no addresses of persons; name the place")
    return text
