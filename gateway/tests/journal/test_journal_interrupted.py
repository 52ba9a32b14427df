"""Interrupted at every step: a salvage, a restore, a migration and a copy; nothing is lost."""

import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from callpoint_gateway.journal import backup
from callpoint_gateway.journal.entries import Cursor, DeliveryBody, FaultBody, NewEntry, Type
from callpoint_gateway.journal.migrations import SCHEMA
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_gateway.journal.recovery import damage_noted, open_alarms
from callpoint_gateway.journal.salvage import damaged, note_damage, undelivered
from callpoint_gateway.journal.verify import problems
from callpoint_gateway.journal.writer import Journal
from callpoint_rig.faulty_disk import FaultyDisk

from ..conftest import ManualClock
from .test_journal_files import SCHEMA_1, event, filled, reading, store

WAIT_S = 60.0


class Killed(BaseException):
    """The process is gone at this moment."""


def killed_at_each_renaming(
    monkeypatch: pytest.MonkeyPatch, begin: Callable[[], object], again: Callable[[int], None]
) -> int:
    """Run ``begin`` and kill it at its first renaming, its second and so on; then ``again``."""
    really = Path.rename
    for at in range(100):
        done = 0

        def rename(self: Path, target: Path, at: int = at) -> Path:
            nonlocal done
            if done == at:
                raise Killed
            done += 1
            return really(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                begin()
            except Killed:
                pass
            else:
                return at
        again(at)
    raise AssertionError("no end")


def seqs(path: Path) -> list[int | None]:
    with Reader(path) as reader:
        return [one.seq for one in reader.read(0, 100_000, (Type.EVENT,))]


def in_the_log(folder: Path, clock: ManualClock, count: int) -> Path:
    """Return a journal whose events are all in the log beside it, as after SIGKILL."""
    other = folder.with_name(f"{folder.name}-running")
    journal = Journal(other / "alarms.db", clock, chained=True)
    store(journal, [event(number) for number in range(1, count + 1)])
    folder.mkdir()
    for part in ("", "-wal"):
        shutil.copy(other / f"alarms.db{part}", folder / f"alarms.db{part}")
    journal.close()
    return folder / "alarms.db"


def test_a_salvage_killed_at_each_step_brings_everything_back(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    def begin() -> None:
        nonlocal rounds
        rounds += 1
        path = in_the_log(tmp_path / f"state{rounds}", clock, 40)
        note_damage(path, "met by a test")
        open_alarms(path.parent, clock)[0].close()

    def again(at: int) -> None:
        folder = tmp_path / f"state{rounds}"
        for _ in range(2):  # killed once more before anything is stored
            journal, found = open_alarms(folder, clock)
            assert [one.seq for one in found] == [None, *range(1, 41)], at
            journal.close()
        journal, found = open_alarms(folder, clock)
        store(journal, list(found))
        journal.close()
        assert seqs(folder / "alarms.db") == list(range(1, 41))
        with Reader(folder / "alarms.db") as reader:
            assert reader.read(0, 1)[0].position > 40
        journal, found = open_alarms(folder, clock)
        journal.close()
        assert found == []
        assert list(problems(folder / "alarms.db", chained=True)) == []

    assert killed_at_each_renaming(monkeypatch, begin, again) >= 2
    again(-1)


def test_a_restore_killed_at_each_step_is_finished(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "old"
    filled(state, clock, 500)
    Journal(state / "telemetry.db", clock, chained=False).close()
    backup.make(state, [], tmp_path / "copy", "estate", 5)
    rounds = 0

    def begin() -> None:
        nonlocal rounds
        rounds += 1
        path = in_the_log(tmp_path / f"state{rounds}", clock, 40)
        backup.take_back(tmp_path / "copy", path.parent, "estate", replace=True)

    def again(at: int) -> None:
        folder = tmp_path / f"state{rounds}"
        journal, found = open_alarms(folder, clock)
        journal.close()
        assert found == []
        before = list(folder.glob("alarms.before-*.db"))
        # The renaming of the folder decides: before it everything is as it was.
        assert len(seqs(folder / "alarms.db")) == (40 if at == 0 else 500)
        assert len(before) == (at != 0)
        for file in before:
            assert seqs(file) == list(range(1, 41))
        assert list(problems(folder / "alarms.db", chained=True)) == []

    assert killed_at_each_renaming(monkeypatch, begin, again) >= 4
    again(-1)


def test_a_migration_cut_off_at_each_operation_is_harmless(tmp_path: Path) -> None:
    with FaultyDisk("count") as disk:
        shutil.copytree(SCHEMA_1, tmp_path / "whole")
        path = tmp_path / "whole/telemetry.db"
        Journal(path, ManualClock(), chained=False, vfs=disk.name).close()
        operations = disk.operations
        whole = seqs_of_readings(path)
    assert operations > 10
    assert whole
    for cut in range(operations):
        before, after = tmp_path / f"before{cut}", tmp_path / f"after{cut}"
        shutil.copytree(SCHEMA_1, before)
        with FaultyDisk(f"migration{cut}") as disk:
            disk.cut_at = cut
            with suppress(JournalError, sqlite3.Error):
                Journal(
                    before / "telemetry.db", ManualClock(), chained=False, vfs=disk.name
                ).close()
            disk.after_cut(after, seed=cut)
        Journal(after / "telemetry.db", ManualClock(), chained=False).close()
        assert seqs_of_readings(after / "telemetry.db") == whole
        assert list(problems(after / "telemetry.db", chained=False)) == []
        with closing(sqlite3.connect(after / "telemetry.db")) as opened:
            assert opened.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (
                str(SCHEMA),
            )
            assert opened.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def seqs_of_readings(path: Path) -> list[int | None]:
    with Reader(path) as reader:
        return [one.seq for one in reader.read(0, 100_000, (Type.TELEMETRY,))]


def test_a_copy_killed_in_the_middle_is_no_copy(tmp_path: Path, clock: ManualClock) -> None:
    state = tmp_path / "state"
    filled(state, clock, 3000)
    Journal(state / "telemetry.db", clock, chained=False).close()
    program = (
        "import sys; from pathlib import Path; from callpoint_gateway.journal import backup\n"
        "folder = Path(sys.argv[1]); print('go', flush=True)\n"
        "backup.make(folder / 'state', [], folder / sys.argv[2], 'estate', 5)"
    )
    for number in range(4):
        target = tmp_path / f"copy{number}"
        command = [sys.executable, "-c", program, str(tmp_path), target.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as copying:
            assert copying.stdout is not None
            copying.stdout.readline()
            while not list(tmp_path.glob(f".{target.name}.*/*.db")) and not target.exists():
                assert copying.poll() is None or target.exists()
            copying.send_signal(signal.SIGKILL)
        if target.exists():
            assert seqs(target / "alarms.db") == list(range(1, 3001))
        backup.make(state, [], tmp_path / f"again{number}", "estate", 5)
    assert list(problems(state / "alarms.db", chained=True)) == []


def test_a_folder_beside_the_copy_is_left_alone(tmp_path: Path, clock: ManualClock) -> None:
    state = tmp_path / "state"
    filled(state, clock, 500)
    Journal(state / "telemetry.db", clock, chained=False).close()
    (tmp_path / "copy.new").mkdir()
    (tmp_path / "copy.new/mine").write_text("kept")
    secret = tmp_path / "deep/token"
    secret.parent.mkdir()
    secret.write_text("hidden")
    secret.chmod(0o644)
    backup.make(state, [], tmp_path / "copy", "estate", 5, [secret])
    assert (tmp_path / "copy.new/mine").read_text() == "kept"
    kept = tmp_path / "copy" / backup.SECRETS / secret.relative_to("/")
    assert kept.read_text() == "hidden"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    roundabout = tmp_path / ("../" * 30) / secret.relative_to("/")
    backup.make(state, [], tmp_path / "round", "estate", 5, [roundabout])
    kept = tmp_path / "round" / backup.SECRETS / secret.relative_to("/")
    assert kept.read_text() == "hidden"
    backup.make(state, [], tmp_path / "open", "estate", 5)
    assert not (tmp_path / "open" / backup.SECRETS).exists()


def accepted(centre: str, about: int) -> NewEntry:
    return NewEntry(Type.DELIVERY, DeliveryBody(centre, 1, True, "ACK", 1), about=about)


@pytest.mark.parametrize("cursors", [True, False])
def test_what_one_of_two_centres_was_not_told_comes_back(
    tmp_path: Path, clock: ManualClock, cursors: bool
) -> None:
    journal = Journal(tmp_path / "alarms.db", clock, chained=True)
    store(journal, [event(number) for number in range(1, 11)])
    store(journal, [accepted("police", about) for about in range(1, 9)])
    store(journal, [accepted("property", about) for about in range(1, 5)])
    for centre, position in (("police", 8), ("property", 4)):
        store(
            journal, [Cursor(f"centre/{centre}/{part}", position) for part in ("urgent", "normal")]
        )
    journal.close()
    if not cursors:
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
            other.execute("DROP TABLE cursors")
    assert [one.seq for one in undelivered(journal.path)] == [5, 6, 7, 8, 9, 10]


def test_damage_that_only_a_reader_meets_is_set_aside_at_the_next_start(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = filled(tmp_path, clock)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE entries SET body = 'no body' WHERE position = 2000")
    assert damaged(path) is None
    with pytest.raises(Exception, match="malformed"), damage_noted(tmp_path), Reader(path) as one:
        one.read(0, 5000)
    assert damaged(path) is not None
    journal, found = open_alarms(tmp_path, clock)
    journal.close()
    assert len(found) == 1 + 1500 - 1
    assert isinstance(found[0].body, FaultBody)
    assert damaged(path) is None


# The thread is to die of it: nothing may be answered any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_meets_damage_has_it_set_aside(tmp_path: Path, clock: ManualClock) -> None:
    path = filled(tmp_path, clock)
    journal = Journal(path, clock, chained=True)
    # What it keeps in memory would hide the damage from it.
    journal._connection.execute("PRAGMA cache_size=0")  # noqa: SLF001 - no public way
    with closing(sqlite3.connect(path)) as other:
        root = other.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entries_once'"
        ).fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    journal.submit([event(3)])
    end = time.monotonic() + WAIT_S
    while journal.running:
        assert time.monotonic() < end
        time.sleep(0.001)
    journal.close()
    # The start may look elsewhere: the writer has left a note.
    assert "malformed" in path.with_name("alarms.db-damaged").read_text()
    assert damaged(path) is not None


def test_readings_are_verified_without_a_chain(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal(tmp_path / "telemetry.db", clock, chained=False)
    store(journal, [reading(number) for number in range(1, 101)])
    store(journal, [Cursor("series", 999)])
    journal.close()
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("DELETE FROM entries WHERE position <= 10")
        other.execute("DELETE FROM entries WHERE position BETWEEN 50 AND 59")
    assert list(map(str, problems(journal.path, chained=False))) == [
        "positions 50 to 59 are missing",
        "cursor series is at 999, ahead of the last entry 100",
    ]


def test_a_clock_that_is_wrong_uses_no_position_again(tmp_path: Path, clock: ManualClock) -> None:
    path = filled(tmp_path, clock, 500)
    note_damage(path, "the first")
    journal, found = open_alarms(tmp_path, clock)
    store(journal, list(found))
    with journal.reader() as reader:
        last = reader.head()
    journal.close()
    clock.reboot(1_000)
    note_damage(path, "the second")
    journal, found = open_alarms(tmp_path, clock)
    store(journal, list(found))
    with journal.reader() as reader:
        assert reader.read(0, 1)[0].position > last
    journal.close()
