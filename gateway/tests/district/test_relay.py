"""A district as a gateway of its city: engines, processes and databases are real."""

import asyncio
import random
import shutil
from functools import partial
from pathlib import Path

import pytest

from callpoint_district.sites.standing import gateways
from callpoint_rig.district_parts import Database as Server

from .played_gateway import until
from .played_tiers import Tiers, tiers


async def _press_all(played: Tiers, times: int) -> None:
    for gateway in played.gateways.values():
        await gateway.press(times)


def _moved(played: Tiers, before: int) -> bool:
    return played.city.position("d1/g1") > before


def test_the_city_has_every_entry_once_and_in_order(folder: Path, server: Server) -> None:
    async def play() -> None:
        async with tiers(folder, server) as played:
            await _press_all(played, 700)
            await played.until_all_at_the_city()
            played.check()

    asyncio.run(play())


def test_a_gateway_begins_a_new_epoch_and_the_city_has_what_it_forgot(
    folder: Path, server: Server
) -> None:
    async def play() -> None:
        async with tiers(folder, server, ("g1",)) as played:
            gateway = played.gateways["g1"]
            await gateway.press(10)
            await played.until_all_at_the_city()
            await gateway.stop()
            shutil.copytree(gateway.file.parent, folder / "copy")
            gateway.start()
            # What the gateway forgets is not yet at the city when it begins the new epoch.
            await played.city.process.kill()
            await gateway.press(5)
            await until(gateway.all_receipted)
            await gateway.stop()
            shutil.rmtree(gateway.file.parent)
            shutil.copytree(folder / "copy", gateway.file.parent)
            gateway.start()
            await gateway.press(3)
            await until(gateway.all_receipted)
            await played.city.process.start()
            await played.until_all_at_the_city()
            played.check()
            with played.city.database.transaction() as connection:
                found = connection.execute("SELECT count(*) FROM alarms WHERE forgotten")
                assert found.fetchall() == [(5,)]

    asyncio.run(play())


def test_the_database_of_the_district_is_put_back_and_gateways_are_heard(
    folder: Path, server: Server
) -> None:
    async def play() -> None:
        async with tiers(folder, server) as played:
            await _press_all(played, 400)
            await played.until_all_at_the_city()
            await played.district.process.kill()
            copy = await asyncio.to_thread(played.district.copy_database)
            await played.district.process.start()
            await _press_all(played, 600)
            await played.until_all_at_the_city()
            await played.district.process.kill()
            await asyncio.to_thread(played.district.put_back, copy)
            await played.district.process.start()
            await _press_all(played, 5)
            await played.until_all_at_the_city()
            played.check(lost_at_the_district=True)
            await until(lambda: all(row.heard_ms for row in gateways(played.city.database)))
            rows = gateways(played.city.database)
            assert [(row.gateway, row.position, row.program) for row in rows] == [
                ("d1/g1", 1005, "test"),
                ("d1/g2", 1005, "test"),
            ]

    asyncio.run(play())


@pytest.mark.parametrize("seed", [1])
def test_whatever_is_killed_the_city_has_everything_once(
    folder: Path, server: Server, seed: int
) -> None:
    chance = random.Random(seed)

    async def kill(played: Tiers, what: str) -> None:
        tier = played.city if what.startswith("city") else played.district
        part = tier.engine if what.endswith("engine") else tier.process
        await part.kill()
        await _press_all(played, chance.randrange(1, 200))
        await part.start()

    async def play() -> None:
        async with tiers(folder, server) as played:
            faults = ["city", "district", "city engine", "district engine"]
            for what in chance.sample(faults, len(faults)):
                before = played.city.position("d1/g1")
                await _press_all(played, chance.randrange(100, 600))
                # The fault comes when some of it has arrived, and perhaps not all.
                await until(partial(_moved, played, before))
                await kill(played, what)
            await _press_all(played, 10)
            await played.until_all_at_the_city()
            played.check()

    asyncio.run(play())
