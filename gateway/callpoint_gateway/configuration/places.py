"""Which places a text means: their ids, or beginnings of the text by which they are shown."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from callpoint_gateway.configuration.centres import Route
from callpoint_gateway.configuration.register import Place

REMEMBERED: Final = 16_384


def covers(route: Route, place: Place | None) -> bool:
    """Say whether the route is for this place. What has no place is for every route."""
    if not route.places or place is None:
        return True
    return any(means(wanted, place) for wanted in route.places)


def means(wanted: str, place: Place) -> bool:
    """Say whether a text of the configuration means this place or something around it.

    Unicode form, case and blanks do not matter. A part may have a slash of its own.
    """
    return wanted == place.id or _comparable(wanted) in _compared(place.grid)


def ids_of(wanted: str, places: Iterable[Place]) -> list[str]:
    """Return the id of each place that a text means: of one alone if the text is its id."""
    known = list(places)
    if any(place.id == wanted for place in known):
        return [wanted]
    return [place.id for place in known if means(wanted, place)]


def beginning(wanted: str, place: Place) -> tuple[str, ...] | None:
    """Return the first parts of a place that a text writes; None: it writes others."""
    text = _comparable(wanted)
    for count in range(1, len(place.grid) + 1):
        if _comparable(" / ".join(place.grid[:count])) == text:
            return place.grid[:count]
    return None


def nearest(wanted: str, places: Iterable[Place]) -> str | None:
    """Return the text of a place that may have been meant; None when none is like it."""
    texts = {
        _comparable(text): text for place in places for text in (place.id, *_around(place.grid))
    }
    found = get_close_matches(_comparable(wanted), texts, n=1, cutoff=0.5)
    return texts[found[0]] if found else None


def _around(grid: tuple[str, ...]) -> list[str]:
    return [" / ".join(grid[:count]) for count in range(1, len(grid) + 1)]


# Every route is compared with every place: a register of thousands took ten seconds.
@lru_cache(REMEMBERED)
def _compared(grid: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_comparable, _around(grid)))


@lru_cache(REMEMBERED)
def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return re.sub(r"\s*/\s*", "/", " ".join(folded.split()))
