"""An empty database of a district for each test; the server is the one of all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_district.database import Database


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """Return an empty database with the schema."""
    database = Database(address)
    yield database
    database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder."""
    return tmp_path
