"""What root does on the command line leaves no file that the services cannot write."""

import codecs
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal

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


def test_journals_that_were_put_back_belong_to_the_gateway(folder: Path) -> None:
    typed(folder, "backup", str(folder / "copy"))
    typed(folder, "restore", str(folder / "copy"), "--replace")
    journals = [folder / "state" / name for name in ("alarms.db", "telemetry.db")]
    assert {path.stat().st_uid for path in journals} == {(folder / "state").stat().st_uid}
