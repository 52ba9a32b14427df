"""A district as a gateway of its city: engines, processes and databases are real."""

import asyncio
import random
import shutil
from functools import partial
from pathlib import Path

import pytest

from callpoint_district.sites.standing import gateways
from callpoint_rig.district_parts import Database as Server

from .played_gateway import PlayedGateway, until
from .played_tiers import Tiers, tiers


async def _press_all(played: Tiers, times: int) -> None:
    for gateway in played.gateways.values():
        await gateway.press(times)


def _moved(played: Tiers, before: int) -> bool:
    return played.city.position("d1/g1") > before


async def _put_back(gateway: PlayedGateway, copy: Path) -> None:
    """Have a gateway forget what it has told its district and not yet its city."""
    await gateway.stop()
    shutil.copytree(gateway.file.parent, copy)
    gateway.start()
    await gateway.press(5)
    await until(gateway.all_receipted)
    await gateway.stop()
    shutil.rmtree(gateway.file.parent)
    shutil.copytree(copy, gateway.file.parent)
    gateway.start()
    await gateway.press(3)
    await until(gateway.all_receipted)


def test_the_database_of_the_district_is_put_back(folder: Path, server: Server) -> None:
    async def play() -> None:
        async with tiers(folder, server) as played:
            await _press_all(played, 50)
            await played.until_all_at_the_top()
            await played.district.process.kill()
            copy = await asyncio.to_thread(played.district.copy_database)
            await played.district.process.start()
            await _press_all(played, 300)
            await played.until_all_at_the_top()
            await played.district.process.kill()
            await asyncio.to_thread(played.district.put_back, copy)
            await played.district.process.start()
            await _press_all(played, 5)
            await played.until_all_at_the_top()
            played.check(put_back=played.district)
            rows = gateways(played.city.database)
            assert [(row.gateway, row.position) for row in rows] == [
                ("d1/g1", 355),
                ("d1/g2", 355),
            ]

    asyncio.run(play())


def test_what_stands_in_the_middle_of_three_tiers_is_killed_and_put_back(
    folder: Path, server: Server
) -> None:
    async def play() -> None:
        async with tiers(folder, server, names=("p1", "c1", "d1")) as played:
            middle = played.city
            await _press_all(played, 20)
            await played.until_all_at_the_top()
            await middle.process.kill()
            copy = await asyncio.to_thread(middle.copy_database)
            await middle.process.start()
            await _press_all(played, 300)
            await until(lambda: played.top.position("c1/d1/g1") > 20)
            await middle.process.kill()
            await middle.engine.kill()
            await asyncio.to_thread(middle.put_back, copy)
            await _press_all(played, 5)
            await middle.engine.start()
            await middle.process.start()
            await played.until_all_at_the_top()
            await until(lambda: played.all_at(middle))
            played.check(put_back=middle)
            expected = [("c1/d1/g1", 325), ("c1/d1/g2", 325)]
            assert [
                (row.gateway, row.position) for row in gateways(played.top.database)
            ] == expected

    asyncio.run(play())


@pytest.mark.parametrize("seed", [1])
def test_whatever_is_killed_or_forgotten_the_city_has_everything_once(
    folder: Path, server: Server, seed: int
) -> None:
    chance = random.Random(seed)

    async def kill(played: Tiers, what: str) -> None:
        tier = played.city if what.startswith("city") else played.district
        part = tier.engine if what.endswith("engine") else tier.process
        await part.kill()
        if what == "city":
            await _put_back(played.gateways["g2"], folder / "copy")
        await _press_all(played, chance.randrange(1, 200))
        await part.start()

    async def play() -> None:
        async with tiers(folder, server) as played:
            faults = ["city", "district", "city engine", "district engine"]
            for what in chance.sample(faults, len(faults)):
                before = played.city.position("d1/g1")
                await _press_all(played, chance.randrange(100, 300))
                # The fault comes when some of it has arrived, and perhaps not all.
                await until(partial(_moved, played, before))
                await kill(played, what)
            await _press_all(played, 10)
            await played.until_all_at_the_top()
            played.check()
            with played.city.database.transaction() as connection:
                found = connection.execute(
                    "SELECT gateway, count(*) FROM alarms WHERE forgotten GROUP BY 1"
                )
                assert found.fetchall() == [("d1/g2", 5)]

    asyncio.run(play())
