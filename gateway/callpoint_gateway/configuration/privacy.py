"""Checks the texts that people write freely: roles, origins, notes and reasons.

A text is refused if it contains a telephone number, a Chinese identity number or a mail address.
Dates, times, flat numbers and meter numbers are allowed. A person's name cannot be recognised; the
commands that ask for a text say that it must not contain one.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from callpoint_gateway.words.said import Said, said

MAX_NOTE: Final = 200
_WHO: Final = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9_:.-]{0,31}")
_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]*\w")
# Year first or last, with any of the usual signs between; a time of day.
_DATE: Final = re.compile(
    r"(?<!\d)(?:(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})(?!\d)日?"
    r"|(?P<d2>\d{1,2})[-/.](?P<m2>\d{1,2})[-/.](?P<y2>\d{4})(?!\d))"
)
_TIME: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
# Digits with at most two blanks, dashes, dots, slashes or brackets between two of them.
_DIGITS: Final = re.compile(r"\+?\(?\d(?:[ ./()-]{0,2}\d)+[Xx]?")
_CALL: Final = re.compile(
    r"(?:\b(?:tel|phone|telephone|mobile|cell|call|ring|fax|sms)\b|电话|手机|致电|拨打|联系|微信)"
    r"[^\d+]{0,12}$",
    re.IGNORECASE,
)
_MOBILE: Final = re.compile(r"(?:86)?1[3-9]\d{9}")
_IDENTITY: Final = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}\d{7}[\dXx]|[1-9]\d{5}\d{2}[01]\d{6}")
# An area code, and then at least six digits; from abroad with the code of a country.
_LANDLINE: Final = re.compile(r"0[1-9]\d{8,10}")
_ABROAD: Final = re.compile(r"00[1-9]\d{8,13}")
_SERVICE: Final = re.compile(r"[48]00\d{7}")
_GROUPED: Final = re.compile(
    r"\(?0[1-9]\d{1,3}\)?[ ./-]{0,2}\d[\d ./-]{4,}\d|\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}"
)


class Unsaid(ValueError):
    """A text is refused; ``why`` says why and what to do."""

    def __init__(self, field: str, why: Said) -> None:
        self.why = said("field", field=field, why=why)
        super().__init__(self.why)


def who(text: object, field: str = "who") -> str:
    """Return a role or an operator's id. Unsaid: the text could be a person's name or number.

    An id is ASCII in every language, because topics, logs and other programs contain it.
    """
    if not isinstance(text, str) or not _WHO.fullmatch(text) or re.search(r"\d{5}", text):
        raise Unsaid(field, said("refused.who"))
    return text


def origin(text: object) -> str:
    """Return the program by which something was done ("cli"). Unsaid: as for ``who``."""
    if not isinstance(text, str) or not _ORIGIN.fullmatch(text) or personal(text):
        raise Unsaid("origin", said("refused.origin"))
    return text


def note(text: object, field: str = "note") -> str:
    """Return a note, which may be empty. Unsaid: it is too long or identifies a person."""
    if not isinstance(text, str) or len(text) > MAX_NOTE or not (text.isprintable() or not text):
        raise Unsaid(field, said("refused.line", most=MAX_NOTE))
    if personal(text):
        raise Unsaid(field, said("refused.person"))
    return text


def reason(text: object, field: str = "reason") -> str:
    """Return a note that must not be empty. Unsaid: as for ``note``, or it is empty."""
    checked = note(text, field)
    if not checked.strip():
        raise Unsaid(field, said("refused.empty"))
    return checked


def personal(text: str) -> bool:
    """Say whether a text contains a telephone number, an identity number or a mail address."""
    plain = unicodedata.normalize("NFKC", text)
    if _MAIL.search(plain):
        return True
    dateless = _DATE.sub(lambda match: " ; " if _is_date(match) else match[0], plain)
    rest = _TIME.sub(" ; ", dateless)
    return any(_identifies(digits[0], rest[: digits.start()]) for digits in _DIGITS.finditer(rest))


def _is_date(match: re.Match[str]) -> bool:
    year, month, day = (match[part] or match[f"{part}2"] for part in "ymd")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return 1900 <= int(year) <= 2100


def _identifies(run: str, before: str) -> bool:
    """Say whether a run of digits contains a person's number. ``before``: the text before it."""
    groups = [*re.finditer(r"\(?\d+[Xx]?", run)]
    length = sum(len(group[0]) for group in groups)
    if run.startswith("+") and length >= 7:
        return True
    if _CALL.search(before) and length >= 5:
        return True
    return any(
        _is_number(run[groups[first].start() : groups[last].end()])
        for first in range(len(groups))
        for last in range(first, len(groups))
    )


def _is_number(text: str) -> bool:
    """Say whether the whole text is a telephone or identity number."""
    if re.fullmatch(r"\d{4}(?:\D+\d{4})+", text) or re.fullmatch(r"\d{4}\D+\d{4}\D+\d{3}", text):
        return False  # several flat numbers in a row
    digits = re.sub(r"\D", "", text[:-1]) + text[-1]
    known = (_MOBILE, _LANDLINE, _ABROAD, _SERVICE, _IDENTITY)
    return any(form.fullmatch(digits) for form in known) or bool(_GROUPED.fullmatch(text))
