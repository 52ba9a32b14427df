"""What msgspec and the checks that a firmware shares say of a value, in both languages."""

import re
from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words import facts
from callpoint_gateway.words.faults import FAULTS
from callpoint_gateway.words.quarantine import QUARANTINE
from callpoint_gateway.words.said import NOTHING, Said, said, value_said, verbatim
from callpoint_gateway.words.shared_checks import SHARED_CHECKS
from callpoint_gateway.words.text import Text
from callpoint_protocol import names

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

_REASONS: Final[Mapping[str, Text]] = {
    **QUARANTINE,
    **SHARED_CHECKS,
    **{code: FAULTS[code] for code in ("device.no_zone", "device.other_kind")},
}
# Kinds and states of a reason, by the names of the protocol and by their English ones.
_NAMED: Final[Mapping[tuple[str, str], Said]] = {
    **{
        (field, called): value_said("kind", name)
        for number, name in names.KINDS.items()
        for called in (name, facts.KINDS[number].en)
        for field in ("kind", "registered")
    },
    **{
        ("state", called): value_said("state", name)
        for number, name in names.STATES.items()
        for called in (name, facts.STATES[number].en)
    },
}


def decoding_mistake(text: str) -> Said:
    """Return what msgspec's text says, in every language; a text not known here as it is."""
    for pattern, code in _KINDS_OF.items():
        if found := re.fullmatch(pattern, text):
            return Said(code, found.groupdict())
    return verbatim(text)


def _filled(text: Text, found: str) -> dict[str, str] | None:
    """Return the values in an English text that was made of ``text``; None: it was not."""
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(text.en))
    made = re.fullmatch(pattern, found)
    return made and made.groupdict()


def shared_check(text: str) -> Said:
    """Return what a check says that the host shares with the firmware; a key may stand first."""
    return _recognised(text, SHARED_CHECKS) or verbatim(text)


def quarantine_reason(text: str) -> Said:
    """Return why a message is in quarantine, of the English text that the journal stores.

    What a server answered, and a text that this version does not know, is returned as it is.
    """
    return _recognised(text, _REASONS) or verbatim(text)


def _recognised(text: str, table: Mapping[str, Text]) -> Said:
    """Return what a text says that was made of ``table``, ``NOTHING`` if it was not."""
    key, colon, rest = text.partition(": ")
    if colon and re.fullmatch("[a-z]+", key) and (why := _recognised(rest, table)):
        return said("field", field=said("kept.body") if key == "body" else key, why=why)
    for code, known in table.items():
        if (values := _filled(known, text)) is not None:
            return Said(code, {name: _value(name, value) for name, value in values.items()})
    return NOTHING


def _value(name: str, value: str) -> str | Said:
    """Return a value of a reason: a kind, a state and a text within it have codes of their own."""
    if name == "why":
        return _recognised(value, _REASONS) or decoding_mistake(value)
    return _NAMED.get((name, value), value)
