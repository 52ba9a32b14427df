"""How soon people saw alarms, and how long a battery lasts."""

import pytest

from callpoint_console.live.figures import Figures
from callpoint_console.views.devices import days_left
from callpoint_gateway.journal.entries import Action, Cause, Mark

from .estate import Estate

DAY_MS = 86_400_000


def test_the_share_counts_what_nobody_has_seen_in_time(site: Estate) -> None:
    figures = Figures()
    first = site.event("button-1-101")
    site.act(first, Action.ACKNOWLEDGE)
    site.act(first, Action.CLOSE, cause=Cause.FALSE)
    site.event("button-1-102")
    drill = site.event("button-2-101", mark=Mark.DRILL)
    site.act(drill, Action.ACKNOWLEDGE)
    with site.source.live() as live:
        situation = live.situation()
        now_ms = situation.at_ms
        figures.follow(live, now_ms)
        today = figures.since(now_ms - DAY_MS, situation)
        assert (today.alarms, today.seen, today.causes) == (2, 1, {"false": 1})
        assert today.within == {30: 1.0, 60: 1.0, 90: 1.0, 180: 1.0}, "it is not late yet"
        assert today.median_ms is not None
        assert today.median_ms < 30_000
        later = figures.since(now_ms + 1, situation)
        assert (later.alarms, later.within, later.median_ms) == (0, {}, None)
        second = site.event("button-3-101")
        site.act(second, Action.ACKNOWLEDGE)
        figures.follow(live, now_ms)
        assert figures.since(now_ms - DAY_MS, live.situation()).seen == 2


@pytest.mark.parametrize(
    ("supply", "days"),
    [
        ([(n * DAY_MS, 3100 - n * 10) for n in range(11)], 10),
        ([(n * DAY_MS, 3000) for n in range(11)], None),
        ([(n * DAY_MS, 3000 + n) for n in range(11)], None),
        ([(n * DAY_MS, 3100 - n * 100) for n in range(4)], None),
        ([(n * DAY_MS // 100, 3100 - n) for n in range(50)], None),
        ([(n * DAY_MS, 2950 - n * 20) for n in range(11)], 0),
        ([], None),
    ],
    ids=["falls", "stays", "rises", "too few", "too short", "low already", "nothing"],
)
def test_a_battery_is_told_in_days(supply: list[tuple[int, int]], days: int | None) -> None:
    now_ms = supply[-1][0] if supply else 0
    assert days_left(supply, now_ms) == days
