"""What an examination finds: one line each, with a grade and what to do."""

from enum import StrEnum

import msgspec


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  # works, and will not for ever
    BAD = "bad"  # alarms can be late or lost


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``remedy`` is empty when there is nothing to do."""

    what: str
    grade: Grade
    text: str
    remedy: str = ""


def ok(what: str, text: str) -> Finding:
    """Return that all is well."""
    return Finding(what, Grade.OK, text)


def warn(what: str, text: str, remedy: str) -> Finding:
    """Return what will be bad."""
    return Finding(what, Grade.WARN, text, remedy)


def bad(what: str, text: str, remedy: str) -> Finding:
    """Return what is bad."""
    return Finding(what, Grade.BAD, text, remedy)
