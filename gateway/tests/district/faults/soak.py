"""Plays rounds of faults on a district: the part of `make soak` for it.

python -m gateway.tests.district.faults.soak ROUNDS [SEED]
"""

import asyncio
import random
import secrets
import signal
import sys
import tempfile
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from callpoint_rig.cut_disk import can_cut

from . import power
from .kinds import KINDS, chosen
from .parts import LoadedDistrict
from .rounds import play, printed

#: A district plays so many rounds: all of it is checked after each.
EACH: Final = 25


async def soak(rounds: int, chance: random.Random, folder: Path) -> None:
    """Play rounds and print each. AssertionError: a promise was broken."""
    cuts = can_cut()
    kinds = [*KINDS, *(power.KINDS if cuts else ())]
    with power.disks(folder) if cuts else nullcontext(()) as disks:
        async with LoadedDistrict(folder, chance, disks) as district:
            plan = (chosen(chance, kinds) for _ in range(rounds))
            async for round in play(district, plan):
                print(printed(round), flush=True)


def begun_again(rounds: int, seed: int) -> bool:
    """Play rounds, on a new district after every so many; say whether all was good."""
    chance = random.Random(seed)
    for done in range(0, rounds, EACH):
        print(f"rounds {done + 1} to {min(done + EACH, rounds)}", flush=True)
        with tempfile.TemporaryDirectory(prefix="callpoint-faults-") as folder:
            try:
                asyncio.run(soak(min(EACH, rounds - done), chance, Path(folder)))
            except (AssertionError, TimeoutError) as error:
                print(f"a promise was broken; seed {seed}", flush=True)
                traceback.print_exception(error)
                for log in sorted(Path(folder).glob("*.log")):
                    print(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}")
                return False
    return True


def main() -> int:
    """Play as many rounds as the command line says. Return 1 if a promise was broken."""
    # SIGTERM ends all parts and unmounts the disks, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbits(32)
    print(f"{rounds} rounds of faults on a district, seed {seed}", flush=True)
    if not begun_again(rounds, seed):
        return 1
    print("nothing was lost, doubled or mixed up")
    return 0


if __name__ == "__main__":
    sys.exit(main())
