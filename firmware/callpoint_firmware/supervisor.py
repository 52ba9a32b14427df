"""Feed the watchdog only while every task that matters still turns.

Each such task calls ``beat`` in its own loop. One that is silent for longer than its patience
ends ``run``, so that the board restarts at once; a loop that does not turn at all feeds nothing,
and the watchdog, which is hardware, restarts the board.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Watchdog
    from callpoint_firmware.clock import Clock

WATCHDOG_MS = const(20_000)
_FEED_MS = const(1_000)


class Supervisor:
    def __init__(self, watchdog: Watchdog, clock: Clock) -> None:
        self._watchdog = watchdog
        self._clock = clock
        self._patience: dict[str, int] = {}
        self._heard_at: dict[str, int] = {}
        self.silent: str | None = None  # the name of the task that was waited for in vain

    def expect(self, name: str, patience_ms: int) -> None:
        """Wait for ``name`` from now on."""
        self._patience[name] = patience_ms
        self.beat(name)

    @property
    def expected(self) -> dict[str, int]:
        return self._patience

    def beat(self, name: str) -> None:
        """Say that ``name`` is alive."""
        self._heard_at[name] = self._clock.monotonic_ms()

    async def run(self) -> None:
        """Return when a task is silent; its name is in ``silent``."""
        while True:
            now = self._clock.monotonic_ms()
            for name in self._patience:
                if now - self._heard_at[name] > self._patience[name]:
                    self.silent = name
                    return
            self._watchdog.feed()
            await asyncio.sleep_ms(_FEED_MS)
