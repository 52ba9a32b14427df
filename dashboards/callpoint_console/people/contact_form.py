"""The form of a person's record: what was typed, and what is stored of it."""

from datetime import date
from typing import Final

import msgspec
from starlette.requests import Request

from callpoint_people import roles
from callpoint_people.cells import Cells
from callpoint_people.person import EMAIL, PHONE, Person, Responsibility, address, person
from callpoint_people.words import PeopleError

_LONGEST: Final = 2000


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The fields as they were typed. ``further``: a line ``kind: address`` for each other one."""

    name: str = ""
    phone: str = ""
    email: str = ""
    further: str = ""
    language: str = "zh"
    consent_on: str = ""
    channels: str = ""
    role: str = ""
    place: str = ""
    order: str = "0"

    @classmethod
    def of(cls, stored: Person) -> "Typed":
        """Return a stored record as it would be typed."""
        known = stored.addresses
        others = [f"{kind}: {known[kind]}" for kind in known if kind not in (PHONE, EMAIL)]
        return cls(
            name=stored.name,
            phone=known.get(PHONE, ""),
            email=known.get(EMAIL, ""),
            further="\n".join(others),
            language=stored.language,
            consent_on=stored.consent_on,
            channels=" ".join(stored.channels),
        )


async def typed(request: Request) -> Typed:
    """Return what was typed into the form of a request."""
    form = await request.form()
    values = {
        field: value[:_LONGEST].strip()
        for field in Typed.__struct_fields__
        if isinstance(value := form.get(field), str)
    }
    return Typed(**values)


def person_of(values: Typed, today: date) -> Person:
    """Return the record that was typed. PeopleError: what is refused of it."""
    addresses = {}
    for kind, text in ((PHONE, values.phone), (EMAIL, values.email)):
        if text:
            addresses[kind] = address(kind, text)
    for line in values.further.splitlines():
        kind, _, text = line.replace("：", ":").partition(":")
        if line.strip():
            addresses[kind.strip()] = address(kind.strip(), text.strip())
    channels = tuple(values.channels.replace(",", " ").split())
    return person(values.name, values.language, values.consent_on, addresses, channels, today)


def responsibility_of(values: Typed, cells: Cells) -> list[Responsibility]:
    """Return the responsibility that was typed, none without a role. PeopleError."""
    if not values.role:
        return []
    order = values.order
    if not (order.isascii() and order.isdigit() and int(order) < 100):
        raise PeopleError("csv.order")
    role = roles.checked(values.role)
    return [Responsibility(role, cells.cell(values.place), int(order))]
