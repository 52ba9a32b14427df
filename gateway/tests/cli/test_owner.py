"""What root does on the command line leaves no file that the services cannot write."""

import codecs
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal import backup
from callpoint_gateway.journal.writer import Journal
from callpoint_people.outbox_file import open_outbox

CONFIGURATION = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[console]
public_url = "http://127.0.0.1:8480"
"""
REGISTER = """
[[place]]
id = "hall"
[[device]]
id = "lobby"
place = "hall"
[[device.zone]]
zone = 1
kind = "panic"
"""
CONTACTS = "name,consent on,phone,role\nAn Example,2026-11-01,13800000000,volunteer\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A site whose state belongs to another user where root runs the test."""
    codecs.lookup("ascii")  # another user may not read this Python's files
    with tempfile.TemporaryDirectory() as name:  # those of pytest are closed to others
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "gateway.toml").write_text(CONFIGURATION)
        (folder / "register.toml").write_text(REGISTER)
        (folder / "contacts.csv").write_text(CONTACTS)
        state = folder / "state"
        state.mkdir()
        for journal, chained in (("alarms.db", True), ("telemetry.db", False)):
            Journal(state / journal, SystemClock(), chained=chained).close()
        if os.geteuid() == 0:
            for path in (state, *state.iterdir()):
                os.chown(path, 12345, 12345)
        yield folder


def typed(folder: Path, *words: str) -> None:
    done = CliRunner().invoke(main, [*words, "-c", str(folder / "gateway.toml")])
    assert done.exit_code == 0, done.output


def owners(folder: Path) -> set[int]:
    return {path.stat().st_uid for path in (folder / "state").rglob("*")}


def test_contacts_and_labels_belong_to_the_services(folder: Path) -> None:
    typed(folder, "contact", "import", str(folder / "contacts.csv"))
    typed(folder, "labels", str(folder / "labels.html"))
    assert (folder / "state/people/people.sqlite3").exists()
    assert owners(folder) == {(folder / "state").stat().st_uid}


def made(folder: Path, *paths: str) -> None:
    """Assert that these paths of the state folder are there, and all of it the services' own."""
    state = folder / "state"
    assert [path for path in paths if not (state / path).exists()] == []
    assert owners(folder) == {state.stat().st_uid}


def with_accounts(folder: Path) -> None:
    typed(folder, "user", "add", "admin", "--role", "admin")
    open_outbox(folder / "state").close()
    if os.geteuid() == 0:
        for path in (folder / "state").rglob("*"):
            os.chown(path, 12345, 12345)


def test_what_was_put_back_and_its_locks_belong_to_the_services(folder: Path) -> None:
    with_accounts(folder)
    typed(folder, "backup", str(folder / "copy"))
    typed(folder, "restore", str(folder / "copy"), "--replace")
    made(folder, "alarms.db", "gateway.lock", "console/console.lock", "notify/notify.lock")
    made(folder, "console/console.sqlite3", "last_backup.json")


def test_what_was_put_back_into_a_new_folder_belongs_to_the_services(folder: Path) -> None:
    with_accounts(folder)
    typed(folder, "backup", str(folder / "copy"))
    shutil.rmtree(folder / "state")
    (folder / "gateway.toml").write_text(CONFIGURATION.replace('"state"', '"site/state"'))
    (folder / "site").mkdir()
    if os.geteuid() == 0:
        os.chown(folder / "site", 12345, 12345)
    typed(folder, "restore", str(folder / "copy"))
    made(folder / "site", "alarms.db", "gateway.lock", "console/console.sqlite3")
    assert (folder / "site/state").stat().st_uid == (folder / "site").stat().st_uid


def test_a_restore_that_root_did_not_finish_can_be_finished_by_the_services(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_accounts(folder)
    typed(folder, "backup", str(folder / "copy"))
    monkeypatch.setattr(backup, "finish", lambda state_dir: None)
    typed(folder, "restore", str(folder / "copy"), "--replace")
    made(folder, "restoring/alarms.db", "restoring/further/console/console.sqlite3")
