"""The table of ``README.md`` names tests that are there, and leaves no finding out."""

import re
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
TABLE = [
    line.split("|")[1:3]
    for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][1:]
#: Rows of the findings by letter, without those that are no fault or belong to other tables.
ROWS = {
    "J": {1, 2, 3, 4, 6, 7, 8, 9, 10},
    "R": {*range(1, 24), 25, 27, *range(29, 35), 36} - {6},
    "B": {1, 2, 3, 4, 5, 6, 8},
    "F": {*range(1, 10), 13, 14, 17},
    "H": {1, 2, 3, 4, 6, 7, 8, 10, 11, 12},
}


def test_each_test_that_is_named_is_there_and_has_tests() -> None:
    for row, cell in TABLE:
        named = re.findall(r"`([^`]+\.py)`", cell)
        assert named, row
        for name in named:
            file = (CHECKOUT if name.startswith("firmware/") else HERE) / name
            assert file.is_file(), f"{row}: {name}"
            assert "def test_" in file.read_text(encoding="utf-8"), name


def test_no_row_is_left_out() -> None:
    heads = " ".join(row for row, _ in TABLE)
    found = {letter: set[int]() for letter in ROWS}
    for letter, number in re.findall(r"\b([JRBFH])(\d+)\b", heads):
        found[letter].add(int(number))
    assert found == ROWS
