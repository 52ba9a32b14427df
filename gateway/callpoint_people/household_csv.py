"""Imports and exports what is noted of households as CSV, with heads in Chinese or English.

A line is one flat or building; it takes the place of what was known of it. An import is done
completely or not at all.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Final

from callpoint_gateway.host.csv_text import as_cell
from callpoint_gateway.words.text import Text
from callpoint_people.cells import Cells
from callpoint_people.csv_columns import unknown_head
from callpoint_people.csv_lines import MOST_MISTAKES, Refused, lines_of
from callpoint_people.households import Household, HouseholdStore, Noted, household
from callpoint_people.words import PeopleError

PLACE: Final = "place"
NOTE: Final = "note"
CODE: Final = "code"
CONSENT: Final = "consent_on"
COLUMNS: Final = {
    PLACE: Text("place", "地点"),
    CODE: Text("access code", "门禁密码"),
    NOTE: Text("note", "备注"),
    CONSENT: Text("consent on", "同意日期"),
}
#: Which part of a record a refusal is about.
_COLUMN_OF: Final = {"household.code": CODE, "person.consent": CONSENT}


def _column(head: str) -> str:
    text = head.strip().lower().replace("_", " ")
    for column, name in COLUMNS.items():
        if text in name:
            return column
    raise unknown_head(head.strip(), COLUMNS)


def import_households(
    store: HouseholdStore, cells: Cells, content: bytes, today: date
) -> list[str]:
    """Store the records of a file and return their cells.

    Refused: all that is wrong with the file; nothing is stored then.
    """
    mistakes: list[PeopleError] = []
    found: dict[str, Household] = {}
    try:
        lines = lines_of(content, _column, (PLACE, CONSENT), COLUMNS)
    except PeopleError as error:
        raise Refused([error]) from None
    for line in lines:
        values = line.values
        try:
            cell = cells.cell(values[PLACE])
        except PeopleError as error:
            mistakes.append(line.wrong(PLACE, error))
            continue
        if cell in found:
            mistakes.append(line.wrong(PLACE, PeopleError("household.twice")))
            continue
        try:
            found[cell] = household(
                values.get(NOTE, ""), values.get(CODE, ""), values[CONSENT], today
            )
        except PeopleError as error:
            mistakes.append(line.wrong(_COLUMN_OF.get(error.key, NOTE), error))
    if mistakes:
        raise Refused(mistakes[:MOST_MISTAKES])
    store.keep_all(found)
    return list(found)


def export_households(noted: Sequence[Noted], language: str) -> bytes:
    """Return records as a file that ``import_households`` takes and a spreadsheet opens."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([name.in_(language) for name in COLUMNS.values()])
    for each in noted:
        record = each.household
        row = each.cell, record.code, record.note, record.consent_on
        writer.writerow(map(as_cell, row))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
