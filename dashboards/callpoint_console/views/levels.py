"""The response levels in force, as a section that is live."""

import msgspec

from callpoint_console.rendering import fragment
from callpoint_console.views.context import Context
from callpoint_console.views.strip import levels_of
from callpoint_gateway.supervision.questions import EndLevel


class Row(msgspec.Struct, frozen=True):
    """A level in force. ``may_end``: the visitor may end it."""

    number: int
    level: str
    area: str
    until: str
    who: str
    reason: str
    may_end: bool


def levels_section(context: Context) -> str:
    """Return the list of the levels that concern the visitor's places."""
    rows = [
        Row(
            level.number,
            context.words.level(level.level),
            level.area or context.words("operator.whole_site"),
            context.clock(level.until_ms),
            level.who,
            level.reason,
            context.may(EndLevel, level.area),
        )
        for level in levels_of(context)
    ]
    return fragment("work/level_list.html", context.words.language, context.at, rows=rows)
