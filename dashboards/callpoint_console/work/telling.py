"""Which news of work orders is still to be told: each once, by the notifier.

Somebody is told when a work order is given or open again; when its last day comes; and when that
day is over, at once and then each week. What happened while no notifier was there is told for a
day, and then no more.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date
from typing import Final

from callpoint_console.database import Database
from callpoint_console.rendering import words_in
from callpoint_console.site_map import SiteMap
from callpoint_console.work.matters import Matter, matter_text
from callpoint_console.work.orders import State, Step, WorkOrder
from callpoint_gateway.words.said import Said, either
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_people.work_news import WorkNews, WorkWhat

DAY_MS: Final = 86_400_000
AGAIN_DAYS: Final = 7  # between two reminders of what is late
_STEPS: Final = {
    Step.MADE: WorkWhat.GIVEN,
    Step.REOPENED: WorkWhat.REOPENED,
    Step.RETURNED: WorkWhat.REOPENED,
}


class Telling:
    """The news of the work orders in a file. DatabaseFault from every method."""

    def __init__(self, database: Database) -> None:
        """Use an open database with ``schema.WORK_ORDERS``."""
        self._database = database

    def untold(
        self, orders: Iterable[WorkOrder], site: SiteMap, today: str, now_ms: int
    ) -> list[WorkNews]:
        """Return the news of some work orders that nobody was told yet.

        ``today``: the day by the site's clock.
        """
        open_now = {order.number: order for order in orders if order.state is not State.DONE}
        if not open_now:
            return []

        def look(connection: sqlite3.Connection) -> tuple[list[tuple[int, int, str]], set[object]]:
            steps = connection.execute(
                "SELECT number, work_order, step FROM work_steps WHERE at_ms > ?",
                (now_ms - DAY_MS,),
            ).fetchall()
            told = connection.execute("SELECT work_order, what, turn FROM work_told").fetchall()
            return steps, set(told)

        steps, told = self._database.read(look)
        wanted = [
            (open_now[number], _STEPS[Step(step)], str(turn))
            for turn, number, step in steps
            if number in open_now and Step(step) in _STEPS
        ]
        wanted += [
            (order, WorkWhat.DUE, turn)
            for order in open_now.values()
            if (turn := _reminder(order.due, today))
        ]
        return [
            _news(order, what, turn, site, today, now_ms)
            for order, what, turn in wanted
            if (order.number, what.value, turn) not in told
        ]

    def told(self, news: Iterable[WorkNews]) -> None:
        """Store that the notifier has these news."""
        rows = [(each.order, each.what.value, each.turn) for each in news]
        self._database.write(
            lambda c: c.executemany("INSERT OR IGNORE INTO work_told VALUES (?, ?, ?)", rows)
        )


def _reminder(due: str, today: str) -> str:
    """Return what names the reminder that is the last to be told by a day; "": none yet."""
    late = (date.fromisoformat(today) - date.fromisoformat(due)).days
    if late < 0:
        return ""
    return due if late == 0 else f"{due}+{(late - 1) // AGAIN_DAYS}"


def _news(
    order: WorkOrder, what: WorkWhat, turn: str, site: SiteMap, today: str, now_ms: int
) -> WorkNews:
    places = order.places
    return WorkNews(
        what=what,
        order=order.number,
        turn=turn,
        assignee=order.assignee,
        due=order.due,
        late=order.overdue(today),
        place=next(iter(places)) if len(places) == 1 else "",
        matter=_matter(order.matters),
        at_ms=now_ms,
    )


def _matter(matters: tuple[Matter, ...]) -> Said:
    """Return what is to be mended, of several the first and how many more."""
    texts = []
    for language in LANGUAGES:
        words = words_in(language)
        text = matter_text(matters[0], words) if matters else words("work.place")
        more = len(matters) - 1
        texts.append(words("work.and_more", what=text, count=more) if more > 0 else text)
    return either(Text(*texts))
