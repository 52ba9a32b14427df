"""The faults of a chaos run. Each ends by itself; ``over`` also mends disk and clock."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from callpoint_rig.chaos.devices import Device
from callpoint_rig.chaos.gateway import Hand, grip
from callpoint_rig.rig import Rig

FROZEN_S = (0.2, 2.0)
FAULTY_S = (0.3, 2.0)
HOUR_MS = 3_600_000

Fault = Callable[[], Awaitable[None]]


class Faults:
    """Brings faults about in a rig, one after the other."""

    def __init__(
        self, rig: Rig, control: Path, devices: list[Device], chance: random.Random
    ) -> None:
        self._rig = rig
        self._control = control
        self._devices = devices
        self._chance = chance
        self._hand = Hand()
        self.all: dict[str, Fault] = {
            "gateway killed": self._kill_gateway,
            "broker killed": self._kill_broker,
            "broker loses its session": self._lose_session,
            "centre killed": self._kill_receiver,
            "gateway frozen": lambda: self._freeze(self._rig.gateway.pid),
            "broker frozen": lambda: self._freeze(self._rig.broker.pid),
            "disk full": lambda: self._hold(Hand(full=True)),
            "disk errors": lambda: self._hold(Hand(broken_every=3)),
            "clock steps": self._step_clock,
            "repeats": self._repeat,
            "poison": self._poison,
        }

    async def bring_about(self, name: str) -> None:
        """Bring a fault about and wait for its end."""
        await self.all[name]()

    async def over(self) -> None:
        """Mend the disk and set the clock right."""
        grip(self._control, Hand())

    async def _pause(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._chance.uniform(least_s, most_s))

    async def _kill_gateway(self) -> None:
        await self._rig.gateway.kill()
        await self._pause(0.0, 0.5)
        await self._rig.start_gateway()

    async def _kill_broker(self) -> None:
        await self._rig.broker.kill()
        await self._pause(0.0, 1.0)
        await self._rig.broker.start()

    async def _lose_session(self) -> None:
        await self._rig.broker.kill()
        (self._rig.folder / "broker" / "mosquitto.db").unlink(missing_ok=True)
        await self._rig.broker.start()

    async def _kill_receiver(self) -> None:
        await self._rig.receiver.kill()
        await self._pause(0.0, 1.5)
        await self._rig.receiver.start()

    async def _freeze(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        try:
            await self._pause(*FROZEN_S)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _hold(self, hand: Hand) -> None:
        grip(self._control, hand)
        try:
            await self._pause(*FAULTY_S)
        finally:
            await self.over()

    async def _step_clock(self) -> None:
        await self._hold(Hand(off_ms=self._chance.choice((-9, -1, 1, 30)) * HOUR_MS))

    async def _repeat(self) -> None:
        for _ in range(40):
            self._chance.choice(self._devices).send_twice()
        await self._pause(0.0, 0.3)

    async def _poison(self) -> None:
        for _ in range(40):
            self._chance.choice(self._devices).send_garbage()
        await self._pause(0.0, 0.3)
