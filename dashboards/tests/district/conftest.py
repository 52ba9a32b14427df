"""A district whose gateways a test writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .written_district import WrittenDistrict


@pytest.fixture
def district(tmp_path: Path, address: str) -> Iterator[WrittenDistrict]:
    """Return a district without gateways, in an empty database."""
    written = WrittenDistrict(tmp_path, address)
    yield written
    written.close()
