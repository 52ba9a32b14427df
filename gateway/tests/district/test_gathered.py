"""What comes singly is taken in batches; some of it comes again, and errors end nothing."""

import asyncio
from collections.abc import Sequence

import psycopg

from callpoint_district.journal.gathered import MOST, Gathered
from callpoint_gateway.host.unexpected import end_all

from .played_gateway import until


def test_what_waits_is_taken_together_in_its_order() -> None:
    batches: list[list[int]] = []

    async def take(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        return ()

    async def play() -> None:
        gathered = Gathered(take)
        for number in range(MOST + 5):
            gathered.put(number)
        running = asyncio.ensure_future(gathered.run())
        await until(lambda: len(batches) == 2)
        gathered.put(-1)
        await until(lambda: len(batches) == 3)
        await end_all([running])

    asyncio.run(play())
    assert batches == [list(range(MOST)), list(range(MOST, MOST + 5)), [-1]]


def test_what_must_come_again_comes_again_and_an_error_of_the_database_ends_nothing() -> None:
    taken: list[int] = []
    refused: list[int] = []

    async def take(batch: Sequence[int]) -> Sequence[int]:
        if batch[0] == 7:
            refused.append(7)
            raise psycopg.OperationalError("away")
        again = [number for number in batch if number % 2 and number not in refused]
        refused.extend(again)
        taken.extend(number for number in batch if number not in again)
        return again

    async def play() -> None:
        gathered = Gathered(take)
        running = asyncio.ensure_future(gathered.run())
        for number in (2, 3, 4):
            gathered.put(number)
        await until(lambda: taken == [2, 4, 3])
        gathered.put(7)
        await until(lambda: 7 in refused)
        gathered.put(8)
        await until(lambda: taken == [2, 4, 3, 8])
        await end_all([running])

    asyncio.run(play())
