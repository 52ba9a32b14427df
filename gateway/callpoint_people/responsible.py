"""Who is responsible at a place, and who of them is told now.

For each role the nearest cell above the place counts that has somebody. If that role has shifts
at that cell, those on duty are told; if the rota has a gap, all of the role are: somebody is.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.configuration.register import Register
from callpoint_people import roles
from callpoint_people.cells import Cells
from callpoint_people.rota import on_duty
from callpoint_people.rota_store import RotaStore
from callpoint_people.store import PeopleStore


class Holder(msgspec.Struct, frozen=True):
    """A person by id, with the role and the cell for which it is held.

    ``on_duty``: None where the role has no shifts there.
    """

    person: str
    role: str
    cell: str
    on_duty: bool | None


class Responsible:
    """Finds those who are responsible, by id and role; it names nobody."""

    def __init__(self, people: PeopleStore, register: Register, zone: ZoneInfo) -> None:
        """``zone``: the site's, for the rota."""
        self._people = people
        self._rota = RotaStore(people)
        self._cells = Cells(register)
        self._zone = zone

    def at(self, place: str, wanted: Iterable[str], at: datetime) -> list[Holder]:
        """Return who has the roles or groups ``wanted`` at a place, in order, each with duty.

        ``responders`` means all responders of the place.
        """
        found: list[Holder] = []
        for word in wanted:
            for role in roles.meant(word):
                found += self._of_role(place, role, at)
        return found

    def household(self, place: str, at: datetime) -> list[Holder]:
        """Return the residents of a place and its key holders in order."""
        return self.at(place, roles.HOUSEHOLD, at)

    def told(self, place: str, wanted: Iterable[str], at: datetime) -> list[Holder]:
        """Return who is told now: those on duty; if the rota has a gap, all of the role."""
        holders = self.at(place, wanted, at)
        served = {(holder.role, holder.cell) for holder in holders if holder.on_duty}
        told: dict[str, Holder] = {}
        for holder in holders:
            if holder.on_duty or (holder.role, holder.cell) not in served:
                told.setdefault(holder.person, holder)
        return list(told.values())

    def _of_role(self, place: str, role: str, at: datetime) -> list[Holder]:
        for cell in self._cells_for(place, role):
            if holders := self._people.holders(role, cell):
                shifts = self._rota.shifts(role, cell)
                now = on_duty(shifts, self._rota.special(), at, self._zone) if shifts else None
                return [
                    Holder(person, role, cell, None if now is None else person in now)
                    for person in holders
                ]
        return []

    def _cells_for(self, place: str, role: str) -> list[str]:
        # A resident lives in one flat; who lives elsewhere in the house says nothing about it.
        return self._cells.own(place) if role == roles.RESIDENT else self._cells.upwards(place)
