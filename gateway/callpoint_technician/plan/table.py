"""Reads a table of units: CSV as spreadsheets of either language write it."""

import csv
import io
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from callpoint_gateway.host.csv_text import from_cell
from callpoint_gateway.words.said import Said, either, said, said_by
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_people.csv_lines import text_of
from callpoint_people.words import PeopleError
from callpoint_technician.plan import columns
from callpoint_technician.plan.mistakes import PlanRefused

LARGEST: Final = 8 * 1024 * 1024
MOST_LINES: Final = 20_000
_DELIMITERS: Final = (",", ";", "\t")
_COMMENT: Final = "#"
# A first line that Excel reads and never shows.
_EXCEL_DELIMITER: Final = re.compile(r"\Asep=.\r?\n")


class Line(msgspec.Struct, frozen=True):
    """One line; ``values`` by column. ``number`` counts from 1 as a spreadsheet does."""

    number: int
    values: Mapping[str, str]
    table: "Table"

    def get(self, column: str) -> str:
        """Return a cell, empty if the table does not have the column."""
        return self.values.get(column, "")

    def wrong(self, column: str, what: Said) -> Said:
        """Return a mistake with its line and cell."""
        number, head = self.table.at.get(column, (0, columns.HEADS[column].en))
        if not number:
            return said("plan.line", line=self.number, what=what)
        return said("plan.cell", line=self.number, number=number, head=head, what=what)


class Table(msgspec.Struct):
    """A table: its lines, and of each column the number and the head as written."""

    at: dict[str, tuple[int, str]]
    lines: list[Line] = []

    def has(self, column: str) -> bool:
        """Say whether the table has a column."""
        return column in self.at


def read(content: bytes) -> Table:
    """Return a file's table. PlanRefused: it is none, or its heads are wrong."""
    if len(content) > LARGEST:
        raise PlanRefused([said("plan.too_large", most=LARGEST // 1024 // 1024)])
    try:
        text = text_of(content)
    except PeopleError as error:
        raise PlanRefused([either(error.text)]) from None
    text = _EXCEL_DELIMITER.sub("", text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    table: Table | None = None
    width = 0
    mistakes: list[Said] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].startswith(_COMMENT):
                continue
            if table is None:
                table, width = Table(_heads(row)), len(row)
                continue
            if len(row) != width:
                mistakes.append(
                    said("plan.cells", line=reader.line_num, count=len(row), heads=width)
                )
                continue
            values = {
                column: from_cell(row[number - 1].strip())
                for column, (number, _) in table.at.items()
            }
            table.lines.append(Line(reader.line_num, values, table))
            if len(table.lines) > MOST_LINES:
                raise PlanRefused([said("plan.too_many", most=MOST_LINES)])
    except csv.Error as error:
        mistakes.append(said("plan.form", line=reader.line_num, why=said_by(error)))
    if mistakes:
        raise PlanRefused(mistakes)
    if table is None or not table.lines:
        raise PlanRefused([said("plan.empty")])
    return table


def _delimiter(text: str) -> str:
    """Return the delimiter with which the line of heads has the most columns."""
    head = next(
        (
            line
            for line in text.splitlines()
            if line.strip(" ,;\t") and not line.startswith(_COMMENT)
        ),
        "",
    )
    return max(_DELIMITERS, key=head.count)


def _heads(row: list[str]) -> dict[str, tuple[int, str]]:
    at: dict[str, tuple[int, str]] = {}
    mistakes: list[Said] = []
    for number, given in enumerate(row, 1):
        head = given.strip()
        column = columns.column_of(head)
        if not head:
            mistakes.append(said("plan.no_head", number=number))
        elif columns.is_of_persons(head):
            mistakes.append(said("plan.persons", number=number, head=head))
        elif column is None:
            known = either(Text(*(", ".join(columns.heads_in(name)) for name in LANGUAGES)))
            mistakes.append(said("plan.head", number=number, head=head[:32], known=known))
        elif column in at:
            mistakes.append(said("plan.head_twice", number=number, head=head))
        else:
            at[column] = number, head
    if not any(column in at for column in (columns.PLACE, *columns.GRID)):
        mistakes.append(said("plan.no_places"))
    if mistakes:
        raise PlanRefused(mistakes)
    return at
