"""An uploaded picture of a storey: SVG or PNG, as it is kept and served."""

from typing import Final, NamedTuple

MOST_BYTES: Final = 2 * 1024 * 1024
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
WIDEST: Final = 20  # times as wide as high, or as high as wide


class Picture(NamedTuple):
    """A harmless picture. ``width`` and ``height`` are in a unit of its own."""

    media: str
    content: bytes
    width: float
    height: float


class BadPicture(ValueError):
    """The file cannot be used; the text is a key of ``words.storeys``."""


def check_sides(width: float, height: float) -> None:
    """Refuse a picture that is far too narrow to be a plan. BadPicture."""
    if not (0 < width < 1e6 and 0 < height < 1e6 and 1 / WIDEST <= width / height <= WIDEST):
        raise BadPicture("storey.bad_size")
