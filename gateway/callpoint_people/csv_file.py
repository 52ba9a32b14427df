"""Imports and exports contacts as CSV (RFC 4180), with heads in Chinese or English.

An import is done completely or not at all: the whole file is checked first, and every mistake is
reported with its line and column. An error never quotes a value of the file.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from callpoint_gateway.host.csv_text import as_cell
from callpoint_people import csv_columns as columns
from callpoint_people import roles
from callpoint_people.cells import Cells
from callpoint_people.csv_lines import MOST_MISTAKES, Line, Refused, lines_of
from callpoint_people.person import EMAIL, PHONE, Person, Responsibility, address, consent
from callpoint_people.person import person as checked_person
from callpoint_people.store import Contact, PeopleStore
from callpoint_people.words import PeopleError

# What Chinese spreadsheets call a language.
_LANGUAGES: Final = {"": "zh", "中文": "zh", "英文": "en", "english": "en", "chinese": "zh"}


class Imported(msgspec.Struct, frozen=True):
    """What an import has stored."""

    added: int
    changed: int
    responsibilities: int


class _Entry(msgspec.Struct):
    """A person of the file, with the line that named the person first."""

    line: Line
    id: str
    person: Person
    responsible: list[tuple[Line, Responsibility]]


class _Check:
    """Turns the lines into people, and collects what is wrong."""

    def __init__(self, people: PeopleStore, cells: Cells, today: date) -> None:
        self._ids = set(people.ids())
        self._cells = cells
        self._today = today
        self.mistakes: list[PeopleError] = []
        self.entries: dict[tuple[str, ...], _Entry] = {}

    def take(self, line: Line) -> None:
        found = len(self.mistakes)
        person = self._person(line)
        responsibility = self._responsibility(line)
        if person is None or len(self.mistakes) > found:
            return
        values = line.values
        id = values.get(columns.ID, "")
        if id and id not in self._ids:
            self._refuse(line, columns.ID, PeopleError("person.unknown", person=id))
            return
        named = (person.name, person.addresses.get(PHONE, ""), person.addresses.get(EMAIL, ""))
        entry = self.entries.setdefault((id,) if id else named, _Entry(line, id, person, []))
        if entry.person != person:
            unlike = PeopleError("csv.unlike", first=entry.line.number)
            self._refuse(line, columns.NAME, unlike)
        elif responsibility is not None:
            entry.responsible.append((line, responsibility))

    def _refuse(self, line: Line, column: str, what: PeopleError) -> None:
        self.mistakes.append(line.wrong(column, what))

    def _person(self, line: Line) -> Person | None:
        values = line.values
        addresses: dict[str, str] = {}
        kinds = {column: column for column in (PHONE, EMAIL)}
        kinds |= {
            column: column.removeprefix(columns.ADDRESS.en)
            for column in values
            if column.startswith(columns.ADDRESS.en)
        }
        for column, kind in kinds.items():
            if given := values.get(column, ""):
                try:
                    addresses[kind] = address(kind, given)
                except PeopleError as error:
                    self._refuse(line, column, error)
        try:
            consent(values[columns.CONSENT], self._today)
        except PeopleError as error:
            self._refuse(line, columns.CONSENT, error)
            return None
        given = values.get(columns.LANGUAGE, "").lower()
        try:
            return checked_person(
                values[columns.NAME],
                _LANGUAGES.get(given, given),
                values[columns.CONSENT],
                addresses,
                tuple(values.get(columns.CHANNELS, "").split()),
                self._today,
            )
        except PeopleError as error:
            column = error.key.removeprefix("person.").replace("channel", columns.CHANNELS)
            self._refuse(line, column, error)
            return None

    def _responsibility(self, line: Line) -> Responsibility | None:
        values = line.values
        word = values.get(columns.ROLE, "")
        if not word:
            return None
        role = cell = ""
        try:
            role = roles.checked(word)
        except PeopleError as error:
            self._refuse(line, columns.ROLE, error)
        try:
            cell = self._cells.cell(values.get(columns.PLACE, ""))
        except PeopleError as error:
            self._refuse(line, columns.PLACE, error)
        order = values.get(columns.ORDER, "") or "0"
        if not (order.isascii() and order.isdigit() and int(order) < 100):
            self._refuse(line, columns.ORDER, PeopleError("csv.order"))
            return None
        return Responsibility(role, cell, int(order))


def import_csv(people: PeopleStore, cells: Cells, content: bytes, today: date) -> Imported:
    """Store the contacts of a file. Refused: all that is wrong with it; nothing is stored then.

    A line with an id replaces that person and their responsibilities.
    """
    try:
        lines = lines_of(content, columns.column_of, columns.REQUIRED, columns.COLUMNS)
    except PeopleError as error:
        raise Refused([error]) from None
    check = _Check(people, cells, today)
    for line in lines:
        check.take(line)
    if check.mistakes:
        raise Refused(check.mistakes[:MOST_MISTAKES])
    entries = list(check.entries.values())
    with people.changing():
        ids = [_store(people, entry) for entry in entries]
        for id, entry in zip(ids, entries, strict=True):
            for line, responsibility in entry.responsible:
                try:
                    people.give(id, responsibility)
                except PeopleError as error:
                    raise Refused([line.wrong(columns.ROLE, error)]) from None
    known = sum(1 for entry in entries if entry.id)
    given = sum(len(entry.responsible) for entry in entries)
    return Imported(len(entries) - known, known, given)


def _store(people: PeopleStore, entry: _Entry) -> str:
    if not entry.id:
        return people.add(entry.person)
    people.replace(entry.id, entry.person)
    kept = {(wanted.role, wanted.cell) for _, wanted in entry.responsible}
    for had in people.responsibilities(entry.id):
        if (had.role, had.cell) not in kept:
            people.take(entry.id, had.role, had.cell)
    return entry.id


def export_csv(contacts: Sequence[Contact], language: str) -> bytes:
    """Return contacts as a file that ``import_csv`` takes and a spreadsheet opens."""
    further = sorted(
        {kind for contact in contacts for kind in contact.person.addresses} - {PHONE, EMAIL}
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns.heads(further, language))
    for contact in contacts:
        person, given = contact.person, contact.responsible or (None,)
        for responsibility in given:
            role, place, order = "", "", ""
            if responsibility is not None:
                role = roles.name_of(responsibility.role).in_(language)
                place, order = responsibility.cell, str(responsibility.order)
            writer.writerow(
                as_cell(value)
                for value in (
                    contact.id,
                    person.name,
                    person.language,
                    person.consent_on,
                    person.addresses.get(PHONE, ""),
                    person.addresses.get(EMAIL, ""),
                    " ".join(person.channels),
                    role,
                    place,
                    order,
                    *(person.addresses.get(kind, "") for kind in further),
                )
            )
    # With a byte order mark, without which Excel takes it for another encoding.
    return b"\xef\xbb\xbf" + text.getvalue().encode()
