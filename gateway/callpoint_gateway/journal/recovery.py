"""Opens the gateway's journals. A damaged one is set aside, so that the gateway can run."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_gateway.control.asker import Asker
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
from callpoint_gateway.words.said import Said, said, verbatim

# With it, ten readings a second write 1.8 GB a day to the SD card; with 1 s they write 2.2 GB.
TELEMETRY_LINGER_S = 1.5
DAY_MS = 86_400_000

log = logging.getLogger(__name__)


def _set_damaged_aside(path: Path, clock: Clock) -> tuple[int, list[Path]]:
    """Set a damaged file aside. Return where a new one begins, and all files set aside so far."""
    wrong = damaged(path)
    if wrong is not None:
        name = set_aside(path, clock.wall_ms()).name
        log.error("%s is damaged (%s): set aside as %s", path, wrong, name)
    aside = all_set_aside(path)
    # An earlier start that was interrupted may have left no file, or one without an entry.
    return free_behind(aside, clock.wall_ms()), aside


def _source(aside: Path) -> str:
    return f"damaged/{aside.name}"


def _unreported(aside: list[Path], alarms: Journal) -> list[Path]:
    """Return the files that no fault in the journal names yet."""
    if not aside:
        return []
    with alarms.reader() as reader:
        reported = {
            entry.body.source
            for entry in reader.all_of(Type.FAULT)
            if isinstance(entry.body, FaultBody)
        }
    return [file for file in aside if _source(file) not in reported]


def _damage_fault(aside: Path, why: Said) -> NewEntry:
    return fault_begins(_source(aside), why, said("journal.salvage.do", file=aside.name))


def open_alarms(state_dir: Path, clock: Clock) -> tuple[Journal, list[NewEntry]]:
    """Open the alarms journal; return also the entries of a damaged one that must be stored again.

    The caller stores them in one submission after every centre has set its cursors to the end of
    the journal, so that all of them are sent. Until they are stored, every start returns them
    again. JournalError if the journal cannot be opened.
    """
    finish(state_dir)
    path = state_dir / "alarms.db"
    base, aside = _set_damaged_aside(path, clock)
    journal = Journal(path, clock, chained=True, base=base)
    again: list[NewEntry] = []
    for file in _unreported(aside, journal):
        events = undelivered(file)
        again += [_damage_fault(file, said("journal.damaged_events", count=len(events))), *events]
    return journal, again


def open_telemetry(
    state_dir: Path, clock: Clock, alarms: Journal, megabytes: int, days: int
) -> Journal:
    """Open the bounded journal of the readings; the alarms journal records what it loses.

    JournalError if it cannot be opened.
    """
    path = state_dir / "telemetry.db"
    base, aside = _set_damaged_aside(path, clock)
    for file in _unreported(aside, alarms):
        why = said("journal.damaged_readings", file=file.name)
        alarms.submit([_damage_fault(file, why)])
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
    """If damage of a journal ends this run, note it, so that the next start sets the file aside.

    Without the note, a gateway whose reader meets a damaged page would restart for ever.
    """
    try:
        yield
    except Exception as error:
        if not comes_of_damage(error):
            raise
        for name, chained in JOURNALS.items():
            for wrong in problems(state_dir / name, chained=chained):
                note_damage(state_dir / name, str(wrong))
                break
        raise


class Salvage:
    """Answers ``callpoint journal salvage``: stores the undelivered events of a damaged file."""

    def __init__(self, state_dir: Path, alarms: Journal) -> None:
        """Read damaged files of ``state_dir`` only, and store into ``alarms``."""
        self._state_dir = state_dir
        self._alarms = alarms

    async def answer(self, question: SalvageJournal, _: Asker) -> Salvaged:
        """Store the undelivered events of the file again, and end its fault.

        QuestionRefused: there is no such file.
        """
        name = question.file
        aside = self._state_dir / name
        known = {file.name for file in self._state_dir.glob("*.damaged-*.db")}
        if name not in known:
            files = verbatim(", ".join(sorted(known))) or said("salvage.none")
            folder = str(self._state_dir)
            raise QuestionRefused(said("salvage.no_file", file=name, folder=folder, files=files))
        events = await asyncio.to_thread(undelivered, aside) if "alarms" in aside.name else []
        over = fault_ends(_source(aside), said("journal.salvaged"))
        stored = await self._alarms.store([*events, over])
        new = sum(not result.duplicate for result in stored) - 1
        return Salvaged(undelivered=len(events), brought_back=new)
