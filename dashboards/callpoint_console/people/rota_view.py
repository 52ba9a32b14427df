"""The duty rota of a week as a page shows it: for each role and cell, the shifts of each day."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from callpoint_console.people.assembly import People, Who
from callpoint_console.people.responsible import RoleRow, others, rows
from callpoint_console.rendering import words_in
from callpoint_people import roles
from callpoint_people.cells import shown
from callpoint_people.rota import Shift, shifts_of
from callpoint_people.rota_store import RotaStore
from callpoint_people.store import PeopleStore
from callpoint_people.words import say

#: Households have no rota, and nobody sees on the rota's page who lives where.
_NO_ROTA: Final = frozenset(roles.HOUSEHOLD)

#: Says whether a cell is shown to who looks.
InScope = Callable[[str], bool]


class ShiftShown(msgspec.Struct, frozen=True):
    """A shift on one day; ``number``: of the shift, which may be on other days as well."""

    number: int
    hours: str
    name: str
    once: bool


class DayShown(msgspec.Struct, frozen=True):
    """One day of the week; ``like``: what it is like, if it is a special day."""

    date: date
    today: bool
    like: str


class RotaShown(msgspec.Struct, frozen=True):
    """The week of a role at a cell: the shifts of each day."""

    text: str
    days: tuple[tuple[ShiftShown, ...], ...]


class Member(msgspec.Struct, frozen=True):
    """Somebody who can be given a shift; ``key``: role, cell and person, as the form sends it."""

    key: str
    cell: str
    text: str


class Kept(msgspec.Struct, frozen=True):
    """A shift as it is kept: weekly on ``days``, or once ``on_date``."""

    number: int
    text: str
    cell: str
    days: tuple[str, ...]
    on_date: str
    hours: str
    name: str


class Week(msgspec.Struct, frozen=True):
    """A week of the rota, every shift that is kept, and who can be given one."""

    days: tuple[DayShown, ...]
    rotas: tuple[RotaShown, ...]
    shifts: tuple[Kept, ...]
    members: tuple[Member, ...]
    special: tuple[tuple[str, str], ...]


def duties(store: PeopleStore, in_scope: InScope) -> list[tuple[str, str]]:
    """Return each role and cell that has somebody, in scope, without households."""
    held = store.rows("SELECT DISTINCT role, cell FROM responsibility ORDER BY role, cell")
    return [(role, cell) for role, cell in held if role not in _NO_ROTA and in_scope(cell)]


def week(
    people: People, store: PeopleStore, who: Who, monday: date, scope: tuple[InScope, str]
) -> Week:
    """Return the week that begins on ``monday``; one look at all members is on record.

    ``scope``: which cells are shown, and the language.
    """
    in_scope, language = scope
    kept, found = RotaStore(store), duties(store, in_scope)
    special = kept.special()
    ids = [id for role, cell in found for id in store.holders(role, cell)]
    known = store.those(ids, who.account, "rota") if ids else []
    names = {each.id: each.person.name for each in known}
    days = [monday + timedelta(days=number) for number in range(7)]
    rotas, all_shifts, members = [], [], []
    for role, cell in found:
        shifts = kept.shifts(role, cell)
        text = say("contact.role", language, role=roles.name_of(role), cell=shown(cell))
        if shifts:
            each_day = (_day(shifts_of(day, shifts, special), names) for day in days)
            rotas.append(RotaShown(text, tuple(each_day)))
        all_shifts += [_kept(shift, text, names) for shift in shifts]
        members += [
            Member(f"{role}|{cell}|{id}", cell, f"{text}: {names[id]}")
            for id in store.holders(role, cell)
            if id in names
        ]
        members.append(Member(f"{role}|{cell}|", cell, f"{text}: -"))
    return Week(
        tuple(
            DayShown(day, day == people.today, special.get(day.isoformat(), "")) for day in days
        ),
        tuple(rotas),
        tuple(all_shifts),
        tuple(members),
        tuple(special.items()),
    )


def _day(shifts: Sequence[Shift], names: dict[str, str]) -> tuple[ShiftShown, ...]:
    return tuple(
        ShiftShown(each.number, each.hours, names.get(each.person, ""), bool(each.on_date))
        for each in sorted(shifts, key=lambda shift: shift.hours)
    )


def _kept(shift: Shift, text: str, names: dict[str, str]) -> Kept:
    name = names.get(shift.person, "")
    return Kept(shift.number, text, shift.cell, shift.days, shift.on_date, shift.hours, name)


def on_duty_now(
    people: People, store: PeopleStore, who: Who, in_scope: InScope, language: str
) -> list[RoleRow]:
    """Return who is on duty now in each role and cell that has a rota, in scope."""
    kept, responsible, now = RotaStore(store), people.responsible(store), people.now
    holders = []
    for role, cell in duties(store, in_scope):
        if kept.shifts(role, cell):
            told = responsible.told(cell, [role], now)
            holders += [each for each in told if each.cell == cell]
    return rows(store, holders, (who, "rota", ""), language)


def by_building(
    people: People, store: PeopleStore, who: Who, cells: Sequence[str], language: str
) -> tuple[list[tuple[str, list[str]]], list[RoleRow]]:
    """Return the responders of each cell by role, and the groups of the site.

    A cell's row has the names of each of ``roles.RESPONDERS``, empty where nobody is.
    """
    responsible, now = people.responsible(store), people.now
    at = {cell: responsible.at(cell, roles.RESPONDERS, now) for cell in cells}
    ids = [holder.person for holders in at.values() for holder in holders]
    known = store.those(ids, who.account, "responsible") if ids else []
    names = {each.id: each.person.name for each in known}
    table = []
    for cell, holders in at.items():
        row = []
        for role in roles.RESPONDERS:
            named = [names[each.person] for each in holders if each.role == role]
            row.append(words_in(language).listed(named))
        table.append((cell, row))
    groups = responsible.at("", others(store), now)
    return table, rows(store, groups, (who, "responsible", ""), language)
