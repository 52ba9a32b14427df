"""What a bad neighbour does costs no board an event: `make chaos` has it in its full length."""

import asyncio
from pathlib import Path

import pytest

from callpoint_rig.chaos.command import NEIGHBOURS
from callpoint_rig.chaos.harness import Harness
from callpoint_rig.chaos.neighbours import Neighbour

# It waits for three minutes of quiet at the most.
pytestmark = pytest.mark.timeout(400)

SECONDS = 4.0


@pytest.mark.parametrize(
    "neighbour", [beside.neighbour for beside in NEIGHBOURS.values()], ids=lambda bad: bad.__name__
)
def test_nothing_is_lost_beside_a_bad_neighbour(
    tmp_path: Path, neighbour: type[Neighbour]
) -> None:
    verdict = asyncio.run(Harness(tmp_path, 41, neighbour=neighbour).run(SECONDS))
    assert verdict.wrong == []
    assert verdict.lost == verdict.duplicates == 0
    assert verdict.raised == verdict.stored == verdict.delivered > 8
    assert verdict.faults[neighbour.__name__] > 2, "it did not misbehave"
