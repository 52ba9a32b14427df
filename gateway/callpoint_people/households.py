"""What is noted of a household or a building: a note for whoever comes, and the access code.

A record belongs to a cell of the place tree: a flat, or the building whose door has a code. It is
sealed like people's records, and handed out only after the look is on record.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from callpoint_people.looks import Look
from callpoint_people.person import consent
from callpoint_people.store import PeopleStore, household_id
from callpoint_people.words import PeopleError

LONGEST_NOTE: Final = 500
LONGEST_CODE: Final = 64
#: The kind of a look at such records.
LOOK: Final = "notes"


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """``note``: some lines, ``code``: how one gets in. ``consent_on``: who lives there agreed."""

    note: str = ""
    code: str = ""
    consent_on: str


class Noted(msgspec.Struct, frozen=True):
    """A record and its cell."""

    cell: str
    household: Household


def household(note: str, code: str, consent_on: str, today: date) -> Household:
    """Return a checked record. PeopleError: the first part that is refused, without its value."""
    lines = [line.strip() for line in note.strip().splitlines()]
    note, code = "\n".join(lines), code.strip()
    if len(note) > LONGEST_NOTE or not all(_usable(line) for line in lines):
        raise PeopleError("household.note", longest=LONGEST_NOTE)
    if len(code) > LONGEST_CODE or not _usable(code):
        raise PeopleError("household.code", longest=LONGEST_CODE)
    if not note and not code:
        raise PeopleError("household.empty")
    return Household(note=note, code=code, consent_on=consent(consent_on, today))


def _usable(text: str) -> bool:
    """Say whether a text can be shown, and opened in a table as what it is."""
    return not text or (text.isprintable() and text[0] not in "=+-@")


class HouseholdStore:
    """The records of a site, in the people's store."""

    def __init__(self, people: PeopleStore) -> None:
        """Use the store of the people who live there."""
        self._people = people

    def keep(self, cell: str, record: Household) -> None:
        """Store a record in the place of what was known of the cell."""
        sealed = self._people.seal(household_id(cell), msgspec.json.encode(record))
        with self._people.changing() as connection:
            connection.execute("INSERT OR REPLACE INTO household VALUES (?, ?)", (cell, sealed))

    def keep_all(self, records: Mapping[str, Household]) -> None:
        """Store a record for each cell, all or none."""
        with self._people.changing():
            for cell, record in records.items():
                self.keep(cell, record)

    def remove(self, cell: str) -> bool:
        """Remove all that is noted of a cell; say whether there was anything."""
        return self._people.forget_household(cell)

    def cells(self) -> list[str]:
        """Return the cells that have a record."""
        return [cell for (cell,) in self._people.rows("SELECT cell FROM household ORDER BY cell")]

    def of(self, cells: Sequence[str], who: str, place: str) -> list[Noted]:
        """Return what is noted of some cells, in their order; one look ``LOOK`` is on record.

        Nothing is recorded if nothing is noted there.
        """
        known = set(self.cells())
        found = [cell for cell in dict.fromkeys(cells) if cell in known]
        if found:
            self._people.look(Look(who=who, what=LOOK, persons=0, cell=place))
        return self._opened(found)

    def all(self, who: str) -> list[Noted]:
        """Return every record; the export is on record."""
        self._people.look(Look(who=who, what="export", persons=0))
        return self._opened(self.cells())

    def _opened(self, cells: Sequence[str]) -> list[Noted]:
        found = []
        for cell in cells:
            for (sealed,) in self._people.rows(
                "SELECT sealed FROM household WHERE cell = ?", (cell,)
            ):
                record = self._people.open(household_id(cell), sealed)
                found.append(Noted(cell, msgspec.json.decode(record, type=Household)))
        return found
