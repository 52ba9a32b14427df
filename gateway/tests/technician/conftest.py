"""What several tests of the technician's set need."""

import sys
from pathlib import Path

import pytest

from callpoint_technician.image.compiled import Build
from callpoint_technician.image.stock import application

sys.path.insert(0, str(Path(__file__).parent))

BUILD = Build(7, "0.7.0")


@pytest.fixture(scope="session")
def tree() -> dict[str, bytes]:
    """The compiled application of this checkout."""
    return application(BUILD)
