"""Faults by chance, none of which needs root, in two rounds: `make soak` plays two hundred."""

import asyncio
import gc
import random
import secrets
from pathlib import Path

import pytest

from .kinds import KINDS
from .parts import LoadedDistrict
from .rounds import play

ROUNDS = 2
#: So many kinds of faults, of all that there are: about 25 s.
FAULTS = 9


# nats-py leaves a socket to the garbage collector when a server hangs up on its first words.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_fails_in_between_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    names = chance.sample(sorted(KINDS), FAULTS)

    async def rounds() -> int:
        async with LoadedDistrict(tmp_path, chance) as district:
            plan = [names[number::ROUNDS] for number in range(ROUNDS)]
            return len([done async for done in play(district, plan)])

    try:
        assert asyncio.run(rounds()) == ROUNDS
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    finally:
        gc.collect()  # now, and not in the middle of a test that does not know of it
