"""What the tests of people on the pages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .people_site import PeopleSite, people_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PeopleSite]:
    """Return a console with accounts, of an estate where people live and are responsible."""
    with people_site(tmp_path) as found:
        yield found
