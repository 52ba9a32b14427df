"""What the tests of accounts share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .office import ManualClock, Office, open_database


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock) -> Iterator[Office]:
    """Return accounts on disk."""
    opened = Office(open_database(tmp_path), clock)
    yield opened
    opened.close()
