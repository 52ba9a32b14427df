"""What is known of the gateway beside its journals: answers of centres, its power, its last copy.

It is asked for in the event loop, some times a minute. What nobody knows is not guessed.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from callpoint_console.desk import ORIGIN, Desk
from callpoint_gateway.centres.questions import ListLinks
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.power import SYS, Power, power
from callpoint_gateway.journal.backup import last_made

EVERY_S: Final = 10.0
#: Ages are whole seconds: within this, it is the same answer as before.
_SAME_MS: Final = 2_000
_BY: Final = By("console", Role.VIEWER, ORIGIN)


class Answered(msgspec.Struct, frozen=True):
    """When a centre last answered over a path (Unix ms); None: not since the gateway's start."""

    path: int
    at_ms: int | None


class GatewayState(msgspec.Struct, frozen=True):
    """``answers`` by centre, None where no gateway says it; ``backup_ms``: the last copy."""

    answers: Mapping[str, tuple[Answered, ...]] | None = None
    power: Power | None = None
    backup_ms: int | None = None


class GatewayWatch:
    """Keeps ``state`` new while ``run`` runs."""

    def __init__(self, desk: Desk, state_dir: Path, clock: Clock, sys: Path = SYS) -> None:
        """``sys``: where the kernel says what the machine runs on."""
        self.state = GatewayState()
        self._desk, self._state_dir, self._clock, self._sys = desk, state_dir, clock, sys

    async def run(self, changed: Callable[[], None]) -> None:
        """Look again and again until cancelled; ``changed`` is called after each change."""
        while True:
            if await self.look():
                changed()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> bool:
        """Look once; say whether anything has changed."""
        before = self.state
        supply, copy = await asyncio.to_thread(self._files)
        self.state = GatewayState(await self._answers(), supply, copy)
        return self.state != before

    def _files(self) -> tuple[Power, int | None]:
        note = last_made(self._state_dir)
        return power(self._sys), note.made_ms if note else None

    async def _answers(self) -> Mapping[str, tuple[Answered, ...]] | None:
        try:
            links = (await self._desk.ask(ListLinks(), _BY)).links
        except (Unanswered, QuestionRefused):
            return None
        now_ms = self._clock.wall_ms()
        before = self.state.answers or {}
        found: dict[str, tuple[Answered, ...]] = {}
        for link in links:
            had = {each.path: each.at_ms for each in before.get(link.centre, ())}
            found[link.centre] = tuple(
                Answered(path.number, _moment(path.answered_s, now_ms, had.get(path.number)))
                for path in link.paths
            )
        return MappingProxyType(found)


def _moment(ago_s: int | None, now_ms: int, before_ms: int | None) -> int | None:
    if ago_s is None:
        return None
    at_ms = now_ms - ago_s * 1000
    return before_ms if before_ms is not None and abs(at_ms - before_ms) < _SAME_MS else at_ms
