"""Cursors towards the city: those of many chains in one commit, and none counts before it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from callpoint_district.database import Database
from callpoint_district.relay.cursors import Cursors, RelayCursor

from .area_rows import rows


class Counted(Database):
    """Counts its transactions; the first ``fails`` of them fail."""

    done = fails = 0

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        self.done += 1
        if self.done <= self.fails:
            raise psycopg.OperationalError("the disk is full")
        with super().transaction() as connection:
            yield connection


@pytest.fixture
def counted(address: str, database: Database) -> Iterator[Counted]:
    """Return a database that counts."""
    database.migrate()
    counted = Counted(address)
    yield counted
    counted.close()


def cursors(position: int) -> list[RelayCursor]:
    return [RelayCursor(f"g{number}", "e" * 15, "f" * 15, position) for number in range(50)]


def kept(database: Database) -> set[tuple[object, ...]]:
    found = "SELECT gateway, epoch, line, position FROM relays JOIN relay_epochs USING "
    return set(rows(database, f"{found} (gateway, epoch)"))


def test_cursors_of_many_chains_are_one_commit(database: Database, counted: Counted) -> None:
    async def store(position: int) -> None:
        storing = Cursors(counted)
        await asyncio.gather(*map(storing.store, cursors(position)))

    for position in (5, 3):
        before = counted.done
        asyncio.run(store(position))
        assert counted.done - before <= 2, "the first goes alone, and the others together"
        assert kept(database) == {(f"g{n}", "e" * 15, "f" * 15, position) for n in range(50)}


def test_a_cursor_counts_only_when_it_is_stored(database: Database, counted: Counted) -> None:
    counted.fails = 2

    async def store() -> list[BaseException | None]:
        storing = Cursors(counted)
        return await asyncio.gather(*map(storing.store, cursors(7)), return_exceptions=True)

    results = asyncio.run(store())
    assert [result is None for result in results].count(False) == 2
    there = {row[0] for row in kept(database)}
    assert there >= {f"g{number}" for number, result in enumerate(results) if result is None}


def test_a_failed_query_leaves_the_next_transaction_whole(database: Database) -> None:
    for _ in range(5):
        with pytest.raises(psycopg.Error), database.reading() as connection:
            connection.execute("SELECT 1/0")
    statements = "CREATE TABLE half (number integer)", "SELECT 1/0"
    with pytest.raises(psycopg.Error), database.transaction() as connection:
        list(map(connection.execute, statements))
    assert rows(database, "SELECT to_regclass('half')") == [(None,)]
