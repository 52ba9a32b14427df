"""A process that stores events in a gateway's storage or counts them; it may be killed.

    python storage_child.py callpoint|sqlite|file FOLDER put COUNT [PER_S]
    python storage_child.py callpoint|sqlite|file FOLDER count

``put`` prints after each portion how many events the storage has accepted; ``count`` how many
different ones are in its files. ``sqlite`` and ``file`` are those of thingsboard-gateway, through
its own EventStorage interface, where accepted is a ``put`` that returned True. Run it with a
Python that has the package.
"""

import base64
import json
import logging
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

PORTION = 50
PADDING = "x" * 150
DRAIN_S = 3.0


class Callpoint:
    """Callpoint's journal: an event is accepted when the journal calls back."""

    def __init__(self, folder: Path) -> None:
        from callpoint_gateway.host.clock import SystemClock
        from callpoint_gateway.journal.writer import Journal

        self._journal = Journal(folder / "alarms.db", SystemClock(), chained=True)
        self.accepted = 0

    def put(self, numbers: range) -> None:
        """Store one portion; OSError when the disk refuses it."""
        from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type

        done = threading.Event()

        def stored(results: Any) -> None:
            self.accepted += len(results)
            done.set()

        self._journal.submit(
            [NewEntry(Type.FAULT, FaultBody(str(n), True, PADDING)) for n in numbers], stored
        )
        while not done.wait(0.2):
            if self._journal.fault is not None:
                raise OSError(self._journal.fault)

    def close(self) -> None:
        """Stop."""
        self._journal.close()


class ThingsBoard:
    """The other gateway's storage: an event is accepted when ``put`` returns True."""

    def __init__(self, kind: str, folder: Path) -> None:
        log: Any = logging.getLogger("storage")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        log.trace = log.debug
        stop = threading.Event()
        self._storage: Any
        if kind == "sqlite":
            from thingsboard_gateway.storage.sqlite.sqlite_event_storage import SQLiteEventStorage

            self._storage = SQLiteEventStorage({"data_file_path": f"{folder}/"}, log, stop)
        else:
            from thingsboard_gateway.storage.file.file_event_storage import FileEventStorage

            settings = {
                "data_folder_path": f"{folder}/",
                "max_file_count": 1000,
                "max_records_per_file": 10_000,
            }
            self._storage = FileEventStorage(settings, log, stop)
        self.accepted = 0

    def put(self, numbers: range) -> None:
        """Store one portion."""
        for number in numbers:
            if self._storage.put(json.dumps({"n": number, "pad": PADDING})):
                self.accepted += 1

    def close(self) -> None:
        """Wait until it has written what it holds in memory, then stop."""
        time.sleep(DRAIN_S)
        self._storage.stop()


def kept(kind: str, folder: Path) -> int:
    """Return the number of different events in the files."""
    found: set[int] = set()
    if kind == "callpoint":
        from callpoint_gateway.journal.reader import Reader

        with Reader(folder / "alarms.db") as reader:
            return reader.head()
    if kind == "sqlite":
        for file in folder.glob("*.db"):
            with sqlite3.connect(file) as connection:
                for (text,) in connection.execute("SELECT message FROM messages"):
                    found.add(json.loads(text)["n"])
        return len(found)
    for file in folder.glob("data_*"):
        for line in file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                found.add(json.loads(base64.b64decode(line))["n"])
    return len(found)


def main(kind: str, folder: str, action: str, *count: str) -> None:
    """Do what the command line says."""
    if action == "count":
        print(kept(kind, Path(folder)), flush=True)
        return
    storage = Callpoint(Path(folder)) if kind == "callpoint" else ThingsBoard(kind, Path(folder))
    try:
        began = time.monotonic()
        portion = PORTION if len(count) < 2 else 1
        for start in range(0, int(count[0]), portion):
            storage.put(range(start, start + portion))
            print(storage.accepted, flush=True)
            if len(count) > 1:
                time.sleep(max(0.0, began + start / float(count[1]) - time.monotonic()))
    except OSError as error:
        print(f"refused: {error}", file=sys.stderr)
    storage.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
