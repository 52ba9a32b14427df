"""Which chain of a line is worked on next, and that one that was rests for a moment."""

import asyncio
from itertools import pairwise

from callpoint_gateway.upstream.turns import REST_S, Turns

from ..virtual_time import run


def test_news_come_first_and_a_chain_is_worked_on_once_at_a_time() -> None:
    async def play() -> None:
        turns = Turns()
        turns.remind(["a", "b"])
        turns.wake("b")
        assert [turns.take(), turns.take(), turns.take()] == ["b", "a", None]
        turns.wake("a")
        assert turns.take() is None
        assert turns.is_busy("a")
        turns.done("a")
        assert await turns.next() == "a"

    run(play())


def test_what_comes_while_a_chain_rests_is_taken_together() -> None:
    took_s: list[float] = []

    async def lane(turns: Turns) -> None:
        while True:
            name = await turns.next()
            took_s.append(asyncio.get_running_loop().time())
            turns.done(name)

    async def play() -> None:
        turns = Turns()
        working = asyncio.ensure_future(lane(turns))
        for _ in range(100):
            turns.wake("a")
            await asyncio.sleep(REST_S / 10)
        await asyncio.sleep(2 * REST_S)
        working.cancel()

    run(play())
    # The first at once; then no more often than a chain rests.
    assert took_s[0] == 0
    assert all(after - before > REST_S * 0.999 for before, after in pairwise(took_s))
    assert 9 <= len(took_s) <= 12


def test_a_new_connection_ends_every_rest() -> None:
    async def play() -> None:
        turns = Turns()
        turns.wake("a")
        turns.done(await turns.next())
        turns.wake("a")
        assert turns.take() is None
        turns.rested()
        assert turns.take() == "a"

    run(play())
