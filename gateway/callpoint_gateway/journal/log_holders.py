"""Names the processes that keep a journal's write-ahead log (``-wal``) from being cut.

SQLite starts the log anew only when nobody reads in it. A reader that is stopped within a query
(Ctrl-Z, SIGSTOP, a debugger) keeps its lock, and nobody can take that from it: the log grows with
each commit. Linux says who holds which lock (proc(5), ``/proc/locks``). Nothing is opened for
that: closing a file ends all locks that the process has on it (fcntl(2)), also SQLite's.

Source of the lock's bytes in ``-shm``: https://www.sqlite.org/walformat.html, section 2.3.1.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.reader import WAL_BYTES

# A log of this size is not cut any more; until it is, a flood may let it grow beyond WAL_BYTES.
HELD_BYTES: Final = 4 * WAL_BYTES
_LOCKS: Final = Path("/proc/locks")
_READS: Final = range(123, 128)  # WAL_READ_LOCK(0) to WAL_READ_LOCK(4)


class LogHolder(msgspec.Struct, frozen=True):
    """A process that reads. ``name``: of its program, empty if that cannot be seen."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.pid} ({self.name})" if self.name else str(self.pid)


def log_bytes(journal: Path) -> int:
    """Return the size of a journal's write-ahead log, 0 if it has none."""
    with suppress(FileNotFoundError):
        return journal.with_name(f"{journal.name}-wal").stat().st_size
    return 0


def log_holders(journal: Path, locks: Path = _LOCKS) -> list[LogHolder]:
    """Return the processes that read in a journal now, by their number.

    OSError: the system does not say who holds locks.
    """
    shared = journal.with_name(f"{journal.name}-shm").stat().st_ino
    pids = set(_reading(locks.read_text(encoding="ascii"), shared))
    return [LogHolder(pid, _name(pid)) for pid in sorted(pids)]


def _reading(listed: str, inode: int) -> Iterator[int]:
    """Yield the processes with a lock on the bytes of readers in the file ``inode``."""
    for line in listed.splitlines():
        # "1: POSIX  ADVISORY  READ 6837 fe:00:11722964 123 123"; a waiting one has "->".
        fields = line.split()
        if len(fields) != 8 or fields[1] != "POSIX" or fields[3] != "READ":
            continue
        _, _, _, _, pid, file, first, last = fields
        if int(file.rpartition(":")[2]) == inode and int(first) in _READS and last != "EOF":
            yield int(pid)


def _name(pid: int) -> str:
    # Not the whole command line, in which there may be anything.
    with suppress(OSError):
        return printable(Path(f"/proc/{pid}/comm").read_text(errors="replace").strip())
    return ""
