"""A version on trial works on a copy, and leaves the site's files as they are."""

import hashlib
from pathlib import Path

import pytest

from callpoint_cli.setup import trial, versions
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.journal.reader import Reader
from callpoint_people.database import open_people
from callpoint_protocol import names

from ..alarms.site_journals import Site
from ..conftest import ManualClock


@pytest.fixture
def state(tmp_path: Path, clock: ManualClock) -> Path:
    """Return a state directory with every file that a site has."""
    folder = tmp_path / "state"
    site = Site(folder, clock)
    site.event(names.ALARM)
    site.close()
    Database(file_in(folder), SUBJECTS).close()
    open_people(folder)[0].close()
    return folder


def test_a_trial_opens_a_copy_of_every_file(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file: hashlib.sha256(file.read_bytes()).digest() for file in trial.sources(state)}
    copy = tmp_path / "copy"
    assert trial.main(str(state), str(copy)) == 0
    assert float(capsys.readouterr().out) >= 0
    assert {file.relative_to(copy) for file in trial.opened_by(copy)} == {
        file.relative_to(state) for file in trial.opened_by(state)
    }
    with Reader(copy / "alarms.db") as reader:
        assert reader.head() >= 1
        assert list(reader.verify()) == []
    assert {file: hashlib.sha256(file.read_bytes()).digest() for file in before} == before


def test_a_trial_names_a_file_that_cannot_be_used(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file_in(state).write_bytes(b"no database" * 1000)
    assert trial.main(str(state), str(tmp_path / "copy")) == 4
    assert capsys.readouterr().err


def test_the_version_that_runs_is_a_link_that_changes_at_once(tmp_path: Path) -> None:
    assert versions.current(tmp_path) is None
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        versions.program(version, tmp_path).parent.mkdir(parents=True)
        versions.choose(version, tmp_path)
        assert versions.current(tmp_path) == version
    versions.forget_others("0.3.0", "0.2.0", versions=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.2.0", "0.3.0", "current"]
