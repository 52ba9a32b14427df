"""Measures for how long a reload of a large register stops the event loop.

The gateway runs in this process, with Mosquitto and a receiver beside it. A task that wants to run
each millisecond notes the longest time between two of its turns: while the gateway is at rest (the
floor) and while it reads its files again and builds all parts anew.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from callpoint_cli.service.run import SWITCH_S, load
from callpoint_gateway.host.blocking import use_threads
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, StatusBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.reload import Reload
from callpoint_gateway.service import serve
from callpoint_protocol import names
from callpoint_rig.rig import SITE, Rig
from callpoint_rig.simulated_devices import device_id

DEVICES: Final = 5_000
RELOADS: Final = 3
REST_S: Final = 2.0
LOOK_S: Final = 0.02
SOON_S: Final = 60.0
_BEAT_S: Final = 0.001
_BOOT: Final = 0x10002


class _Pauses:
    """The longest time between two turns of a task that wants to run each millisecond."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(_BEAT_S)
            now = time.monotonic()
            self._longest = max(self._longest, now - before)
            before = now

    def taken_ms(self) -> float:
        """Return the longest in ms, and begin anew."""
        longest, self._longest = self._longest, 0.0
        return longest * 1000

    def stop(self) -> None:
        self._task.cancel()


def _fill(state_dir: Path) -> None:
    """Store a birth, an event and a reading of each device."""
    clock = SystemClock()
    state_dir.mkdir(exist_ok=True)
    alarms = Journal(state_dir / "alarms.db", clock, chained=True)
    door = EventBody(SITE, names.DOOR, names.NOTICE, 1, names.OPEN, 1, 0, 1, Quality.AGE)
    birth = StatusBody(SITE, names.ONLINE, _BOOT, "", 0)
    for number in range(DEVICES):
        device = device_id(number)
        alarms.submit(
            [
                NewEntry(Type.STATUS, birth, device),
                NewEntry(Type.EVENT, door, device, _BOOT, 1),
            ]
        )
    alarms.close()


@asynccontextmanager
async def _running(rig: Rig) -> AsyncIterator[Reload]:
    path = rig.write_configuration()
    await asyncio.to_thread(_fill, rig.state_dir)
    await asyncio.gather(rig.broker.start(), rig.receiver.start())
    reload = Reload(lambda: load(path))
    running = asyncio.create_task(
        reload.run(lambda config, register: serve(config, register, None, reload))
    )
    try:
        await _until_built(reload, 1)
        yield reload
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await rig.close()


async def _until_built(reload: Reload, number: int) -> None:
    async with asyncio.timeout(SOON_S):
        while reload.number < number:  # noqa: ASYNC110 - a count, not news
            await asyncio.sleep(LOOK_S)


async def pause_ms(folder: Path) -> tuple[float, float]:
    """Return the longest pause of ``RELOADS`` reloads and that at rest, in ms."""
    use_threads(asyncio.get_running_loop())
    sys.setswitchinterval(SWITCH_S)
    rig = Rig(folder)
    for number in range(DEVICES):
        rig.device(device_id(number), [{"zone": 1, "kind": "door"}])
    async with _running(rig) as reload:
        pauses = _Pauses()
        try:
            await asyncio.sleep(REST_S)
            pauses.taken_ms()
            await asyncio.sleep(REST_S)
            rest = pauses.taken_ms()
            for _ in range(RELOADS):
                before = reload.number
                await reload.ask()
                await _until_built(reload, before + 1)
            return pauses.taken_ms(), rest
        finally:
            pauses.stop()
