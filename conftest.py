"""What all tests share: Hypothesis judges no time, and the database server of a district."""

import asyncio
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from callpoint_rig.district_parts import Database as DatabaseServer

# On a busy machine a time says nothing.
settings.register_profile("callpoint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("callpoint")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[DatabaseServer]":
    """Return a running PostgreSQL."""
    from callpoint_rig.district_parts import Database
    from callpoint_rig.ports import free_port

    server = Database(tmp_path_factory.mktemp("postgresql"), free_port())
    server.make()
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())
    server.remove()


@pytest.fixture(scope="session")
def template(server: "DatabaseServer") -> str:
    """Return the name of a database with the schema, of which nobody is a client."""
    from callpoint_district.database import Database

    name = "template_with_schema"
    server.create(name)
    database = Database(server.address(name))
    database.migrate()
    database.close()
    return name


@pytest.fixture
def address(server: "DatabaseServer", template: str) -> str:
    """Return the address of a new database with the schema, and nothing in it."""
    name = f"t{secrets.token_hex(6)}"
    server.copy(template, name)
    return server.address(name)
