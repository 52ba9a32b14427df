"""What several tests of the technician's set need."""

from pathlib import Path

import pytest

from callpoint_technician.image.compiled import Build
from callpoint_technician.image.stock import application

from .plan_house import ROWS, House

BUILD = Build(7, "0.7.0")


@pytest.fixture(scope="session")
def tree() -> dict[str, bytes]:
    """The compiled application of this checkout."""
    return application(BUILD)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A site whose plan has been imported."""
    made = House(tmp_path)
    made.write(*ROWS)
    made.good()
    return made
