"""A house for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock
from .notify_house import House

MakeHouse = Callable[..., House]


@pytest.fixture
def make_house(tmp_path: Path, alarms: Journal, clock: ManualClock) -> Iterator[MakeHouse]:
    """Return what makes a house with more settings; its stores are closed at the end."""
    made: list[House] = []

    def make(notify: str = "", head: str = "") -> House:
        made.append(House(tmp_path, alarms, clock, notify, head))
        return made[-1]

    yield make
    for house in made:
        house.people.close()
