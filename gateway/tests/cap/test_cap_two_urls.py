"""One centre with two URLs: what it was told over one of them counts for both."""

import asyncio
from pathlib import Path
from typing import Any

from callpoint_gateway.centres.cap.protocol import open_carrier
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.protocol import path_opener
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.centres import Centre, CentrePath, centre_type
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock
from .test_cap import desk, text, valid

REGISTER = Register(
    [Place(id="home", building="3")],
    [Device(id="board", place="home", zone=[Zone(zone=2, kind="smoke")])],
)
SOON_S = 60.0


def centre_at(*urls: str) -> Centre:
    with_tables: Any = centre_type(PROTOCOLS)
    centre: Centre = with_tables(
        name="desk",
        protocol="cap",
        path=[CentrePath(url=url) for url in urls],
        supervision_s=0.0,
        cap=CapSettings(sender="gw@garden", addresses="desk"),
    )
    return centre


async def delivered(
    centre: Centre, journal: Journal, clock: ManualClock, states: list[int]
) -> None:
    """Journal events of one smoke detector, each after the one before was delivered."""
    opener = path_opener(open_carrier, centre, clock)
    sender = CentreSender(centre, opener, journal, REGISTER, clock, lambda _: None)
    await sender.prepare()
    running = asyncio.create_task(sender.run())
    try:
        async with asyncio.timeout(SOON_S):
            for number, state in enumerate(states, 1):
                wall_ms = clock.wall_ms()
                body = EventBody("estate", names.SMOKE, state, 2, 0, 1, 0, wall_ms, Quality.AGE)
                await journal.store([NewEntry(Type.EVENT, body, "board", clock.wall_ms(), number)])
                while sender.delivered < number:
                    await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await sender.close()


def test_the_end_over_the_other_url_is_an_end(tmp_path: Path, clock: ManualClock) -> None:
    away = [503] * 50
    with desk([200, *away]) as (first, over_first), desk([]) as (second, over_second):
        journal = Journal(tmp_path / "alarms.db", clock, chained=True)
        try:
            centre = centre_at(first, second)
            asyncio.run(
                delivered(centre, journal, clock, [names.ALARM, names.RESTORE, names.ALARM])
            )
        finally:
            journal.close()
    alarm, *tried = [valid(body) for body in over_first]
    restore, again = [valid(body) for body in over_second]
    assert text(alarm, "./msgType") == ["Alert"]
    assert text(restore, "./msgType") == ["Cancel"]
    assert text(restore, "./references")[0].startswith(
        f"gw@garden,{text(alarm, './identifier')[0]},"
    )
    assert text(again, "./msgType") == ["Alert"]
    # What was tried over the first is what the second took.
    contents = {text(valid(body), "./identifier")[0]: body for body in over_second}
    assert tried
    assert all(body == contents[text(valid(body), "./identifier")[0]] for body in over_first[1:])
