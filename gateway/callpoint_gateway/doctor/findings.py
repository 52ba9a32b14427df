"""The result of an examination: one line with a grade and a remedy."""

from enum import StrEnum

import msgspec

from callpoint_gateway.words.said import NOTHING, Said


class Grade(StrEnum):
    """The grade of a finding."""

    OK = "ok"
    WARN = "warn"  # it works now and will fail later
    BAD = "bad"  # alarms can be late or lost


class Finding(msgspec.Struct, frozen=True):
    """One examined thing. ``remedy`` is ``NOTHING`` when there is nothing to do."""

    what: Said
    grade: Grade
    text: Said
    remedy: Said = NOTHING


def ok(what: Said, text: Said) -> Finding:
    """Return a finding of grade OK."""
    return Finding(what, Grade.OK, text)


def warn(what: Said, text: Said, remedy: Said) -> Finding:
    """Return a finding of grade WARN."""
    return Finding(what, Grade.WARN, text, remedy)


def bad(what: Said, text: Said, remedy: Said) -> Finding:
    """Return a finding of grade BAD."""
    return Finding(what, Grade.BAD, text, remedy)
