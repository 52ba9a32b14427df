"""A browser prints the sheets of labels at their size, one page for each."""

import re

import pytest

from callpoint_console.alarm_points.label_sizes import SIZES
from callpoint_console.alarm_points.labels import Label, sheet
from callpoint_console.alarm_points.labels import pages as drawn_pages

from .conftest import Pages

MM = 72 / 25.4
LABEL = Label(("幸福小区", "3号楼", "301"), "", "23456789abcdefghjkmn", "https://a.example/p/2")


@pytest.mark.parametrize("name", ["a4-3x8", "62x29"])
def test_a_page_of_the_printer_is_a_sheet(pages: Pages, name: str) -> None:
    size = SIZES[name]
    page = pages.open("about:blank", login=None)
    drawn = drawn_pages([LABEL] * (size.on_a_page + 1), size)
    page.set_content(sheet("estate", drawn, size, "zh"))
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert len(boxes) == 2
    for width, height in boxes:
        assert float(width) == pytest.approx(size.page[0] * MM, abs=1)
        assert float(height) == pytest.approx(size.page[1] * MM, abs=1)
