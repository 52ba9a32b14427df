"""A process that is stopped in the middle of a read: named, and harmless when it wakes.

SIGSTOP stops the command line itself, within a query of its own.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    FaultBody,
    LossBody,
    NewEntry,
    Quality,
    Quarantine,
    Type,
    Write,
)
from callpoint_gateway.journal.log_holders import HELD_BYTES, log_bytes, log_holders
from callpoint_gateway.journal.reader import WAL_BYTES, Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_gateway.supervision.journal_watch import HELD_AFTER_S, JournalWatch
from callpoint_protocol import names

from ..conftest import ManualClock

SOON_S = 60.0
EVENTS = 300
# Of quarantined messages, so that a log grows fast.
PIECE = 200_000
FAULT = "journal/alarms/log"
# The real command line, which stops itself the first time that a query returns its third row.
STOPS_ITSELF = """
import signal, sys, threading
from callpoint_cli.main import main
from callpoint_gateway.journal import reader
apply, left = reader.Repairs.apply, [3]
def counted(repairs, entry):
    left[0] -= 1
    if left[0] == 0:
        # For this thread: else it would go on until another one has taken the signal.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    return apply(repairs, entry)
reader.Repairs.apply = counted
main(sys.argv[1:])
"""


def store(journal: Journal, *writes: Write) -> None:
    stored = threading.Event()
    journal.submit(writes, lambda _: stored.set())
    assert stored.wait(SOON_S)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def door(seq: int) -> NewEntry:
    body = EventBody("estate", names.DOOR, names.NOTICE, 1, names.OPEN, 1, 0, 1, Quality.AGE)
    return NewEntry(Type.EVENT, body, "door", 7, seq)


def grow(journal: Journal, size: int) -> None:
    """Write so much that the log exceeds ``size`` bytes if it is held."""
    piece = Quarantine("mqtt", "topic", "no JSON", b"x" * PIECE)
    for _ in range(2 * size // PIECE):
        store(journal, piece)


@contextmanager
def stopped_within_a_read(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``callpoint events`` until it has stopped itself."""
    (folder / "gateway.toml").write_text(
        f'[gateway]\nsite = "estate"\nstate_dir = "{folder}"\nregister = "register.toml"\n'
        '[broker]\nhost = "127.0.0.1"\n'
    )
    (folder / "register.toml").write_text("")
    command = [sys.executable, "-c", STOPS_ITSELF, "events", "-c", str(folder / "gateway.toml")]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE) as process:
        try:
            stopped = Path(f"/proc/{process.pid}/stat")
            until(lambda: stopped.read_text().rpartition(")")[2].split()[0] in "TZ")
            yield process
        finally:
            process.kill()


def test_it_is_named_and_the_log_is_cut_when_it_wakes(
    alarms: Journal, telemetry: Journal, clock: ManualClock, tmp_path: Path
) -> None:
    store(alarms, *map(door, range(1, EVENTS + 1)))
    faults = Faults(alarms, clock)
    watch = JournalWatch(faults, alarms, telemetry)
    with stopped_within_a_read(tmp_path) as process:
        assert [holder.pid for holder in log_holders(alarms.path)] == [process.pid]
        grow(alarms, HELD_BYTES)
        store(alarms, door(EVENTS + 1))  # alarms go on
        assert log_bytes(alarms.path) > HELD_BYTES
        watch.look()
        clock.advance(int(HELD_AFTER_S * 1000))
        watch.look()
        faults.look()
        store(alarms)
        fault = open_faults(alarms)[FAULT].body
        assert isinstance(fault, FaultBody)
        assert f"process {process.pid} (" in fault.reason
        assert f"kill -CONT {process.pid}" in fault.remedy

        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout is not None
        printed = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert process.wait() == 0
    # It saw one moment of the journal, whole.
    seen = [one["seq"] for one in printed if one.get("seq")]
    assert seen == list(range(seen[0], EVENTS + 1))
    watch.look()
    store(alarms, door(EVENTS + 2))
    assert FAULT not in open_faults(alarms)
    store(alarms, door(EVENTS + 3))
    assert log_bytes(alarms.path) <= WAL_BYTES


@pytest.mark.parametrize("method", ["all_of", "verify", "quarantined", "read", "furthest"])
def test_who_waits_between_two_entries_holds_nothing(telemetry: Journal, method: str) -> None:
    """As a command does whose pager shows the first page. Here no entry fits any chain."""
    losses = [NewEntry(Type.LOSS, LossBody("quarantine", 1, 2, 2)) for _ in range(5)]
    store(telemetry, door(1), *losses, Quarantine("mqtt", "topic", "no JSON", b"x"))
    with Reader(telemetry.path) as reader:
        ways: dict[str, Callable[[], object]] = {
            "all_of": lambda: _first(reader.all_of(Type.LOSS)),
            "verify": lambda: _first(reader.verify()),
            "quarantined": reader.quarantined,
            "read": lambda: reader.read(0, 2),
            "furthest": reader.furthest,
        }
        held = ways[method]()
        assert held is not None
        grow(telemetry, WAL_BYTES)
        assert log_bytes(telemetry.path) <= WAL_BYTES


def _first(entries: Iterator[Entry] | Iterator[str]) -> object:
    """Return an iterator that has yielded its first, if there is any."""
    return next(iter(entries), None), entries


def test_where_the_system_does_not_say_who_holds_locks(alarms: Journal, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="locks"):
        log_holders(alarms.path, tmp_path / "locks")
