"""Moments as pages say them, whatever a gateway says they are."""

from zoneinfo import ZoneInfo

from callpoint_console.views.moments import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON_MS = 1_796_011_200_000  # 2026-11-30, 12:00 in Shanghai


def test_a_moment_of_today_is_a_time_and_another_has_its_date() -> None:
    assert clock(NOON_MS + 1_000, NOON_MS, SHANGHAI) == "12:00:01"
    assert clock(NOON_MS - 86_400_000, NOON_MS, SHANGHAI) == "2026-11-29 12:00"


def test_a_moment_outside_the_calendar_is_the_number() -> None:
    for beyond in (2**60, -(2**60)):
        assert clock(beyond, NOON_MS, SHANGHAI) == f"{beyond} ms"
