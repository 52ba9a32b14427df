"""A district whose engine and database lose what was not flushed loses nothing all the same."""

import asyncio
import random
import secrets
import sys
from pathlib import Path

import pytest

from callpoint_rig.cut_disk import can_cut

CHECKOUT = Path(__file__).parents[2]
sys.path.append(str(CHECKOUT))

from gateway.tests.district.faults import power  # noqa: E402
from gateway.tests.district.faults.parts import LoadedDistrict  # noqa: E402
from gateway.tests.district.faults.rounds import play  # noqa: E402


# nats-py leaves a socket to the garbage collector when a server hangs up on its first words.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not can_cut(), reason="this machine has no loop devices")
def test_a_district_that_loses_power_loses_nothing(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    plan = [[name] for name in chance.sample(sorted(power.KINDS), len(power.KINDS))]

    async def rounds() -> int:
        with power.disks(tmp_path) as disks:
            async with LoadedDistrict(tmp_path, chance, disks) as district:
                return len([done async for done in play(district, plan)])

    try:
        assert asyncio.run(rounds()) == len(plan)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
