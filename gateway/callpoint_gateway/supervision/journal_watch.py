"""Reports a fault while a journal cannot be written, or its write-ahead log cannot be cut."""

import asyncio
import os
from typing import Final

from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.log_holders import HELD_BYTES, log_bytes, log_holders
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import said, verbatim

LOOK_S: Final = 1.0
# A disk that refuses writes for a shorter time is no fault.
FAULT_AFTER_S: Final = 5.0
# A backup or a check of the whole journal reads for a while.
HELD_AFTER_S: Final = 30.0


class JournalWatch:
    """``run`` until cancelled. The fault's entry is stored when the disk takes writes again."""

    def __init__(self, faults: Faults, *journals: Journal) -> None:
        """Supervise each journal as ``journal/<name of its file>``, its log as ``.../log``."""
        self._reports = [
            (
                journal,
                faults.supervise(f"journal/{journal.path.stem}", FAULT_AFTER_S),
                faults.supervise(f"journal/{journal.path.stem}/log", HELD_AFTER_S),
            )
            for journal in journals
        ]

    def look(self) -> None:
        """Report each journal and each log."""
        for journal, written, cut in self._reports:
            if (fault := journal.fault) is None:
                written.up(said("journal.writable"))
            else:
                written.down(verbatim(fault), journal.remedy)
            _look_at_log(journal, cut)

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)


def _look_at_log(journal: Journal, report: PartReport) -> None:
    """Report who keeps a journal's log from being cut. Alarms go on, and the disk fills."""
    grown = log_bytes(journal.path)
    if grown <= HELD_BYTES:
        report.up(said("journal.log_cut"))
        return
    size = f"{grown // 1_000_000} MB"
    try:
        holders = [holder for holder in log_holders(journal.path) if holder.pid != os.getpid()]
    except OSError:
        report.down(
            said("journal.log_grows", file=journal.path.name, size=size),
            said("journal.log_grows.do", file=str(journal.path)),
        )
        return
    if not holders:
        report.up(said("journal.log_cut"))
        return
    who, pids = ", ".join(map(str, holders)), " ".join(str(holder.pid) for holder in holders)
    report.down(
        said("journal.log_held", who=who, file=journal.path.name, size=size),
        said("journal.log_held.do", pids=pids),
    )
