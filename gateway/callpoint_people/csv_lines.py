"""Reads the lines of a file of people or households: CSV (RFC 4180) with a line of heads.

An error never quotes a value of the file.
"""

import codecs
import csv
import io
from collections.abc import Callable, Mapping, Sequence

import msgspec

from callpoint_gateway.host.csv_text import from_cell
from callpoint_gateway.words.text import Text
from callpoint_people.words import PeopleError

MOST_MISTAKES = 20
# How .xlsx, .ods and .numbers begin (ZIP), and .xls (compound file).
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


class Refused(Exception):
    """A file is not imported; ``mistakes`` says why, each with its line."""

    def __init__(self, mistakes: Sequence[PeopleError]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


class Line(msgspec.Struct):
    """A line: its number, its values by column, and where each column stands."""

    number: int
    values: dict[str, str]
    at: dict[str, tuple[int, str]]  # by column: its number and its head

    def wrong(self, column: str, what: PeopleError) -> PeopleError:
        """Return what is wrong with a value, with its line and column."""
        number, head = self.at.get(column, (0, column))
        return PeopleError("csv.cell", line=self.number, number=number, column=head, what=what)


def text_of(content: bytes) -> str:
    """Return a file's text, as Chinese spreadsheets write it too. PeopleError: it is none."""
    if content.startswith(_WORKBOOKS):
        raise PeopleError("csv.workbook")
    # Excel's "Unicode text".
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PeopleError("csv.text")


def lines_of(
    content: bytes,
    column_of: Callable[[str], str],
    required: Sequence[str],
    names: Mapping[str, Text],
) -> list[Line]:
    """Return the lines of a file. PeopleError: what is wrong with its form or its heads.

    ``column_of`` returns the column that a head names; ``names``: what columns are called.
    """
    text = text_of(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = next(reader, [])
        at: dict[str, tuple[int, str]] = {}
        for number, given in enumerate(head, 1):
            column = column_of(given)
            if column in at:
                raise PeopleError("csv.twice", column=given.strip())
            at[column] = number, given.strip()
        for column in required:
            if column not in at:
                raise PeopleError("csv.missing", column=names[column])
        lines = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(head):
                raise PeopleError(
                    "csv.cells", line=reader.line_num, count=len(row), heads=len(head)
                )
            values = {
                column: from_cell(row[number - 1].strip()) for column, (number, _) in at.items()
            }
            lines.append(Line(reader.line_num, values, at))
    except csv.Error as error:
        raise PeopleError("csv.form", line=reader.line_num, reason=error) from None
    if not lines:
        raise PeopleError("csv.empty")
    return lines
