"""Sizes of sheets and rolls of labels, in millimetres."""

from typing import Final, NamedTuple


class Size(NamedTuple):
    """A page with a grid of labels; ``left`` and ``top``: where the first begins."""

    page: tuple[float, float]
    label: tuple[float, float]
    grid: tuple[int, int] = (1, 1)
    left: float = 0.0
    top: float = 0.0
    gap: float = 0.0

    @property
    def on_a_page(self) -> int:
        """How many labels a page has."""
        return self.grid[0] * self.grid[1]

    def corner(self, index: int) -> tuple[float, float]:
        """Return the upper left corner of a page's label, counted from 0 along the rows."""
        row, column = divmod(index, self.grid[0])
        return (
            self.left + column * (self.label[0] + self.gap),
            self.top + row * self.label[1],
        )


_A4: Final = (210.0, 297.0)
#: By the name that a person types. Sheets are those of the usual makers, with 8 to 24 on A4.
SIZES: Final = {
    "a4-3x8": Size(_A4, (70.0, 37.0), (3, 8), top=0.5),
    "a4-3x7": Size(_A4, (63.5, 38.1), (3, 7), left=7.2, top=15.1, gap=2.6),
    "a4-2x7": Size(_A4, (99.1, 38.1), (2, 7), left=4.6, top=15.1, gap=2.6),
    "a4-2x4": Size(_A4, (99.1, 67.7), (2, 4), left=4.6, top=13.1, gap=2.6),
    "62x29": Size((62.0, 29.0), (62.0, 29.0)),
    "50x30": Size((50.0, 30.0), (50.0, 30.0)),
    "60x40": Size((60.0, 40.0), (60.0, 40.0)),
    "100x50": Size((100.0, 50.0), (100.0, 50.0)),
}
DEFAULT: Final = "a4-2x7"
