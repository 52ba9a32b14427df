"""Whoever may read the journals reads everything in them, with no right to write anything."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_gateway.host.access_list import admit
from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type
from callpoint_gateway.journal.unwritable import entries_beside
from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock
from ..other_user import ROOT, User, callpoint, may_write, open_folder, user

READER = user(3)
PARTS = ("", "-wal", "-shm")


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as outer:
        inner = outer / "state"
        inner.mkdir(mode=0o750)
        yield inner
        inner.chmod(0o750)


def fault(number: int) -> NewEntry:
    return NewEntry(Type.FAULT, FaultBody(f"part/{number}", active=True, reason="gone"))


def journal(folder: Path, clock: ManualClock) -> Journal:
    return Journal(folder / "alarms.db", clock, chained=True)


def for_reading(folder: Path) -> None:
    """Let ``READER`` read and nothing else: by the access list, or by the owner's own bits."""
    files = [folder / f"alarms.db{part}" for part in PARTS]
    for file in (folder, *files):
        if not file.exists():
            continue
        if ROOT:
            admit(file, {READER.uid}, set())
        else:
            file.chmod(0o550 if file.is_dir() else 0o440)


def seen(folder: Path, who: User = READER) -> tuple[int, str]:
    """Return the exit code and what ``callpoint events`` shows."""
    shown = callpoint(who, "events", "--state-dir", str(folder), "--lang", "en")
    return shown.returncode, (shown.stdout + shown.stderr).decode()


def test_while_a_gateway_writes(folder: Path, clock: ManualClock) -> None:
    written = journal(folder, clock)
    try:
        asyncio.run(written.store([fault(1)]))
        for_reading(folder)
        asyncio.run(written.store([fault(2)]))
        code, shown = seen(folder)
        assert code == 0, shown
        assert "part/1" in shown
        assert "part/2" in shown
    finally:
        folder.chmod(0o750)
        for part in PARTS:
            (folder / f"alarms.db{part}").chmod(0o660)
        written.close()


def test_after_an_orderly_stop(folder: Path, clock: ManualClock) -> None:
    """The gateway leaves the files that such a reader cannot make."""
    written = journal(folder, clock)
    asyncio.run(written.store([fault(1)]))
    written.close()
    assert [(folder / f"alarms.db{part}").exists() for part in PARTS] == [True] * 3
    assert not entries_beside(folder / "alarms.db")
    for_reading(folder)
    code, shown = seen(folder)
    assert (code, "part/1" in shown) == (0, True), shown


def test_after_a_kill(folder: Path, clock: ManualClock) -> None:
    _killed(folder)
    for_reading(folder)
    code, shown = seen(folder)
    assert (code, "part/7" in shown) == (0, True), shown


def test_without_the_files_beside_it(folder: Path, clock: ManualClock) -> None:
    """As from a program that has deleted them, or on a medium that was made read-only."""
    written = journal(folder, clock)
    asyncio.run(written.store([fault(1)]))
    written.close()
    for part in PARTS[1:]:
        (folder / f"alarms.db{part}").unlink()
    for_reading(folder)
    code, shown = seen(folder)
    assert (code, "part/1" in shown) == (0, True), shown


def test_entries_that_cannot_be_read_are_never_left_out_in_silence(folder: Path) -> None:
    _killed(folder)
    (folder / "alarms.db-shm").unlink()
    for_reading(folder)
    code, shown = seen(folder)
    assert code == 3, shown
    assert "something would be missing" in shown
    assert "part/7" not in shown


def test_a_gateway_that_starts_meanwhile_is_noticed(folder: Path, clock: ManualClock) -> None:
    written = journal(folder, clock)
    asyncio.run(written.store([fault(1)]))
    written.close()
    for part in PARTS[1:]:
        (folder / f"alarms.db{part}").unlink()
    code = (
        "import sys, json; from pathlib import Path\n"
        "from callpoint_gateway.journal.unwritable import open_unchanging\n"
        "import sqlite3\n"
        "path = Path(sys.argv[1]); connection = open_unchanging(path)\n"
        "count = 'SELECT count(*) FROM entries'\n"
        "print(connection.execute(count).fetchone()[0])\n"
        "path.with_name(path.name + '-wal').write_bytes(b'x')\n"
        "try: connection.execute(count)\n"
        "except sqlite3.OperationalError as error: print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(folder / "alarms.db")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == ["1", "a gateway has been started meanwhile; try again"]


def test_a_stranger_is_told_what_to_do(folder: Path, clock: ManualClock) -> None:
    journal(folder, clock).close()
    if not ROOT:
        folder.chmod(0)
    code, shown = seen(folder)
    assert code == 3
    assert "adduser NAME callpoint-read" in shown
    assert "Traceback" not in shown


def test_a_list_admits_readers_and_takes_them_away(folder: Path, clock: ManualClock) -> None:
    written = journal(folder, clock)
    written.close()
    file = folder / "alarms.db"
    admit(file, {60_003}, {60_004})
    admit(folder, {60_003}, {60_004})
    # What the bits say stays: they are those of the site's processes.
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, file)] == [0o750, 0o660]
    listed = os.getxattr(file, "system.posix_acl_access")
    admit(file, {60_003}, {60_004})
    assert os.getxattr(file, "system.posix_acl_access") == listed
    admit(file, set(), set())
    assert os.listxattr(file) == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o660
    # A group that may nothing gets nothing by the mask.
    file.chmod(0o600)
    admit(file, {60_003}, set())
    admit(file, set(), set())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_list_gives_no_right_to_write(folder: Path, clock: ManualClock) -> None:
    journal(folder, clock).close()
    for_reading(folder)
    for file in (folder, *(folder / f"alarms.db{part}" for part in PARTS)):
        assert not may_write(READER, file), file


def _killed(folder: Path) -> None:
    """Leave a journal as a gateway does that is killed: with entries in its ``-wal``."""
    code = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from callpoint_gateway.host.clock import SystemClock\n"
        "from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type\n"
        "from callpoint_gateway.journal.writer import Journal\n"
        "journal = Journal(Path(sys.argv[1]), SystemClock(), chained=True)\n"
        "body = FaultBody('part/7', active=True, reason='gone')\n"
        "asyncio.run(journal.store([NewEntry(Type.FAULT, body)]))\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "alarms.db")], check=False)
    assert entries_beside(folder / "alarms.db")
