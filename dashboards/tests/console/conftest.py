"""What the console's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .estate import Estate, estate


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Estate]:
    """Return an estate whose journals a test writes."""
    with estate(tmp_path) as found:
        yield found
