"""An empty database for each test, of the one server of all tests; an engine for a module."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_district.database import Database

from .secured_engine import Secured


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


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Return the loop of the module's engine."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def engine(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Return a running engine with TLS, one for the module."""
    engine = Secured(tmp_path_factory.mktemp("secured"))
    runner.run(engine.part.start())
    yield engine
    runner.run(engine.part.kill())
