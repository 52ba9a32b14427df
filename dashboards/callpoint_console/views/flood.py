"""Puts many alarms of low level together, so that those of the urgent ones stay in sight."""

from collections.abc import Iterable
from typing import Final

from callpoint_console.views.alarm_rows import AlarmRow

MOST: Final = 10
WITHIN_MS: Final = 600_000
LOW: Final = 3  # levels from here on never make a sound for an operator, nor pop up


def collapsed(rows: list[AlarmRow], now_ms: int) -> tuple[list[AlarmRow], list[AlarmRow]]:
    """Return the rows to show, and those of a flood, which are put together."""
    if not is_flood(((row.level, row.began_ms) for row in rows), now_ms):
        return rows, []
    low = [row for row in rows if row.level >= LOW]
    return [row for row in rows if row.level < LOW], low


def is_flood(alarms: Iterable[tuple[int, int]], now_ms: int) -> bool:
    """Say whether alarms, by level and since when (Unix ms), are a flood of low ones."""
    return sum(level >= LOW and now_ms - ms <= WITHIN_MS for level, ms in alarms) > MOST
