"""Test reports: on schedule, never two together, never none for long, whatever the clock does."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.centres.periodic_test import LEAST_S, LOOK_S, due_in_s
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.journal.entries import ReportBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import TEST_WITH_TROUBLE
from callpoint_protocol import names

from ..conftest import ManualClock
from .centre_desk import CentreDesk, faults, play

ZONE = ZoneInfo("Asia/Shanghai")
DAY_S = 86_400.0
DAILY = Centre(name="c", host="h", port=1, account="1234", test_at="03:30")
EVERY = Centre(name="c", host="h", port=1, account="1234", test_every_s=600)
NOON_MS = round(datetime(2026, 11, 24, 4, 0, tzinfo=UTC).timestamp() * 1000)  # 12:00 at the site


def test_every_so_often() -> None:
    assert due_in_s(EVERY, ZONE, NOON_MS, None) == 0
    assert due_in_s(EVERY, ZONE, NOON_MS, 100) == 500
    assert due_in_s(EVERY, ZONE, NOON_MS, 700) == 0


def test_none() -> None:
    centre = Centre(name="c", host="h", port=1, account="1234")
    assert due_in_s(centre, ZONE, NOON_MS, None) is None


def test_at_a_time_of_day() -> None:
    assert due_in_s(DAILY, ZONE, NOON_MS, None) == 15.5 * 3600
    assert due_in_s(DAILY, ZONE, NOON_MS, 8.5 * 3600) == 15.5 * 3600
    # It was off at half past three.
    assert due_in_s(DAILY, ZONE, NOON_MS, 24 * 3600) == 0


@given(st.lists(st.integers(-3 * 86_400, 3 * 86_400), max_size=6), st.integers(0, 86_400))
def test_a_clock_that_jumps_makes_neither_two_nor_none(steps: list[int], start: int) -> None:
    """Simulated by the hour for a week; the wall clock jumps once each day."""
    wall_s, mono_s, last, tests = NOON_MS / 1000 + start, 0.0, 0.0, list[float]()
    while mono_s < 8 * DAY_S:
        due = due_in_s(DAILY, ZONE, round(wall_s * 1000), mono_s - last)
        assert due is not None
        if due == 0:
            tests.append(mono_s - last)
            last = mono_s
            continue
        wait = min(due, LOOK_S)
        before = mono_s
        mono_s, wall_s = mono_s + wait, wall_s + wait
        if steps and before // DAY_S != mono_s // DAY_S:
            wall_s += steps.pop()
    assert all(LEAST_S <= between <= 1.5 * DAY_S + LOOK_S for between in tests), tests
    assert tests


@pytest.mark.parametrize("at", ["03:30", "02:30", "12:00", "00:00"])
@pytest.mark.parametrize("first", [datetime(2026, 10, 23), datetime(2026, 3, 27)])
def test_once_a_day_on_every_day_of_every_zone(first: datetime, at: str) -> None:
    """Summer time ends on 25 October 2026 and begins on 29 March in Berlin."""
    zone = ZoneInfo("Europe/Berlin")
    centre = Centre(name="c", host="h", port=1, account="1234", test_at=at)
    now_s = first.replace(hour=13, tzinfo=zone).timestamp()
    last_s, told = now_s - DAY_S / 24, list[datetime]()
    while len(told) < 4:
        due_s = due_in_s(centre, zone, round(now_s * 1000), now_s - last_s)
        assert due_s is not None
        now_s += due_s
        last_s = now_s
        told.append(datetime.fromtimestamp(now_s, zone))
    assert [moment.day for moment in told] == [first.day + day for day in range(1, 5)]
    # At half past two on the day that has no such time it comes at half past three.
    odd = [moment for moment in told if f"{moment:%H:%M}" != at]
    assert [f"{moment:%d %H:%M}" for moment in odd] in ([], ["29 03:30"])


def test_reports_are_entries_and_arrive(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(test_every_s=0.05)
        await desk.until_delivered(1)
        clock.advance(60)
        await desk.until_delivered(2)
        assert desk.first.events[:2] == [(1, "#1234|Nri0/RP0"), (2, "#1234|Nri0/RP0")]

    play(alarms, clock, scenario)


def test_a_restart_makes_no_report_of_its_own(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.start(test_every_s=600)
        await desk.until_delivered(1)
        await desk.crash()
        await desk.start(test_every_s=600)
        desk.raise_event(names.PANIC)
        await desk.until_delivered(2)
        assert [data for _, data in desk.first.events] == ["#1234|Nri0/RP0", "#1234|Nri1/PA1"]

    play(alarms, clock, scenario)


def test_a_report_says_that_something_is_wrong(alarms: Journal, clock: ManualClock) -> None:
    async def scenario(desk: CentreDesk) -> None:
        await desk.first.stop()
        await desk.start(supervision_s=0.05)
        await desk.until(lambda found: bool(faults(found)))
        await desk.crash()
        await desk.start(test_every_s=600)
        entries = await desk.until(lambda found: len(found) == 2)
        assert isinstance(entries[1].body, ReportBody)
        assert entries[1].body.detail == TEST_WITH_TROUBLE

    play(alarms, clock, scenario)
