"""Puts many alarms of low level together, so that those of the urgent ones stay in sight."""

from typing import Final

from callpoint_console.views.alarm_rows import AlarmRow

MOST: Final = 10
WITHIN_MS: Final = 600_000
_LOW: Final = 3  # levels from here on never make a sound for an operator, nor pop up


def collapsed(rows: list[AlarmRow], now_ms: int) -> tuple[list[AlarmRow], list[AlarmRow]]:
    """Return the rows to show, and those of a flood, which are put together."""
    low = [row for row in rows if row.level >= _LOW]
    recent = sum(now_ms - row.began_ms <= WITHIN_MS for row in low)
    if recent <= MOST:
        return rows, []
    return [row for row in rows if row.level < _LOW], low
