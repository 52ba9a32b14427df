"""The form that puts an area to a response level, at a site and at a district."""

from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse

from callpoint_console.accounts.form import given
from callpoint_console.rendering import language_of, words_in
from callpoint_console.words.page_words import PageWords
from callpoint_gateway.configuration.levels import HIGHEST, LOWEST
from callpoint_gateway.supervision.questions import MAX_LEVEL_S

# The least serious first.
_LEVELS: Final = range(LOWEST, HIGHEST - 1, -1)
_HOUR_S: Final = 3600
_MOST_HOURS: Final = MAX_LEVEL_S // _HOUR_S


class Typed(NamedTuple):
    """What was typed beside the area."""

    level: int
    for_s: int
    reason: str


def choices(words: PageWords) -> dict[str, Any]:
    """Return what the form's template offers beside the areas."""
    return {
        "levels": {level: words.level(level) for level in _LEVELS},
        "most_hours": _MOST_HOURS,
    }


async def typed(request: Request) -> Typed | PlainTextResponse:
    """Return what was typed, or the answer that says what is wrong (409)."""
    level, hours = await given(request, "level"), await given(request, "hours")
    reason, words = (await given(request, "reason")).strip(), words_in(language_of(request))
    if level not in [str(each) for each in _LEVELS] or not _is_hours(hours):
        return PlainTextResponse(words("levels.no_hours", most=_MOST_HOURS), 409)
    if not reason:
        return PlainTextResponse(words("levels.no_reason"), 409)
    return Typed(int(level), int(hours) * _HOUR_S, reason)


def _is_hours(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= _MOST_HOURS
