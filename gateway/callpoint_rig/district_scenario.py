"""Plays the demo of a district: buttons are pressed while its parts are killed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said
from callpoint_rig.district_ledger import Ledger, Row
from callpoint_rig.district_orders import PATIENCE_S, Orders
from callpoint_rig.district_rig import BUTTON, SITES, DistrictRig
from callpoint_rig.rig_words import rig_said

_TAKEN: Final = "acknowledged"


class DistrictVerdict(msgspec.Struct):
    """The result.

    ``acknowledged``: alarms that the district acknowledged at their sites, ``back``: those whose
    acknowledgement came back as an entry, of ``alarms``. ``lamps``: buttons whose lamp shows it,
    of ``buttons``.
    """

    raised: int
    arrived: int
    twice: int
    lost: int
    chains_whole: bool
    alarms: int
    acknowledged: int
    back: int
    buttons: int
    lamps: int

    @property
    def good(self) -> bool:
        """Whether every event arrived once, and each acknowledgement came to lamp and district."""
        return (
            self.raised == self.arrived > 0
            and not self.twice
            and not self.lost
            and self.chains_whole
            and self.alarms == self.acknowledged == self.back > 0
            and self.buttons == self.lamps
        )


class DistrictScenario:
    """Three sites and their district; ``play`` presses buttons and kills parts."""

    def __init__(self, rig: DistrictRig, say: Callable[[Said], None]) -> None:
        """``say`` is called with a line about each step and each event."""
        self.rig = rig
        self.ledger = Ledger(rig.database.address(), rig.boards)
        self._orders = Orders(rig.configuration, say)
        self._say = say
        self._told = 0
        self._acknowledged = 0

    async def play(self) -> None:
        """Play all steps. A failure shows in the verdict, never as an exception."""
        await asyncio.gather(*(board.until_up(PATIENCE_S) for board in self.rig.boards.values()))
        await self.ledger.until(lambda: self.ledger.heard >= set(self.rig.boards), PATIENCE_S)
        steps: list[tuple[Said, Callable[[], Awaitable[None]]]] = [
            (rig_said("district.step.press"), self.press_and_release),
            (rig_said("district.step.engine"), self.engine_dies),
            (rig_said("district.step.wiped"), self.engine_forgets),
            (rig_said("district.step.database"), self.database_dies),
            (rig_said("district.step.process"), self.process_dies),
            (rig_said("district.step.acknowledge"), self.acknowledge),
        ]
        for number, (what, step) in enumerate(steps, 1):
            self._say(rig_said("step.number", number=number, count=len(steps), what=what))
            await step()
            await self.settle()

    async def settle(self) -> None:
        """Wait until the district has all that was raised, and tell of it."""
        await self.ledger.until(self.ledger.settled, PATIENCE_S)
        for row in self.ledger.rows[self._told :]:
            self._say(_line(row))
        self._told = len(self.ledger.rows)

    async def move(self, level: int, gateways: Sequence[str] = tuple(SITES)) -> None:
        """Press (1) or release (0) the button of sites; wait until each board has raised it."""
        raised = len(self.ledger.rows) + len(gateways)
        for gateway in gateways:
            self.ledger.pressing(gateway)
            await self.rig.boards[gateway].set(BUTTON, level)
        await self.ledger.until(lambda: len(self.ledger.rows) >= raised, PATIENCE_S)

    async def press_and_release(self) -> None:
        """Press and release all buttons, with everything there."""
        await self.move(1)
        await self.settle()
        await self.move(0)

    async def engine_dies(self) -> None:
        """Kill the engine, press the buttons, start it again, release them."""
        await self.rig.engine.kill()
        await self.move(1)
        await self.rig.engine.start()
        await self.move(0)

    async def engine_forgets(self) -> None:
        """Press, kill the engine and delete all that it keeps, release, start it again."""
        await self.move(1)
        await self.rig.engine.kill()
        self.rig.engine.wipe()
        await self.move(0)
        await self.rig.engine.start()

    async def database_dies(self) -> None:
        """Press, end the database as a crash does, release, start it again."""
        await self.move(1)
        await self.rig.database.kill()
        await self.move(0)
        await self.rig.database.start()

    async def process_dies(self) -> None:
        """Kill one process of the district, press and release, start it again."""
        await self.rig.processes[0].kill()
        await self.move(1)
        await self.settle()
        await self.rig.processes[0].start()
        await self.move(0)

    async def acknowledge(self) -> None:
        """Press all buttons, and acknowledge every alarm at the district."""
        await self.move(1)
        await self.settle()
        await self.ledger.until(self._shown, PATIENCE_S)
        alarms = [alarm for alarm in self.ledger.alarms if alarm.handling != _TAKEN]
        done = await asyncio.gather(*(self._orders.acknowledge(alarm) for alarm in alarms))
        self._acknowledged = sum(done)
        await self.ledger.until(lambda: self._back() == len(self.ledger.alarms), PATIENCE_S)
        await self.ledger.until(lambda: self._lamps() == len(self.rig.boards), PATIENCE_S)

    def _shown(self) -> bool:
        """Say whether the district shows an alarm of each site."""
        return {alarm.gateway for alarm in self.ledger.alarms} >= set(self.rig.boards)

    def _back(self) -> int:
        return sum(alarm.handling == _TAKEN for alarm in self.ledger.alarms)

    def _lamps(self) -> int:
        return sum(board.lamp == "operator" for board in self.rig.boards.values())

    async def verdict(self) -> DistrictVerdict:
        """Compare what was raised with what the district has."""
        ledger = self.ledger
        raised = {row.identity for row in ledger.rows}
        return DistrictVerdict(
            raised=len(raised),
            arrived=len(raised & set(ledger.kept)),
            twice=sum(count - 1 for count in ledger.kept.values()),
            lost=len(raised - set(ledger.kept)),
            chains_whole=await ledger.chains_whole(),
            alarms=len(ledger.alarms),
            acknowledged=self._acknowledged,
            back=self._back(),
            buttons=len(self.rig.boards),
            lamps=self._lamps(),
        )


def _line(row: Row) -> Said:
    if not row.arrived_ms:
        return rig_said("district.missing", gateway=row.gateway, seq=row.seq)
    took = f"{row.arrived_ms - row.pressed_ms:+.0f} ms"
    return rig_said("district.arrived", gateway=row.gateway, seq=row.seq, took=took)
