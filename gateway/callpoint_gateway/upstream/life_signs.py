"""Says to the district, again and again, that gateways live and how far their journals are."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from nats.aio.client import Client

from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import LifeSign

#: A life sign goes out so often.
LIFE_SIGN_S: Final = 20.0
FLUSH_S: Final = 5
#: Other work has its turn after so many: a publish alone lets nothing else run.
PIECE: Final = 500

#: Returns the path of each gateway at the district, and what is said of it.
Signs = Callable[[], Awaitable[Iterable[tuple[str, LifeSign]]]]


class LifeSigns:
    """The life signs that go over one line."""

    def __init__(self, district: str, signs: Signs, every_s: float | None = None) -> None:
        """``district``: to which they go. ``every_s``: how often, ``LIFE_SIGN_S`` if not said."""
        self._district = district
        self._every_s = LIFE_SIGN_S if every_s is None else every_s
        self._signs = signs

    async def work(self, client: Client) -> None:
        """Say it over a connection as long as it stands."""
        while True:
            for number, (gateway, sign) in enumerate(await self._signs(), 1):
                subject = words.upward(self._district, gateway, "status")
                await client.publish(subject, words.encode(sign))
                if number % PIECE == 0:
                    await client.flush(timeout=FLUSH_S)
            await client.flush(timeout=FLUSH_S)
            await asyncio.sleep(self._every_s)
