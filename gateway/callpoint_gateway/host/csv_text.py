"""Writes rows as CSV for a spreadsheet, in which no cell is a formula (OWASP, CSV Injection)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

# The wide ones are those of Chinese keyboards, which some spreadsheets take for the others.
_BEGIN_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COVER: Final = "'"


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a table as CSV with a line of heads. A cell that a row does not have is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({key: as_cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def as_cell(value: object) -> object:
    """Return a value as a cell that a spreadsheet takes for text or a number."""
    if isinstance(value, str) and value.startswith(_BEGIN_FORMULAS):
        return f"{_COVER}{value}"
    return value


def from_cell(text: str) -> str:
    """Return the value of a cell that ``as_cell`` made."""
    bare = text.removeprefix(_COVER)
    return bare if bare.startswith(_BEGIN_FORMULAS) else text
