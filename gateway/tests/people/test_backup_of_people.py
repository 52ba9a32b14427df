"""A backup has what was told, and contacts only with the secrets; a restore puts both back."""

import fcntl
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.journal import backup as copies
from callpoint_gateway.journal.writer import Journal
from callpoint_people.database import FOLDER, KEY
from callpoint_people.outbox_file import FILE as OUTBOX
from callpoint_people.outbox_file import FOLDER as NOTIFY
from callpoint_people.outbox_file import LOCK, open_outbox
from callpoint_people.store import PeopleStore

from ..conftest import ManualClock
from .estate import REGISTER, someone

NAME = "Canary Quillfeather"


class Site:
    """A state folder with journals, a contact and an outbox."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        folder.mkdir()
        self.folder, self.state = folder, folder / "state"
        self.config = folder / "gateway.toml"
        self.config.write_text(
            '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        )
        (folder / "register.toml").write_text(REGISTER)
        self.state.mkdir()
        for name, chained in (("alarms.db", True), ("telemetry.db", False)):
            Journal(self.state / name, clock, chained=chained).close()

    def fill(self) -> str:
        with PeopleStore(self.state) as people:
            id = people.add(someone(NAME))
        with closing(open_outbox(self.state)) as outbox:
            outbox.execute("INSERT INTO meta VALUES ('position', '7')")
        return id

    def __call__(self, *words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, [*words, "-c", str(self.config)])
        assert result.exit_code == code, result.output
        return result.output

    def position(self) -> str:
        with closing(open_outbox(self.state)) as outbox:
            return str(outbox.execute("SELECT value FROM meta").fetchone()[0])


def test_contacts_are_in_a_copy_only_with_the_secrets(tmp_path: Path, clock: ManualClock) -> None:
    site = Site(tmp_path / "here", clock)
    site.fill()
    site("backup", str(tmp_path / "open"))
    site("backup", str(tmp_path / "locked"), "--secrets")
    assert (tmp_path / "open" / copies.FURTHER / NOTIFY / OUTBOX).exists()
    assert not (tmp_path / "open" / copies.FURTHER / FOLDER).exists()
    for path in (tmp_path / "locked" / copies.FURTHER).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or NAME.encode() not in path.read_bytes(), path


def test_a_restore_puts_them_back_on_another_machine(tmp_path: Path, clock: ManualClock) -> None:
    site, other = Site(tmp_path / "here", clock), Site(tmp_path / "there", clock)
    id = site.fill()
    site("backup", str(tmp_path / "copy"), "--secrets")
    shutil.rmtree(other.state)
    other("restore", str(tmp_path / "copy"))
    with PeopleStore(other.state) as people:
        assert people.contact(id, "desk-1").person.name == NAME
    assert other.position() == "7"
    for folder in (FOLDER, NOTIFY):
        for path in (other.state / folder, *(other.state / folder).iterdir()):
            assert path.stat().st_mode & 0o077 == 0, path


def test_what_is_there_is_kept_under_another_name(tmp_path: Path, clock: ManualClock) -> None:
    site = Site(tmp_path / "here", clock)
    id = site.fill()
    site("backup", str(tmp_path / "copy"), "--secrets")
    with PeopleStore(site.state) as people:
        people.delete(id)
    assert "--replace" in site("restore", str(tmp_path / "copy"), code=3)
    site("restore", str(tmp_path / "copy"), "--replace")
    with PeopleStore(site.state) as people:
        assert people.contact(id, "desk-1").person.name == NAME
    kept = {path.suffix for path in (site.state / FOLDER).glob("people.before-*")}
    assert {".sqlite3", ".key"} <= kept


def test_a_copy_without_contacts_leaves_those_that_are_there(
    tmp_path: Path, clock: ManualClock
) -> None:
    site = Site(tmp_path / "here", clock)
    id = site.fill()
    site("backup", str(tmp_path / "copy"))
    site("restore", str(tmp_path / "copy"), "--replace")
    with PeopleStore(site.state) as people:
        assert people.ids() == [id]


def test_a_restore_that_was_interrupted_is_finished(tmp_path: Path, clock: ManualClock) -> None:
    site = Site(tmp_path / "here", clock)
    id = site.fill()
    site("backup", str(tmp_path / "copy"), "--secrets")
    for path in (site.state / FOLDER).iterdir():
        path.unlink()
    restoring = site.state / "restoring"
    shutil.copytree(tmp_path / "copy", restoring)
    for name in ("gateway.toml", "register.toml"):
        (restoring / name).unlink()
    # The power failed after the key was put back, and before the rest.
    (restoring / copies.FURTHER / FOLDER / KEY).rename(site.state / FOLDER / KEY)
    copies.finish(site.state)
    assert not restoring.exists()
    with PeopleStore(site.state) as people:
        assert people.ids() == [id]
        assert people.contact(id, "desk-1").person.name == NAME


def test_a_damaged_copy_and_a_running_notifier_are_refused(
    tmp_path: Path, clock: ManualClock
) -> None:
    site = Site(tmp_path / "here", clock)
    site.fill()
    site("backup", str(tmp_path / "copy"))
    lock = site.state / NOTIFY / LOCK
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = site("restore", str(tmp_path / "copy"), "--replace", code=3)
        assert "is in use; stop the program" in said
    copied = tmp_path / "copy" / copies.FURTHER / NOTIFY / OUTBOX
    content = bytearray(copied.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    copied.write_bytes(content)
    assert "notify.sqlite3" in site("restore", str(tmp_path / "copy"), "--replace", code=3)
    assert site.position() == "7"


def test_a_copy_is_of_one_moment_while_a_program_writes(
    tmp_path: Path, clock: ManualClock
) -> None:
    site = Site(tmp_path / "here", clock)
    site.fill()
    with closing(open_outbox(site.state)) as outbox:
        outbox.execute("BEGIN IMMEDIATE")
        outbox.execute("UPDATE meta SET value = '8'")
        site("backup", str(tmp_path / "copy"))
        outbox.execute("COMMIT")
    copied = tmp_path / "copy" / copies.FURTHER / NOTIFY / OUTBOX
    with closing(sqlite3.connect(copied)) as opened:
        assert opened.execute("SELECT value FROM meta").fetchone()[0] in ("7", b"7")


@pytest.mark.parametrize("secrets", [True, False])
def test_a_site_without_these_programs_is_copied_as_before(
    tmp_path: Path, clock: ManualClock, secrets: bool
) -> None:
    site = Site(tmp_path / "here", clock)
    site("backup", str(tmp_path / "copy"), *(["--secrets"] if secrets else []))
    assert not (tmp_path / "copy" / copies.FURTHER).exists()
