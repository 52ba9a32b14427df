"""Opens the gateway's journals; a damaged one is set aside, and the gateway runs all the same."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from callpoint_gateway.clock import Clock
from callpoint_gateway.control import Refused
from callpoint_gateway.entries import FaultBody, NewEntry, Stored, Type
from callpoint_gateway.journal import Journal
from callpoint_gateway.salvage import damaged, set_aside, undelivered

TELEMETRY_LINGER_S = 1.0
DAY_MS = 86_400_000

log = logging.getLogger(__name__)


def _sound(path: Path, clock: Clock) -> tuple[int, Path | None]:
    """Set a damaged file aside. Return where the next one begins, and what became of this one."""
    wrong = damaged(path)
    if wrong is None:
        return 0, None
    aside = set_aside(path, clock.wall_ms())
    log.error("%s is damaged (%s): set aside as %s", path, wrong, aside.name)
    return clock.wall_ms(), aside


def _fault(aside: Path, *, active: bool, reason: str) -> NewEntry:
    return NewEntry(Type.FAULT, FaultBody(f"damaged/{aside.name}", active, reason))


def open_alarms(state_dir: Path, clock: Clock) -> tuple[Journal, list[NewEntry]]:
    """Open the lane of the alarms; return also what is to be stored again of a damaged one.

    Store that when the centres know where they begin, which is where the journal ends by then.
    """
    path = state_dir / "alarms.db"
    base, aside = _sound(path, clock)
    journal = Journal(path, clock, chained=True, base=base)
    if aside is None:
        return journal, []
    found = undelivered(aside)
    reason = f"{len(found)} events brought back; run: callpoint journal salvage {aside.name}"
    return journal, [_fault(aside, active=True, reason=reason), *found]


def open_telemetry(
    state_dir: Path, clock: Clock, alarms: Journal, megabytes: int, days: int
) -> Journal:
    """Open the bounded lane; what it loses is told in the other."""
    path = state_dir / "telemetry.db"
    base, aside = _sound(path, clock)
    if aside is not None:
        reason = f"readings before now are in {aside.name}, as far as it can be read"
        alarms.submit([_fault(aside, active=True, reason=reason)])
    return Journal(
        path,
        clock,
        chained=False,
        linger_s=TELEMETRY_LINGER_S,
        max_bytes=megabytes * 1024 * 1024,
        max_age_ms=days * DAY_MS,
        lost=lambda loss: alarms.submit([NewEntry(Type.LOSS, loss)]),
        base=base,
    )


class Salvage:
    """Answers ``callpoint journal salvage``: brings back what is in a file that was set aside."""

    def __init__(self, state_dir: Path, alarms: Journal) -> None:
        """Only files of ``state_dir`` are taken."""
        self._state_dir = state_dir
        self._alarms = alarms

    async def answer(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Store again what no centre had accepted, and end the fault. Refused says why not."""
        name = arguments.get("file")
        aside = self._state_dir / str(name)
        known = {file.name for file in self._state_dir.glob("*.damaged-*.db")}
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise Refused(f"no damaged file '{name}' in {self._state_dir}; there are: {listed}")
        found = await asyncio.to_thread(undelivered, aside) if "alarms" in aside.name else []
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[int] = loop.create_future()
        over = _fault(aside, active=False, reason="looked at; the file may be kept elsewhere")

        def done(results: list[Stored]) -> None:
            new = sum(not one.duplicate for one in results) - 1
            loop.call_soon_threadsafe(stored.set_result, new)

        self._alarms.submit([*found, over], done)
        return {"undelivered": len(found), "brought_back": await stored}
