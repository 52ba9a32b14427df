"""A copy holds the site's other SQLite files too; a restore puts back all of them or none."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_gateway.host.file_lock import hold_file
from callpoint_gateway.journal import backup
from callpoint_gateway.journal.backup import BackupError
from callpoint_gateway.journal.further_files import FurtherFile
from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock


def forget(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM kept WHERE what LIKE 'session%'")


CONSOLE = FurtherFile(file="console/c.sqlite3", lock="console/c.lock", prepare=forget)
PEOPLE = FurtherFile(file="people/p.sqlite3", keys=("people/p.key",), secret=True)
BOTH = (CONSOLE, PEOPLE)


def put(file: Path, *what: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("CREATE TABLE IF NOT EXISTS kept (what TEXT)")
        opened.executemany("INSERT INTO kept VALUES (?)", [(each,) for each in what])


def kept(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as opened:
        return [row[0] for row in opened.execute("SELECT what FROM kept ORDER BY what")]


@pytest.fixture
def state(tmp_path: Path, clock: ManualClock) -> Path:
    """Return the state directory of a site with journals, accounts and contacts."""
    folder = tmp_path / "state"
    folder.mkdir()
    for name in ("alarms.db", "telemetry.db"):
        Journal(folder / name, clock, chained=name == "alarms.db").close()
    put(folder / CONSOLE.file, "account", "session of today")
    put(folder / PEOPLE.file, "contact")
    (folder / "people/p.key").write_bytes(b"key")
    return folder


def copy(state: Path, name: str = "copy", further: tuple[FurtherFile, ...] = BOTH) -> Path:
    target = state.parent / name
    backup.make(state, [], target, "estate", 1_000, (), further)
    return target


def restore(state: Path, source: Path, *, replace: bool = True) -> None:
    backup.take_back(source, state, "estate", replace=replace, further=BOTH)


def test_a_copy_is_made_while_the_file_is_written(state: Path) -> None:
    with closing(sqlite3.connect(state / CONSOLE.file, isolation_level=None)) as console:
        console.execute("INSERT INTO kept VALUES ('in the log only')")
        console.execute("BEGIN IMMEDIATE")
        console.execute("INSERT INTO kept VALUES ('not committed')")
        source = copy(state)
        console.execute("ROLLBACK")
    made = source / backup.FURTHER / CONSOLE.file
    assert kept(made) == ["account", "in the log only"]
    assert b"session of today" not in made.read_bytes()
    assert (source / backup.FURTHER / "people/p.key").read_bytes() == b"key"
    for file in (source / backup.FURTHER).rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600)
    assert backup.read_note(source).further == [CONSOLE.file, PEOPLE.file, "people/p.key"]


def test_what_is_not_there_is_not_copied(state: Path) -> None:
    (state / CONSOLE.file).unlink()
    source = copy(state, further=(CONSOLE,))
    assert backup.read_note(source).further == []
    restore(state, source)
    assert kept(state / PEOPLE.file) == ["contact"]


def test_everything_is_put_back_and_nothing_is_deleted(state: Path) -> None:
    source = copy(state)
    put(state / CONSOLE.file, "later")
    (state / "people/p.key").write_bytes(b"another key")
    with pytest.raises(BackupError, match="--replace"):
        restore(state, source, replace=False)
    restore(state, source)
    assert kept(state / CONSOLE.file) == ["account"]
    assert (state / "people/p.key").read_bytes() == b"key"
    assert "later" in kept(state / "console/c.before-1000-1.sqlite3")
    assert (state / "people/p.before-1000-1.key").read_bytes() == b"another key"
    assert not backup.unfinished(state)
    if os.geteuid() == 0:
        assert (state / CONSOLE.file).stat().st_uid == (state / "console").stat().st_uid


def test_a_file_of_a_machine_that_is_gone_gets_a_folder(state: Path, tmp_path: Path) -> None:
    source = copy(state)
    new = tmp_path / "new machine"
    new.mkdir()
    restore(new, source, replace=False)
    assert kept(new / CONSOLE.file) == ["account"]
    assert stat.S_IMODE((new / "people").stat().st_mode) == 0o700


def test_a_console_that_runs_is_not_robbed_of_its_file(state: Path) -> None:
    source = copy(state)
    with hold_file(state / "console/c.lock"), pytest.raises(BackupError, match="stop the program"):
        restore(state, source)
    assert "session of today" in kept(state / CONSOLE.file)


@pytest.mark.parametrize("what", ["damaged", "gone", "strange"])
def test_a_copy_that_is_not_whole_changes_nothing(state: Path, what: str) -> None:
    source = copy(state)
    made = source / backup.FURTHER / CONSOLE.file
    if what == "damaged":
        made.write_bytes(b"nonsense" * 1000)
    elif what == "gone":
        made.unlink()
    else:
        note = (source / backup.NOTE).read_bytes().replace(b"c.sqlite3", b"../../x")
        (source / backup.NOTE).write_bytes(note)
    with pytest.raises(BackupError):
        restore(state, source)
    assert kept(state / CONSOLE.file) == ["account", "session of today"]
    assert not [path for path in state.rglob("*") if "restoring" in path.name]
    assert not [path for path in state.rglob("*") if "before" in path.name]


def test_a_damaged_file_is_not_copied(state: Path) -> None:
    (state / CONSOLE.file).write_bytes(b"nonsense" * 1000)
    with pytest.raises(BackupError):
        copy(state)
    assert not (state.parent / "copy").exists()


class Killed(BaseException):
    """The process is gone at this moment."""


@pytest.mark.parametrize("operation", ["rename", "rmdir", "unlink"])
def test_a_restore_that_is_killed_is_done_by_the_next_start(
    state: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    source = copy(state)
    really: Callable[..., object] = getattr(Path, operation)
    kills = 0
    for at in range(60):
        put(state / CONSOLE.file, f"before {at}")
        left = at

        def counted(self: Path, *rest: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return really(self, *rest, **named)

        with monkeypatch.context() as patch:
            patch.setattr(Path, operation, counted)
            try:
                restore(state, source)
            except Killed:
                kills += 1
            else:
                break
        begun = backup.unfinished(state)
        backup.finish(state)
        found = kept(state / CONSOLE.file)
        # Either all is as in the copy, or nothing has begun.
        assert (found == ["account"]) or (not begun and f"before {at}" in found)
        assert (state / "people/p.key").read_bytes() == b"key"
        assert not backup.unfinished(state)
    assert kills >= {"rename": 5, "rmdir": 1, "unlink": 1}[operation]
