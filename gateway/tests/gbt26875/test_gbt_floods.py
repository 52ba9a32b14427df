"""A fire centre that orders or babbles without end costs no memory, no log and no alarm."""

import asyncio
import logging
from pathlib import Path

import pytest

from callpoint_protocol import names
from callpoint_rig.receivers.fire_centre import CONFIRM, CONTROL

from ..conftest import ManualClock
from .estate import Estate, play

ORDERS = 1_000
EVERYTHING = bytes([89, 1, 0])
COMPONENTS = 2


def test_orders_are_carried_out_one_at_a_time_and_an_alarm_passes(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        before = len(asyncio.all_tasks())
        last = [one.centre.order(CONTROL, EVERYTHING) for _ in range(ORDERS)][-1]
        alarm = asyncio.create_task(one.raised(names.SMOKE, names.ALARM, 2))
        most = 0
        while not alarm.done():
            most = max(most, len(asyncio.all_tasks()))
            await asyncio.sleep(0)
        assert alarm.result().accepted
        assert most <= before + 5
        await one.centre.until(
            lambda heard: heard["command"] == CONFIRM and heard["serial"] == last
        )
        told = [heard for heard in one.centre.heard if heard.get("type") == COMPONENTS]
        assert len(told) < ORDERS / 10, "what was ordered again before it was told is told once"

    play(tmp_path, clock, scenario)


def test_what_it_babbles_is_a_line_now_and_then(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        one.centre.babble(b"@@\x00##" * 4_000)
        last = one.centre.order(CONTROL, bytes([77, 1, 0]))
        await one.centre.until(lambda heard: heard["serial"] == last)
        assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted

    with caplog.at_level(logging.INFO, "callpoint_gateway"):
        play(tmp_path, clock, scenario)
    said = [one for one in caplog.records if one.name.endswith("gbt26875.path")]
    assert 1 <= len(said) < 10
