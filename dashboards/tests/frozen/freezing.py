"""A console that stands still (SIGSTOP) at a chosen moment: within a read, or between two."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..browser.console_process import ConsoleProcess
from ..waiting import until

#: The real command line. It stops itself when a file is there: at the third row of a query, or
#: when a look at the journals has ended its queries.
_STOPS_ITSELF: Final = """
import os, pathlib, signal, sys, threading
from callpoint_cli.main import main
from callpoint_gateway.alarms.site_source import JournalSource
from callpoint_gateway.journal import reader
from callpoint_gateway.journal.log_holders import log_holders
within, between = map(pathlib.Path, sys.argv[1:3])
del sys.argv[1:3]
def stop(asked):
    if asked.exists():
        asked.unlink()
        # For this thread: else it would go on until another one has taken the signal.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
apply, read, left = reader.Repairs.apply, reader.Reader.read, threading.local()
def first(self, *given):
    left.file = pathlib.Path(self._connection.execute("PRAGMA database_list").fetchone()[2])
    left.rows = 3
    found = read(self, *given)
    left.rows = 0
    return found
def counted(self, entry):
    left.rows = getattr(left, "rows", 0) - 1
    # At its last row a query holds nothing any more; other files are read as well.
    if left.rows == 0 and left.file.name == "alarms.db":
        if os.getpid() in [holder.pid for holder in log_holders(left.file)]:
            stop(within)
    return apply(self, entry)
reader.Repairs.apply, reader.Reader.read = counted, first
runs = JournalSource.gateway_runs
def looked(self):
    stop(between)
    return runs(self)
JournalSource.gateway_runs = looked
main()
"""


class FreezingConsole:
    """A console process that a test freezes."""

    def __init__(self, config: Path) -> None:
        """Start it."""
        self._within, self._between = config.parent / "within", config.parent / "between"
        program = ("-c", _STOPS_ITSELF, str(self._within), str(self._between))
        self.process = ConsoleProcess(config, program)

    def freeze_within_a_read(self, store: Callable[[], None]) -> None:
        """Have it stop within its next long read; ``store`` gives it more than three entries."""
        self._within.touch()
        store()
        until(self.frozen)

    def freeze_between_reads(self) -> None:
        """Have it stop when it has read what there is."""
        self._between.touch()
        until(self.frozen)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.thaw()
        until(lambda: not self.frozen())

    def frozen(self) -> bool:
        """Say whether it stands still."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] == "T"
