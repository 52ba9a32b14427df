"""Moments as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def clock(time_ms: int, now_ms: int, zone: ZoneInfo) -> str:
    """Return a moment (Unix ms) as a time of day; with the date if it is not today.

    What a gateway says may lie outside the calendar (years 1 to 9999): then it is the number.
    """
    moment = _at(time_ms, zone)
    if moment is None:
        return f"{time_ms} ms"
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    return moment.strftime("%H:%M:%S" if moment.date() == today else "%Y-%m-%d %H:%M")


def day(time_ms: int, zone: ZoneInfo) -> str:
    """Return the date of a moment (Unix ms); the number if it lies outside the calendar."""
    moment = _at(time_ms, zone)
    return f"{time_ms} ms" if moment is None else f"{moment:%Y-%m-%d}"


def _at(time_ms: int, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_ms / 1000, zone)
    except (OverflowError, ValueError, OSError):
        return None
