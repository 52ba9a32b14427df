"""No cell of a table is a formula, and each can be read back."""

import pytest

from callpoint_gateway.host.csv_text import as_cell, csv_text, from_cell


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_would_be_a_formula_is_text(begins: str) -> None:
    text = f"{begins}1+1"
    assert as_cell(text) == f"'{text}"
    assert from_cell(f"'{text}") == text
    assert csv_text(["a"], [{"a": text}]).split("\n", 1)[1].strip('"').startswith("'")


@pytest.mark.parametrize("plain", ["", "a", "'quoted'", "1", "楼=3", " =1"])
def test_any_other_text_stays(plain: str) -> None:
    assert as_cell(plain) == from_cell(plain) == plain


def test_numbers_stay_numbers() -> None:
    assert as_cell(-1) == -1
