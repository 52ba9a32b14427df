"""Reports a fault while a journal cannot be written."""

import asyncio
from typing import Final

from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import said, verbatim

LOOK_S: Final = 1.0
# A disk that refuses writes for a shorter time is no fault.
FAULT_AFTER_S: Final = 5.0


class JournalWatch:
    """``run`` until cancelled. The fault's entry is stored when the disk takes writes again."""

    def __init__(self, faults: Faults, *journals: Journal) -> None:
        """Supervise each journal as ``journal/<name of its file>``."""
        self._reports = [
            (journal, faults.supervise(f"journal/{journal.path.stem}", FAULT_AFTER_S))
            for journal in journals
        ]

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            for journal, report in self._reports:
                if (fault := journal.fault) is None:
                    report.up(said("journal.writable"))
                else:
                    report.down(verbatim(fault), journal.remedy)
            await asyncio.sleep(LOOK_S)
