"""Who is responsible at a place: its responders by role (1+1+N), and who of them is on duty."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from callpoint_console.people.assembly import People, Who
from callpoint_people import roles
from callpoint_people.cells import shown
from callpoint_people.households import HouseholdStore
from callpoint_people.person import PHONE
from callpoint_people.responsible import Holder
from callpoint_people.store import PeopleStore

#: Nobody of the household is responsible for anything but the own flat.
_APART: Final = frozenset(roles.HOUSEHOLD)


class Shown(msgspec.Struct, frozen=True):
    """A person as a page shows one. ``on_duty``: None where the role has no rota."""

    name: str
    phone: str
    on_duty: bool | None = None


class NotedRow(msgspec.Struct, frozen=True):
    """What is noted of a flat or of the building around it."""

    cell: str
    code: str
    lines: tuple[str, ...]


class RoleRow(msgspec.Struct, frozen=True):
    """A role at the nearest cell that has somebody; ``people`` is empty if no cell has."""

    role: str
    cell: str
    people: tuple[Shown, ...]


def rows(
    store: PeopleStore,
    holders: Sequence[Holder],
    look: tuple[Who, str, str],
    language: str,
) -> list[RoleRow]:
    """Return holders by role, with their names; one look at them all is on record.

    ``look``: who looks, the kind of look, and at which place.
    """
    who, what, place = look
    ids = [holder.person for holder in holders]
    found_people = store.those(ids, who.account, what, place) if ids else []
    known = {each.id: each.person for each in found_people}
    found: dict[tuple[str, str], list[Shown]] = {}
    for holder in holders:
        if (person := known.get(holder.person)) is not None:
            each = Shown(person.name, person.addresses.get(PHONE, ""), holder.on_duty)
            found.setdefault((holder.role, holder.cell), []).append(each)
    return [
        RoleRow(roles.name_of(role).in_(language), shown(cell).in_(language), tuple(each))
        for (role, cell), each in found.items()
    ]


def others(store: PeopleStore) -> list[str]:
    """Return the roles and groups that somebody has, besides responders and households."""
    held = [role for (role,) in store.rows("SELECT DISTINCT role FROM responsibility")]
    return sorted(role for role in held if role not in _APART | set(roles.RESPONDERS))


def at_place(
    people: People, store: PeopleStore, who: Who, place: str, language: str
) -> list[RoleRow]:
    """Return who is responsible at a place: the responders, also those that are missing."""
    wanted = [*roles.RESPONDERS, *others(store)]
    holders = people.responsible(store).at(place, wanted, people.now)
    found = rows(store, holders, (who, "responsible", place), language)
    return [*_missing(found, language), *found]


def nobody(language: str) -> list[RoleRow]:
    """Return the responders of a site that has stored nobody."""
    return _missing([], language)


def _missing(found: Iterable[RoleRow], language: str) -> list[RoleRow]:
    here = {row.role for row in found}
    names = [roles.name_of(role).in_(language) for role in roles.RESPONDERS]
    return [RoleRow(name, "", ()) for name in names if name not in here]


def noted(
    people: People, store: PeopleStore, who: Who, place: str, language: str
) -> list[NotedRow]:
    """Return notes and access codes of a place and of what is around it; the look is on record."""
    cells = [*people.cells.own(place), *people.cells.upwards(place)]
    return [
        NotedRow(
            shown(each.cell).in_(language),
            each.household.code,
            tuple(each.household.note.splitlines()),
        )
        for each in HouseholdStore(store).of(cells, who.account, place)
    ]


def household(
    people: People, store: PeopleStore, who: Who, place: str, language: str
) -> list[RoleRow]:
    """Return the residents of a place and its key holders in order; the look is on record."""
    holders = people.responsible(store).household(place, people.now)
    if not holders:
        # That nobody is stored there is an answer about a household as well.
        store.those([], who.account, "household", place)
    return rows(store, holders, (who, "household", place), language)
