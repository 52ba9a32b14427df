"""What is stored of a person, and what is refused.

A record is made only with the date on which the person consented to it. Its addresses are by
kind: ``phone`` and ``email``, and any other that a channel needs (``bark``, ``wecom``).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from callpoint_gateway.words.text import LANGUAGES
from callpoint_people.words import PeopleError

PHONE: Final = "phone"
EMAIL: Final = "email"
LONGEST_NAME: Final = 64
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,15}")
_CHANNEL: Final = re.compile(r"[a-z0-9_-]{1,32}")
_PHONE: Final = re.compile(r"\+?\d{3,20}")
# Neither can begin a formula in a spreadsheet, nor call a program there.
_EMAIL: Final = re.compile(r"\w[\w.%+'-]*@[\w-]+(\.[\w-]+)+")
_ADDRESS: Final = re.compile(r"[^\s=@|'\"!()][^\s|'\"!()]{0,255}")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person. ``addresses``: by kind; ``channels``: the order that the person wants.

    ``consent_on``: the date of the consent (ISO 8601). Without ``channels`` the order is that of
    the role (``[notify]``).
    """

    name: str
    language: str
    consent_on: str
    addresses: dict[str, str] = {}
    channels: tuple[str, ...] = ()


class Responsibility(msgspec.Struct, frozen=True, order=True):
    """A person's role at a cell of the place tree; ``order``: who is asked first, from 0."""

    role: str
    cell: str
    order: int = 0


def person(
    name: str,
    language: str,
    consent_on: str,
    addresses: Mapping[str, str],
    channels: tuple[str, ...],
    today: date,
) -> Person:
    """Return a checked record. PeopleError: the first part that is refused, without its value.

    ``today``: the site's date, which decides whether a date is in the future.
    """
    if not usable_name(name.strip()):
        raise PeopleError("person.name")
    if language not in LANGUAGES:
        raise PeopleError("person.language")
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            raise PeopleError("person.channel")
    return Person(
        name=name.strip(),
        language=language,
        consent_on=consent(consent_on, today),
        addresses={kind: address(kind, given) for kind, given in addresses.items()},
        channels=channels,
    )


def usable_name(name: str) -> bool:
    """Say whether a name can be stored, shown, and opened in a table as what it is."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name[0] not in "=+-@"


def consent(text: str, today: date) -> str:
    """Return the date of a consent. PeopleError: it is none, or in the future."""
    try:
        given = date.fromisoformat(text)
    except ValueError:
        raise PeopleError("person.consent") from None
    if given > today:
        raise PeopleError("person.consent")
    return given.isoformat()


def address(kind: str, text: str) -> str:
    """Return an address of a kind as it is used. PeopleError: it can be none."""
    if not _KIND.fullmatch(kind):
        raise PeopleError("person.kind")
    if kind == PHONE:
        number = re.sub(r"[ ()/.-]", "", text)
        if not _PHONE.fullmatch(number):
            raise PeopleError("person.phone")
        return number
    if kind == EMAIL:
        if not _EMAIL.fullmatch(text.strip()):
            raise PeopleError("person.email")
        return text.strip()
    if not _ADDRESS.fullmatch(text.strip()):
        raise PeopleError("person.address")
    return text.strip()
