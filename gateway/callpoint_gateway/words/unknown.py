"""What may have been meant by a name or number that nothing has."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

MOST: Final = 5
_ALIKE: Final = 0.4


def near(name: str, known: Iterable[str]) -> str:
    """Return up to five known names, the most alike first; if none is alike, the first ones."""
    by_folded = {each.casefold(): each for each in known}
    alike = get_close_matches(name.casefold(), by_folded, MOST, _ALIKE) or [*by_folded][:MOST]
    return ", ".join(by_folded[each] for each in alike) or "-"


def near_number(number: int, known: Iterable[int]) -> str:
    """Return up to five known numbers that are next to a number, in order."""
    found = sorted(sorted(known, key=lambda each: abs(each - number))[:MOST])
    return ", ".join(map(str, found)) or "-"
