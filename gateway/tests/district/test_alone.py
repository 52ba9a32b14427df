"""Of several processes one does the work, and another as soon as it cannot any more."""

import asyncio
from collections.abc import Callable

import psycopg

from callpoint_district.alone import alone
from callpoint_district.database import Database
from callpoint_gateway.host.unexpected import cancel_all

WAIT_S = 60.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.02)


def test_one_does_it_and_another_goes_on_when_its_connection_is_gone(
    address: str, database: Database
) -> None:
    asyncio.run(_one_does_it(address))


def test_work_that_fails_is_begun_again(address: str, database: Database) -> None:
    asyncio.run(_work_that_fails(address))


async def _one_does_it(address: str) -> None:
    doing: list[int] = []
    began: list[int] = []

    def work(number: int) -> asyncio.Task[None]:
        async def do() -> None:
            doing.append(number)
            began.append(number)
            try:
                await asyncio.Event().wait()
            finally:
                doing.remove(number)

        return asyncio.ensure_future(alone(address, "a test", do))

    tasks = [work(number) for number in range(3)]
    try:
        await until(lambda: len(doing) == 1)
        first = doing[0]
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND granted AND objsubid = 2 AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        await until(lambda: len(began) == 2 and len(doing) == 1)
        assert doing[0] == began[1]
        await cancel_all([tasks[doing[0]]])
        await until(lambda: len(began) == 3 and len(doing) == 1)
        assert first == began[0]
    finally:
        await cancel_all(tasks)
    assert doing == []


async def _work_that_fails(address: str) -> None:
    began: list[int] = []

    async def fail() -> None:
        began.append(1)
        raise ValueError("as a test")

    task = asyncio.ensure_future(alone(address, "a test", fail))
    try:
        await until(lambda: len(began) == 2)
    finally:
        await cancel_all([task])
