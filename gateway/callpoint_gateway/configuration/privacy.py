"""What people write freely: roles, origins, notes and reasons. One rule, wherever they write.

Refused is what identifies a person and can be recognised: a telephone number, a Chinese identity
number, a mail address. A date, a time, flat numbers and the number of a meter are none of these.
A name cannot be recognised; whoever asks for a text says so.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from callpoint_gateway.words.sentences import both

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
    """What was written is not taken; the text says why and what to do, in both languages."""


def who(text: object, field: str = "who") -> str:
    """Return a role or an operator's id. Unsaid for anything that could be a person's.

    An id stays ASCII in every language, because it stands in topics, logs and other programs.
    """
    if not isinstance(text, str) or not _WHO.fullmatch(text) or re.search(r"\d{5}", text):
        raise Unsaid(f"{field}: {both('refused.who')}")
    return text


def origin(text: object) -> str:
    """Return where something was done from. Unsaid as for ``who``."""
    if not isinstance(text, str) or not _ORIGIN.fullmatch(text) or personal(text):
        raise Unsaid(f"origin: {both('refused.origin')}")
    return text


def note(text: object, field: str = "note") -> str:
    """Return a note, which may be empty. Unsaid for one that is too long or names a person."""
    if not isinstance(text, str) or len(text) > MAX_NOTE or not (text.isprintable() or not text):
        raise Unsaid(f"{field}: {both('refused.line', most=MAX_NOTE)}")
    if personal(text):
        raise Unsaid(f"{field}: {both('refused.person')}")
    return text


def reason(text: object, field: str = "reason") -> str:
    """Return a note that must say something. Unsaid as for ``note``, and for an empty one."""
    said = note(text, field)
    if not said.strip():
        raise Unsaid(f"{field}: {both('refused.empty')}")
    return said


def personal(text: str) -> bool:
    """Say whether a text holds a telephone number, an identity number or a mail address."""
    plain = unicodedata.normalize("NFKC", text)
    if _MAIL.search(plain):
        return True
    rest = _TIME.sub(" ; ", _DATE.sub(lambda found: " ; " if _is_date(found) else found[0], plain))
    return any(_identifies(found[0], rest[: found.start()]) for found in _DIGITS.finditer(rest))


def _is_date(found: re.Match[str]) -> bool:
    year, month, day = (found[one] or found[f"{one}2"] for one in "ymd")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return 1900 <= int(year) <= 2100


def _identifies(run: str, before: str) -> bool:
    """Say whether one of the numbers in a run of digits, as it is written, is a person's."""
    groups = [*re.finditer(r"\(?\d+[Xx]?", run)]
    if run.startswith("+") and sum(len(one[0]) for one in groups) >= 7:
        return True
    if _CALL.search(before) and sum(len(one[0]) for one in groups) >= 5:
        return True
    return any(
        _is_number(run[groups[first].start() : groups[last].end()])
        for first in range(len(groups))
        for last in range(first, len(groups))
    )


def _is_number(text: str) -> bool:
    """Say whether exactly this is a telephone or identity number."""
    if re.fullmatch(r"\d{4}(?:\D+\d{4})+", text) or re.fullmatch(r"\d{4}\D+\d{4}\D+\d{3}", text):
        return False  # flats, of which several stand in a row
    digits = re.sub(r"\D", "", text[:-1]) + text[-1]
    known = (_MOBILE, _LANDLINE, _ABROAD, _SERVICE, _IDENTITY)
    return any(one.fullmatch(digits) for one in known) or bool(_GROUPED.fullmatch(text))
