"""A battery device: awake to report, asleep until a contact moves or the heartbeat is due.

It goes to sleep when everything is delivered and every line is at rest, or when its time awake is
over: what was not delivered stays in the spool and is tried again after five minutes.
"""

import asyncio

from micropython import const

from callpoint_protocol import messages
from callpoint_protocol.names import SLEEPING, STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.board import Board
    from callpoint_firmware.inputs import Inputs
    from callpoint_firmware.link import Link
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.spool import Spool

_TURN_MS = const(50)
_AGAIN_MS = const(300_000)
_FAREWELL_MS = const(2_000)
_AT_ONCE_MS = const(1)


class Sleeper:
    def __init__(
        self,
        board: Board,
        settings: Settings,
        link: Link,
        inputs: Inputs,
        spool: Spool,
        busy: Callable[[], Any],
        settle: Callable[[], object],
    ) -> None:
        """``busy()``: something is under way that a sleep would end; ``settle()``: this start was
        a good one."""
        self._board = board
        self._heartbeat, self._awake = settings.sleep
        self._names = [zone.input for zone in settings.zones if zone.input]
        self._link = link
        self._inputs = inputs
        self._spool = spool
        self._busy = busy
        self._settle = settle
        self._quiet = False
        self.wait_ms = 0  # how long to sleep, once ``run`` has ended

    def _done(self) -> bool:
        return self._link.idle and self._link.proven and self._inputs.at_rest

    async def _until_done(self, until: int) -> None:
        while self._busy() or (self._board.clock.monotonic_ms() < until and not self._done()):
            await asyncio.sleep_ms(_TURN_MS)

    async def run(self) -> None:
        """Return when it is time to sleep; the broker then knows, if it can be reached."""
        until = self._board.clock.monotonic_ms() + self._awake
        await self._until_done(until)
        self._settle()  # which may raise what must be delivered as well
        await self._until_done(until)
        self._quiet = self._done()
        self.wait_ms = self._heartbeat if self._quiet else min(_AGAIN_MS, self._heartbeat)
        try:
            body = messages.encode_status(SLEEPING, self._spool.boot)
            await asyncio.wait_for_ms(self._link.publish(STATUS, body, True), _FAREWELL_MS)
            # Without a farewell the broker would publish the last will over this status.
            await asyncio.wait_for_ms(self._link.close(), _FAREWELL_MS)
        except (OSError, asyncio.TimeoutError):
            return  # the gateway hears of it by the last will

    def sleep(self) -> None:
        """Do not return. The board sets the level that wakes opposite to the level now.

        It returns if a contact has moved between the last look and the sleep; the device then
        starts anew at once and reports the new position as any start does.
        """
        self._spool.note()  # or what was delivered would be sent again at each start
        if not self._quiet or (self._link.idle and self._inputs.at_rest):
            self._board.sleep(self._names, self.wait_ms)
        # Otherwise something happened during the farewell: it is sent after a start, not a sleep.
        while True:
            self._board.sleep(self._names, _AT_ONCE_MS)
