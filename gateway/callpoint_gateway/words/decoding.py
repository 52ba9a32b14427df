"""What msgspec and the checks that a firmware shares say of a value, in both languages."""

import re
from typing import Final

from callpoint_gateway.words.said import Said, of, verbatim
from callpoint_gateway.words.shared_checks import SHARED_CHECKS

_KINDS_OF: Final = {
    "Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`": "value.type",
    "Expected `(?P<wanted>[^`]*)`": "value.wanted",
    "Expected `(?P<wanted>\\w+)` matching regex (?P<pattern>.*)": "value.pattern",
    "Expected `(?P<wanted>\\w+)` of length (?P<bound>.*)": "value.length",
    "Expected `(?P<wanted>\\w+)` (?P<bound>[<>]=? .*)": "value.bound",
    "Invalid enum value (?P<value>.*)": "value.enum",
    "Invalid value (?P<value>.*)": "value.enum",
    "Object missing required field `(?P<field>[^`]*)`": "value.missing",
    "JSON is malformed: .* \\(byte (?P<byte>\\d+)\\)": "value.json",
    "Input data was truncated": "value.truncated",
    "Object contains unknown field `(?P<field>[^`]*)`": "value.unknown",
}


def decoding_mistake(text: str) -> Said:
    """Return what msgspec's text says, in every language; a text not known here as it is."""
    for pattern, code in _KINDS_OF.items():
        if found := re.fullmatch(pattern, text):
            return Said(code, found.groupdict())
    return verbatim(text)


def shared_check(text: str) -> Said:
    """Return what a check says that the host shares with the firmware; a key may stand first."""
    for code, known in SHARED_CHECKS.items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(known.en))
        if found := re.fullmatch(f"(?:(?P<key>[a-z]+): )?{pattern}", text):
            values = found.groupdict()
            key = values.pop("key")
            return of(key, Said(code, values)) if key else Said(code, values)
    return verbatim(text)
