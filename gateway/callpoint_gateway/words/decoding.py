"""What msgspec says of a value that is not of its type, in both languages."""

import re
from typing import Final

from callpoint_gateway.words.said import Said, verbatim

_KINDS_OF: Final = {
    "Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`": "value.type",
    "Expected `(?P<wanted>[^`]*)`": "value.wanted",
    "Expected `(?P<wanted>\\w+)` matching regex (?P<pattern>.*)": "value.pattern",
    "Expected `(?P<wanted>\\w+)` of length (?P<bound>.*)": "value.length",
    "Expected `(?P<wanted>\\w+)` (?P<bound>[<>]=? .*)": "value.bound",
    "Invalid enum value (?P<value>.*)": "value.enum",
    "Invalid value (?P<value>.*)": "value.enum",
    "Object missing required field `(?P<field>[^`]*)`": "value.missing",
    "Object contains unknown field `(?P<field>[^`]*)`": "value.unknown",
}


def decoding_mistake(text: str) -> Said:
    """Return what msgspec's text says, in every language; a text not known here as it is."""
    for pattern, code in _KINDS_OF.items():
        if found := re.fullmatch(pattern, text):
            return Said(code, found.groupdict())
    return verbatim(text)
