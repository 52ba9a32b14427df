"""The result of an examination: one line with a grade and a remedy."""

from enum import StrEnum

import msgspec


class Grade(StrEnum):
    """The grade of a finding."""

    OK = "ok"
    WARN = "warn"  # it works now and will fail later
    BAD = "bad"  # alarms can be late or lost


class Finding(msgspec.Struct, frozen=True):
    """One examined thing. ``remedy`` is empty when there is nothing to do."""

    what: str
    grade: Grade
    text: str
    remedy: str = ""


def ok(what: str, text: str) -> Finding:
    """Return a finding of grade OK."""
    return Finding(what, Grade.OK, text)


def warn(what: str, text: str, remedy: str) -> Finding:
    """Return a finding of grade WARN."""
    return Finding(what, Grade.WARN, text, remedy)


def bad(what: str, text: str, remedy: str) -> Finding:
    """Return a finding of grade BAD."""
    return Finding(what, Grade.BAD, text, remedy)
