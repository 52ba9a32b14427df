"""Which chain of a line is worked on next.

A chain that was worked on rests for a moment. What it gets meanwhile then goes together: a gateway
that stores hundreds of events a second sends, and stores its cursor, no more often than that.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

#: How long a chain rests, in seconds. One that has rested is worked on at once.
REST_S: Final = 0.02


class Turns:
    """The chains that may have something to do, by name. For one event loop."""

    def __init__(self) -> None:
        """Begin without any."""
        # Those with news come first.
        self._news: OrderedDict[str, None] = OrderedDict()
        self._others: OrderedDict[str, None] = OrderedDict()
        self._work = asyncio.Event()
        self._busy: set[str] = set()
        self._resting: dict[str, asyncio.TimerHandle] = {}

    def wake(self, name: str) -> None:
        """Have a chain worked on: it has news."""
        self._others.pop(name, None)
        self._news[name] = None
        self._work.set()

    def remind(self, names: Iterable[str]) -> None:
        """Have chains worked on when none has news."""
        for name in names:
            if name not in self._news:
                self._others[name] = None
        self._work.set()

    def is_busy(self, name: str) -> bool:
        """Say whether a chain is worked on now."""
        return name in self._busy

    def rested(self) -> None:
        """End the rest of all chains: a connection is new."""
        for timer in self._resting.values():
            timer.cancel()
        self._resting.clear()
        self._work.set()

    def take(self) -> str | None:
        """Take the next chain, which is busy until ``done``; None: there is nothing to do now."""
        for queue in (self._news, self._others):
            for name in queue:
                if name not in self._busy and name not in self._resting:
                    del queue[name]
                    self._busy.add(name)
                    return name
        return None

    async def next(self) -> str:
        """Take the next chain, and wait for it if there is none."""
        while (name := self.take()) is None:
            self._work.clear()
            await self._work.wait()
        return name

    def done(self, name: str) -> None:
        """Note that a chain is not worked on any more; it rests."""
        self._busy.discard(name)
        loop = asyncio.get_running_loop()
        self._resting[name] = loop.call_later(REST_S, self._rested, name)

    def _rested(self, name: str) -> None:
        self._resting.pop(name, None)
        if name in self._news or name in self._others:
            self._work.set()
