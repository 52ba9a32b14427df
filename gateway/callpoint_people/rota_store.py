"""Keeps the rota in the people's store: shifts and special days, by role and cell."""

from typing import Final

from callpoint_people import rota
from callpoint_people.cells import shown
from callpoint_people.roles import name_of
from callpoint_people.rota import Shift
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

_COLUMNS: Final = "role, cell, days, on_date, hours, person, number"


class RotaStore:
    """The rota of a site."""

    def __init__(self, people: PeopleStore) -> None:
        """Use the store of the people who are on duty."""
        self._people = people

    def add(self, shift: Shift) -> int:
        """Store a shift and return its number. PeopleError: the person has no such role."""
        with self._people.changing() as connection:
            if shift.person and shift.person not in self._people.holders(shift.role, shift.cell):
                raise PeopleError(
                    "rota.member",
                    person=shift.person,
                    role=name_of(shift.role),
                    cell=shown(shift.cell),
                )
            added = connection.execute(
                "INSERT INTO shift (role, cell, days, on_date, hours, person) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    shift.role,
                    shift.cell,
                    ",".join(shift.days),
                    shift.on_date,
                    shift.hours,
                    shift.person or None,
                ),
            )
            return added.lastrowid or 0

    def remove(self, number: int) -> None:
        """Remove a shift. PeopleError: there is none with this number."""
        with self._people.changing() as connection:
            if not connection.execute("DELETE FROM shift WHERE number = ?", (number,)).rowcount:
                raise PeopleError("rota.unknown", number=number)

    def shifts(self, role: str | None = None, cell: str | None = None) -> list[Shift]:
        """Return the shifts, or those of a role at this very cell."""
        at_cell = role is not None
        where = "WHERE role = ? AND cell = ?" if at_cell else ""
        rows = self._people.rows(
            f"SELECT {_COLUMNS} FROM shift {where} ORDER BY number",
            (role, cell or "") if at_cell else (),
        )
        return [
            Shift(
                role=role,
                cell=cell,
                days=tuple(day for day in days.split(",") if day),
                on_date=on_date,
                hours=hours,
                person=person or "",
                number=number,
            )
            for role, cell, days, on_date, hours, person, number in rows
        ]

    def set_special(self, date: str, like: str | None) -> None:
        """Make a date like a holiday or a weekday; None: a day like any other.

        PeopleError: it is no date, or no day.
        """
        text = rota.checked_date(date)
        with self._people.changing() as connection:
            connection.execute("DELETE FROM special_day WHERE date = ?", (text,))
            if like is not None:
                (day,) = rota.checked_days(like)[:1]
                connection.execute("INSERT INTO special_day VALUES (?, ?)", (text, day))

    def special(self) -> dict[str, str]:
        """Return for each special day (ISO 8601) the day that it is like."""
        return dict(self._people.rows("SELECT date, like FROM special_day ORDER BY date"))
