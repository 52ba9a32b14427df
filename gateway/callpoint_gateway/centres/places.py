"""Which places a route means: their ids, or beginnings of the text by which they are shown."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from callpoint_gateway.configuration.centres import Route
from callpoint_gateway.configuration.register import Place


def covers(route: Route, place: Place | None) -> bool:
    """Say whether the route is for this place. What has no place is for every route."""
    if not route.places or place is None:
        return True
    return any(means(wanted, place) for wanted in route.places)


def means(wanted: str, place: Place) -> bool:
    """Say whether a text of the configuration means this place or something around it.

    Unicode form, case and blanks do not matter. A part may have a slash of its own.
    """
    if wanted == place.id:
        return True
    text = _comparable(wanted)
    return any(text == _comparable(around) for around in _around(place))


def nearest(wanted: str, places: Iterable[Place]) -> str | None:
    """Return the text of a place that may have been meant; None when none is like it."""
    texts = {_comparable(text): text for place in places for text in (place.id, *_around(place))}
    found = get_close_matches(_comparable(wanted), texts, n=1, cutoff=0.5)
    return texts[found[0]] if found else None


def _around(place: Place) -> list[str]:
    return [" / ".join(place.grid[:count]) for count in range(1, len(place.grid) + 1)]


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return re.sub(r"\s*/\s*", "/", " ".join(folded.split()))
