"""A gateway out of service on the district's pages: counted nowhere, named with its date."""

import asyncio
from datetime import datetime
from pathlib import Path

from callpoint_console.accounts.roles import Grant
from callpoint_district.areas import levels
from callpoint_district.sites import retiring
from callpoint_district.sites.watching import standings_of
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role

from .shown_district import ShownDistrict
from .written_district import CITY, GONGSHU, XIHU, WrittenDistrict

LEADER = By("op-7", Role.SUPERVISOR, "district")


def test_a_gateway_out_of_service_is_named_with_its_date_and_counted_nowhere(
    tmp_path: Path, district: WrittenDistrict
) -> None:
    district.site("g1", [(CITY, XIHU, "Beishan", "Garden", "3", "101")], at=(30.25, 120.15))
    district.site("g2", [(CITY, GONGSHU, "Mishi", "Bridge", "1", "2")], at=(30.32, 120.14))
    district.event("g1")
    district.event("g2")
    district.copy("g2", district.write("g2", district.new_event("g2")))
    district.fault("g2")
    district.silent("g2", 1)
    shown = ShownDistrict(tmp_path / "console", district)
    since_ms = district.clock.wall_ms()
    date = f"{datetime.fromtimestamp(since_ms / 1000, shown.settings.zone):%Y-%m-%d}"

    async def look() -> None:
        async with shown.running():
            leader = shown.person("lead", Grant(Role.SUPERVISOR))
            before = await leader.until("/", "1 of 2 sites heard")
            assert "Bridge has not been heard since" in before
            # It is open, and not heard, when the gateway is taken out of service.
            await leader.until("/sites/g2/", "THE GATEWAY IS NOT HEARD")
            now_ms = district.clock.wall_ms()
            with district.database.transaction() as connection:
                levels.begin(connection, (), 2, 86_400, "storm", LEADER, now_ms)
            assert retiring.retire(district.database, "g2", since_ms) == 1
            for path in ("/", "/wall"):
                calm = await leader.until(path, "1 of 1 sites heard")
                assert "not heard" not in calm
                assert "Bridge" not in calm
                assert ("1 out of service" in calm) is (path == "/")
                assert "1 site<" in calm
            drawn = (await leader.open("/map")).text
            assert "Garden" in drawn
            assert "Bridge" not in drawn
            queue = await leader.until("/operator", "Sites: 1")
            assert "/sites/g1/" in queue
            assert "/sites/g2/" not in queue
            gateways = (await leader.open("/gateways")).text
            assert f"out of service since {date}" in gateways
            assert "d1: 1 site<" in gateways
            told = (await leader.open("/levels")).text
            assert "0 of 1" in told
            assert f"Bridge: out of service since {date}" in told
            for path in ("/sites/g2/", "/sites/g2/operator"):
                own = await leader.until(path, f"THE GATEWAY IS OUT OF SERVICE since {date}")
                assert f"out of service since {date}</" in own
                assert "NOT HEARD" not in own
            assert not standings_of(district.database, ["g2"])["g2"].heard

    try:
        asyncio.run(look())
    finally:
        shown.close()
