"""Moments as people of the site read them."""

from collections.abc import Callable
from datetime import datetime

from callpoint_console.people.assembly import People


def clock_of(people: People) -> Callable[[int], str]:
    """Return what writes Unix ms as a time of day of the site; with the date if not today."""

    def clock(ms: int) -> str:
        moment = datetime.fromtimestamp(ms / 1000, people.zone)
        today = moment.date() == people.today
        return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")

    return clock
