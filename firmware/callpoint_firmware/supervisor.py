"""Feed the watchdog only while every task that matters still turns.

Each such task calls ``beat`` in its own loop. One that is silent for longer than its patience
ends ``run``, so that the board restarts at once; a loop that does not turn at all feeds nothing,
and the watchdog, which is hardware, restarts the board.
"""

import asyncio

from micropython import const

WATCHDOG_MS = const(20_000)
_FEED_MS = const(1_000)


class Supervisor:
    def __init__(self, watchdog, clock):
        self._watchdog = watchdog
        self._clock = clock
        self._patience = {}
        self._heard = {}
        self.silent = None  # the name of the task that was waited for in vain

    def expect(self, name, patience_ms):
        """Wait for ``name`` from now on."""
        self._patience[name] = patience_ms
        self.beat(name)

    @property
    def expected(self):
        return self._patience

    def beat(self, name):
        """Say that ``name`` is alive."""
        self._heard[name] = self._clock.monotonic_ms()

    async def run(self):
        """Return when a task is silent; its name is in ``silent``."""
        while True:
            now = self._clock.monotonic_ms()
            for name in self._patience:
                if now - self._heard[name] > self._patience[name]:
                    self.silent = name
                    return
            self._watchdog.feed()
            await asyncio.sleep_ms(_FEED_MS)
