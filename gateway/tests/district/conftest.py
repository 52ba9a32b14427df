"""One database server for a session of tests; each test has a database of its own there."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_district.database import Database
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.ports import free_port


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running PostgreSQL."""
    server = Server(tmp_path_factory.mktemp("postgresql"), free_port())
    server.make()
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())
    server.remove()


@pytest.fixture
def address(server: Server) -> str:
    """Return the address of an empty database."""
    name = f"t{secrets.token_hex(6)}"
    server.create(name)
    return server.address(name)


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """Return an empty database with the schema."""
    database = Database(address)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder."""
    return tmp_path
