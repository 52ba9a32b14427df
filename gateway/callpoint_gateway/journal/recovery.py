"""Opens the gateway's journals; a damaged one is set aside, and the gateway runs all the same."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.backup import finish
from callpoint_gateway.journal.damage import comes_of_damage
from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type, fault_begins, fault_ends
from callpoint_gateway.journal.questions import Salvaged, SalvageJournal
from callpoint_gateway.journal.reader import JOURNALS
from callpoint_gateway.journal.salvage import (
    all_set_aside,
    damaged,
    free_behind,
    note_damage,
    set_aside,
    undelivered,
)
from callpoint_gateway.journal.verify import problems
from callpoint_gateway.journal.writer import Journal

# Ten readings a second write 1.8 GB a day to the card with it; with 1 s they write 2.2.
TELEMETRY_LINGER_S = 1.5
DAY_MS = 86_400_000

log = logging.getLogger(__name__)


def _sound(path: Path, clock: Clock) -> tuple[int, list[Path]]:
    """Set a damaged file aside. Return where a new one begins, and all that were set aside."""
    wrong = damaged(path)
    if wrong is not None:
        name = set_aside(path, clock.wall_ms()).name
        log.error("%s is damaged (%s): set aside as %s", path, wrong, name)
    aside = all_set_aside(path)
    # A start that was interrupted may have left no file, or one without an entry.
    return free_behind(aside, clock.wall_ms()), aside


def _source(aside: Path) -> str:
    return f"damaged/{aside.name}"


def _untold(aside: list[Path], alarms: Journal) -> list[Path]:
    """Return the files of which the journal does not know yet."""
    if not aside:
        return []
    with alarms.reader() as reader:
        told = {
            entry.body.source
            for entry in reader.all_of(Type.FAULT)
            if isinstance(entry.body, FaultBody)
        }
    return [file for file in aside if _source(file) not in told]


def _set_aside(aside: Path, reason: str) -> NewEntry:
    remedy = f"run: callpoint journal salvage {aside.name}"
    return fault_begins(_source(aside), reason, remedy)


def open_alarms(state_dir: Path, clock: Clock) -> tuple[Journal, list[NewEntry]]:
    """Open the lane of the alarms; return also what is to be stored again of a damaged one.

    Store that in one submission when the centres know where they begin, which is where the
    journal ends by then. Until it is stored, every start returns it again.
    """
    finish(state_dir)
    path = state_dir / "alarms.db"
    base, aside = _sound(path, clock)
    journal = Journal(path, clock, chained=True, base=base)
    again: list[NewEntry] = []
    for file in _untold(aside, journal):
        found = undelivered(file)
        again += [_set_aside(file, f"{len(found)} events brought back"), *found]
    return journal, again


def open_telemetry(
    state_dir: Path, clock: Clock, alarms: Journal, megabytes: int, days: int
) -> Journal:
    """Open the bounded lane; what it loses is told in the other."""
    path = state_dir / "telemetry.db"
    base, aside = _sound(path, clock)
    for file in _untold(aside, alarms):
        reason = f"readings before now are in {file.name}, as far as it can be read"
        alarms.submit([_set_aside(file, reason)])
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


@contextmanager
def damage_noted(state_dir: Path) -> Iterator[None]:
    """Have the next start set aside the journal at whose damage this one ends.

    Without it a gateway whose reader comes upon a damaged page would start and end for ever.
    """
    try:
        yield
    except Exception as error:
        if not comes_of_damage(error):
            raise
        for name, chained in JOURNALS.items():
            for wrong in problems(state_dir / name, chained=chained):
                note_damage(state_dir / name, wrong)
                break
        raise


class Salvage:
    """Answers ``callpoint journal salvage``: brings back what is in a file that was set aside."""

    def __init__(self, state_dir: Path, alarms: Journal) -> None:
        """Only files of ``state_dir`` are taken."""
        self._state_dir = state_dir
        self._alarms = alarms

    async def answer(self, question: SalvageJournal) -> Salvaged:
        """Store again what no centre had accepted, and end the fault.

        QuestionRefused: there is no such file.
        """
        name = question.file
        aside = self._state_dir / name
        known = {file.name for file in self._state_dir.glob("*.damaged-*.db")}
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise QuestionRefused(
                f"no damaged file '{name}' in {self._state_dir}; there are: {listed}"
            )
        found = await asyncio.to_thread(undelivered, aside) if "alarms" in aside.name else []
        over = fault_ends(_source(aside), "looked at; the file may be kept elsewhere")
        stored = await self._alarms.store([*found, over])
        new = sum(not entry.duplicate for entry in stored) - 1
        return Salvaged(undelivered=len(found), brought_back=new)
