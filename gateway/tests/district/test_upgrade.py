"""What an upgrade does to the database of a district: looks, copies, and brings it forward."""

import json
import stat
from pathlib import Path

import pytest

from callpoint_cli.setup import district_database
from callpoint_district import database as schema


def written(folder: Path, database: str) -> str:
    """Write the configuration of a district."""
    file = folder / "district.toml"
    servers = 'servers = ["nats://127.0.0.1:9"]'
    file.write_text(f'district = "d1"\n{servers}\ndatabase = "{database}"\n', encoding="utf-8")
    return str(file)


@pytest.fixture
def config(tmp_path: Path, address: str) -> str:
    """Return the configuration of a district whose database has its tables."""
    return written(tmp_path, address)


def later(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, *statements))


def missing(config: str, capsys: pytest.CaptureFixture[str]) -> int:
    assert district_database.main("look", config) == 0
    return int(json.loads(capsys.readouterr().out)["missing"])


def test_a_version_says_what_it_must_do_to_the_tables_and_does_it(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert missing(config, capsys) == 0
    later(monkeypatch, "CREATE TABLE later (note text)")
    assert missing(config, capsys) == 1
    assert district_database.main("migrate", config) == 0
    assert missing(config, capsys) == 0


def test_tables_that_cannot_be_changed_stay_as_they_were(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, "CREATE TABLE later (note text)", "SELECT 1/0")
    assert district_database.main("migrate", config) == 4
    assert "division by zero" in capsys.readouterr().err
    assert missing(config, capsys) == 2


def test_a_database_is_copied_whole_for_its_owner_alone(config: str, tmp_path: Path) -> None:
    target = tmp_path / "before.dump"
    assert district_database.main("copy", config, str(target)) == 0
    assert target.read_bytes().startswith(b"PGDMP")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_no_part_of_a_copy_is_left_of_a_database_that_does_not_answer(tmp_path: Path) -> None:
    config = written(tmp_path, "host=127.0.0.1 port=9")
    assert district_database.main("copy", config, str(tmp_path / "none.dump")) == 4
    assert not list(tmp_path.glob("none.dump*"))


def test_a_password_is_no_word_of_a_command() -> None:
    found = district_database.as_variables("host=/run/pg dbname=d password=wHp3xQ")
    assert found == {"PGHOST": "/run/pg", "PGDATABASE": "d", "PGPASSWORD": "wHp3xQ"}
