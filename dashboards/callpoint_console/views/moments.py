"""Moments as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def clock(time_ms: int, now_ms: int, zone: ZoneInfo) -> str:
    """Return a moment (Unix ms) as a time of day; with the date if it is not today.

    What a gateway says may lie outside the calendar (years 1 to 9999): then it is the number.
    """
    try:
        moment = datetime.fromtimestamp(time_ms / 1000, zone)
    except (OverflowError, ValueError, OSError):
        return f"{time_ms} ms"
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    return moment.strftime("%H:%M:%S" if moment.date() == today else "%Y-%m-%d %H:%M")
