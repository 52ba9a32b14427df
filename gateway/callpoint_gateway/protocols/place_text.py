"""The text of a place as a centre can take it: in its letters, and short.

Who comes needs the room, the unit and the building; the city is what the centre knows anyhow.
So a text that is too long loses its largest parts, and its room last of all.
"""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

SEPARATOR: Final = " / "
# What has no decomposition in Unicode (UAX 15) and yet is read as these letters.
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ħ": "h",
        "Ħ": "H",
        "ı": "i",
        "ĸ": "k",
        "ŋ": "n",
        "Ŋ": "N",
        "ŧ": "t",
        "Ŧ": "T",
        "‐": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "、": ",",
        "。": ".",
    }
)


def fold(text: str) -> str:
    """Return ``text`` in ASCII: letters without their marks, full width as half width.

    What has no such letter, as Chinese has not, is left out.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    # Once more for letters that had marks: the decomposition of an accented ø has ø in it.
    return plain.translate(_LETTERS).encode("ascii", "ignore").decode("ascii")


def says_something(text: str) -> bool:
    """Say whether there is a letter or a digit in ``text``."""
    return any(char.isalnum() for char in text)


def fit(parts: Sequence[str], most: int, size: Callable[[str], int]) -> str:
    """Return the parts, the largest first, in at most ``most`` as ``size`` counts it.

    Empty parts are left out with their separators. The largest parts go first; the last of all
    is cut at its end, between characters.
    """
    kept = [part for part in parts if part]
    while len(kept) > 1 and size(SEPARATOR.join(kept)) > most:
        del kept[0]
    text = SEPARATOR.join(kept)[:most] if len(kept) == 1 else SEPARATOR.join(kept)
    while size(text) > most:
        text = text[:-1]
    return text.rstrip()
