"""How soon people saw the alarms of the last days, and what the alarms turned out to be.

It folds the actions of people, which are few, and never the events. Drills and tests do not count.
"""

from collections.abc import Iterable
from statistics import median
from typing import Final

import msgspec

from callpoint_gateway.alarms.report_summary import WITHIN_S
from callpoint_gateway.alarms.site_source import LiveModel
from callpoint_gateway.alarms.situation import Alarm, Situation
from callpoint_gateway.journal.ages import between_ms, stamp_of
from callpoint_gateway.journal.entries import Action, ActionBody, Entry, EventBody, Mark, Type

BLOCK: Final = 500
DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS


class Response(msgspec.Struct, frozen=True):
    """The response in a period. ``within``: the share seen within so many seconds, 0 to 1.

    ``alarms`` were opened in the period; of ``seen`` of them the median until then is
    ``median_ms``. An alarm that nobody has seen yet counts once its limit is over. ``causes``
    counts the alarms that were closed in the period.
    """

    alarms: int
    seen: int
    within: dict[int, float]
    median_ms: int | None
    causes: dict[str, int]


class _Seen(msgspec.Struct, frozen=True):
    opened_ms: int
    took_ms: int


class Figures:
    """The answers of the last week. Call ``follow`` before each ``since``."""

    def __init__(self) -> None:
        """Begin without any action."""
        self._position: int | None = None
        self._seen: list[_Seen] = []
        self._closed: list[tuple[int, str]] = []

    def follow(self, live: LiveModel, now_ms: int) -> None:
        """Read the actions since the last call; at first those of the last week."""
        oldest_ms = now_ms - WEEK_MS - DAY_MS
        if self._position is None:
            self._position = _before(live, oldest_ms)
        while entries := live.entries_after(self._position, (Type.ACTION,), BLOCK):
            self._position = entries[-1].position
            for entry in entries:
                self._take(entry, live)
        self._seen = [seen for seen in self._seen if seen.opened_ms >= oldest_ms]
        self._closed = [closed for closed in self._closed if closed[0] >= oldest_ms]

    def _take(self, entry: Entry, live: LiveModel) -> None:
        body = entry.body
        if not isinstance(body, ActionBody) or entry.about is None:
            return
        if body.action not in (Action.ACKNOWLEDGE, Action.CLOSE):
            return
        alarm = live.entry(entry.about)
        if alarm is None or not isinstance(alarm.body, EventBody):
            return
        if alarm.body.mark is not Mark.REAL:
            return
        if body.action is Action.CLOSE:
            self._closed.append((entry.recorded_ms, body.cause.value if body.cause else ""))
            return
        opened = stamp_of(alarm)
        self._seen.append(_Seen(opened.wall_ms, between_ms(opened, stamp_of(entry))))

    def since(self, since_ms: int, situation: Situation) -> Response:
        """Return the response to the alarms that were opened from ``since_ms`` (Unix ms) on."""
        took = [seen.took_ms for seen in self._seen if seen.opened_ms >= since_ms]
        unseen = [alarm for alarm in situation.real if _unseen(alarm, since_ms)]
        causes: dict[str, int] = {}
        for at_ms, cause in self._closed:
            if at_ms >= since_ms:
                causes[cause] = causes.get(cause, 0) + 1
        return Response(
            alarms=len(took) + len(unseen),
            seen=len(took),
            within={s: share for s in WITHIN_S if (share := _share(took, unseen, s)) is not None},
            median_ms=round(median(took)) if took else None,
            causes=dict(sorted(causes.items())),
        )


def _unseen(alarm: Alarm, since_ms: int) -> bool:
    new = not any(step.action is Action.ACKNOWLEDGE for step in alarm.steps)
    return new and alarm.opened_ms >= since_ms


def _share(took: Iterable[int], unseen: Iterable[Alarm], limit_s: int) -> float | None:
    in_time = [ms <= limit_s * 1000 for ms in took]
    in_time += [False for alarm in unseen if alarm.age_ms > limit_s * 1000]
    return sum(in_time) / len(in_time) if in_time else None


def _before(live: LiveModel, time_ms: int) -> int:
    """Return a position before which everything was recorded before ``time_ms``."""
    low, high = 0, live.head()
    while low < high:
        middle = (low + high + 1) // 2
        entry = live.entry(middle)
        if entry is not None and entry.recorded_ms >= time_ms:
            high = middle - 1
        else:
            low = middle
    return low
