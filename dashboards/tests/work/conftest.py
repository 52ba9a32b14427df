"""What the tests of people's work share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..console.estate import Estate, estate
from .house import House


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Estate]:
    """Return an estate whose journals a test writes."""
    with estate(tmp_path) as found:
        yield found


@pytest.fixture
def house(tmp_path: Path, site: Estate) -> Iterator[House]:
    """Return the console of the estate; every device was heard."""
    site.hear_all()
    with House(tmp_path, site).open() as opened:
        yield opened
