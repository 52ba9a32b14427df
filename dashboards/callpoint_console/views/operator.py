"""The live sections of the operator's page, each as HTML."""

from typing import Final

from callpoint_console.rendering import fragment
from callpoint_console.views.alarm_rows import alarm_rows
from callpoint_console.views.context import Context
from callpoint_console.views.flood import collapsed
from callpoint_console.views.links import link_rows
from callpoint_console.views.log_lines import log_line
from callpoint_console.views.running import running_exercises
from callpoint_console.views.strip import strip
from callpoint_console.words.page_words import PageWords

SECTIONS: Final = ("strip", "queue", "figures", "running", "links", "newest")


def sections(context: Context) -> dict[str, str]:
    """Return every section."""
    snapshot, language, at = context.snapshot, context.words.language, context.at
    rows = alarm_rows(context)
    shown, flood = collapsed(rows, context.now_ms)
    counts = {
        level: sum(row.level == level and not row.mark for row in rows) for level in (1, 2, 3, 4)
    }
    newest = snapshot.newest[0] if snapshot.newest else None
    return {
        "strip": fragment("parts/strip.html", language, at, strip=strip(context)),
        "queue": fragment(
            "operator/queue.html", language, at, rows=shown, flood=flood, counts=counts
        ),
        "figures": fragment("operator/figures.html", language, at, within=snapshot.today.within),
        "running": fragment(
            "operator/running.html", language, at, running=running_exercises(context)
        ),
        "links": fragment(
            "operator/links.html",
            language,
            at,
            gateway=snapshot.gateway,
            elsewhere=context.elsewhere,
            retired=context.retired,
            links=link_rows(context),
        ),
        "newest": fragment(
            "operator/newest.html",
            language,
            at,
            line=log_line(newest, context) if newest else None,
        ),
    }


def unread(words: PageWords, at: str) -> dict[str, str]:
    """Return the sections before anything has been read."""
    return dict.fromkeys(SECTIONS, "") | {
        "queue": fragment(
            "operator/queue.html",
            words.language,
            at,
            rows=[],
            flood=[],
            counts=dict.fromkeys((1, 2, 3, 4), 0),
        )
    }
