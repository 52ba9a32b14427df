"""The values of the page that shows a situation: of one site, or of many."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from callpoint_console.reports.trend import HOURS_OF_A_BAND, Rise, Trend
from callpoint_console.words.page_words import PageWords
from callpoint_protocol import names

_CODES: Final = {name: code for code, name in names.KINDS.items()}


def kinds_in(words: PageWords) -> Callable[[str], str]:
    """Return what names a kind of alarm to people."""
    return lambda name: words.kind(_CODES[name]) if name in _CODES else name


def trend_values(found: Trend, words: PageWords, zone: ZoneInfo, name: str) -> dict[str, Any]:
    """Return the values of ``reports/trend.html``; ``name``: whose situation it is."""
    kind = kinds_in(words)
    usual = 7 / found.before_days if found.before_days else 0
    return {
        "site": name,
        "trend": found,
        "days": round(found.before_days),
        "rises": [_rise(rise, words, kind) for rise in found.rises],
        "most": max(1, *(max(day) for day in found.week)),
        "most_here": max([1, *(now for _, _, now, _ in found.places)]),
        "places": [
            (place, kind(name), now, f"{before * usual:.1f}")
            for place, name, now, before in found.places
        ],
        "date": lambda at_ms: datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d"),
    }


def _rise(rise: Rise, words: PageWords, kind: Callable[[str], str]) -> str:
    if rise.band is None:
        what = words("trend.rise_place", kind=kind(rise.kind), place=rise.place)
    else:
        what = words(
            "trend.rise_band",
            kind=kind(rise.kind),
            first=rise.band,
            last=rise.band + HOURS_OF_A_BAND,
        )
    p_value = f"{rise.p_value:.2g}" if rise.p_value >= 1e-6 else "< 0.000001"
    return words("trend.rise", what=what, now=rise.now, expected=f"{rise.expected:.1f}", p=p_value)
