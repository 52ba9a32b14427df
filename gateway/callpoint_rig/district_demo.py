"""``callpoint demo --district``: three sites and their district on real parts, and a verdict."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Protocol

import msgspec

from callpoint_gateway.words.said import Said
from callpoint_rig.console_part import DistrictConsolePart, console_installed
from callpoint_rig.district_rig import DistrictRig
from callpoint_rig.district_scenario import DistrictScenario, DistrictVerdict
from callpoint_rig.keys import Keys
from callpoint_rig.part import Part
from callpoint_rig.rig_words import rig_said


class Shown(Protocol):
    """Where the demo is shown."""

    def say(self, what: Said) -> None:
        """Show a line."""

    def lead(self, what: Said, link: str) -> None:
        """Show where a page is."""


async def play(folder: Path, keep: bool, screen: Shown) -> DistrictVerdict:
    """Play in ``folder`` and judge. ``keep``: stay afterwards, with keys to press.

    RigError: a part does not start.
    """
    say = screen.say
    say(rig_said("district.intro"))
    rig = DistrictRig(folder)
    scenario = DistrictScenario(rig, say)
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(rig)
        if console_installed():
            console = DistrictConsolePart(rig.configuration, rig.console_port)
            parts.push_async_callback(console.stop)
            await console.serve(keep, screen.lead)
        reading = asyncio.create_task(scenario.ledger.read())
        try:
            await scenario.play()
            verdict = await scenario.verdict()
            if keep:
                await _by_hand(scenario, say)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
    return verdict


async def _by_hand(scenario: DistrictScenario, say: Callable[[Said], None]) -> None:
    boards = dict(enumerate(scenario.rig.boards, 1))
    levels = dict.fromkeys(scenario.rig.boards, 0)
    parts: dict[str, Part] = {"e": scenario.rig.engine, "d": scenario.rig.database}
    running = dict.fromkeys(parts, True)
    say(rig_said("district.keys"))
    with Keys() as pressed:
        while (key := await pressed.get()) not in ("q", ""):
            if key.isdecimal() and int(key) in boards:
                gateway = boards[int(key)]
                levels[gateway] = 1 - levels[gateway]
                await scenario.move(levels[gateway], [gateway])
                if all(running.values()):
                    await scenario.settle()
            elif key in parts:
                running[key] = not running[key]
                await (parts[key].start() if running[key] else parts[key].kill())
                if all(running.values()):
                    await scenario.settle()
            else:
                unknown = rig_said("key.unknown", key=repr(key))
                say(rig_said("key.after", what=unknown, keys=rig_said("district.keys")))


def judged(verdict: DistrictVerdict) -> Said:
    """Return the verdict in words."""
    chains = rig_said("district.whole" if verdict.chains_whole else "district.broken")
    return rig_said("district.verdict", chains=chains, **msgspec.to_builtins(verdict))
