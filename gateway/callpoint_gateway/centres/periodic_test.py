"""When a centre is next told that all is well, or that it is not: a test on schedule.

Time is monotonic. The wall clock only says where in the day a test belongs, and can move one by
less than a day: there are never two within half a day, and never none for a day and a half.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callpoint_gateway.configuration.centres import Centre

DAY_S: Final = 86_400.0
LEAST_S: Final = DAY_S / 2
# How long a wait is at most, so that a clock that was set meanwhile is noticed.
LOOK_S: Final = 3600.0


def due_in_s(centre: Centre, zone: ZoneInfo, wall_ms: int, since_s: float | None) -> float | None:
    """Return in how many seconds a test is due; None: never.

    ``since_s``: how long ago the last one was, as far as is known.
    """
    if centre.test_every_s:
        return 0.0 if since_s is None else max(0.0, centre.test_every_s - since_s)
    if centre.test_at is None:
        return None
    now = datetime.fromtimestamp(wall_ms / 1000, zone)
    hours, minutes = map(int, centre.test_at.split(":"))
    passed_s = (now.hour - hours) * 3600 + (now.minute - minutes) * 60 + now.second
    left_s = -passed_s % DAY_S
    if since_s is None:
        return left_s
    if since_s < LEAST_S:
        return left_s if left_s >= LEAST_S - since_s else left_s + DAY_S
    # The time of day has passed since the last test, and nobody was there to see it.
    missed = since_s >= DAY_S - left_s + 60 and since_s >= LEAST_S
    return 0.0 if missed else left_s
