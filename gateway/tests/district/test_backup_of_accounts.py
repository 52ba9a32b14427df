"""The console's accounts of a district are copied while it runs, and put back."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in, opened
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.backup import NOTE, SECRETS

PASSWORD = "wHp3xQ"


def callpoint(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *map(str, words)], prog_name="callpoint")


@pytest.fixture
def config(folder: Path) -> Path:
    """Return the configuration of a district that nothing runs of."""
    file = folder / "district.toml"
    file.write_text(
        'district = "d1"\nservers = ["nats://127.0.0.1:9"]\n'
        f'database = "host=127.0.0.1 port=9 password={PASSWORD}"\nstate_dir = "kept"\n',
        encoding="utf-8",
    )
    return file


def add(database: Database, login: str) -> None:
    AccountStore(database, SystemClock()).add(login, [Grant(Role.OPERATOR, "")], "en", Kind.PERSON)


def logins(config: Path) -> set[str]:
    database = Database(file_in(config.parent / "kept"), SUBJECTS)
    try:
        return {account.login for account in AccountStore(database, SystemClock()).all()}
    finally:
        database.close()


def test_accounts_are_copied_while_the_console_runs_and_put_back(
    folder: Path, config: Path
) -> None:
    copy = folder / "copy"
    with opened(file_in(folder / "kept"), SUBJECTS) as database:
        add(database, "xihu-1")
        made = callpoint("backup", copy, "-c", config)
        assert made.exit_code == 0, made.output
        assert "pg_dump" in made.output
        add(database, "later")
        refused = callpoint("restore", copy, "--replace", "-c", config)
        assert refused.exit_code == 3
        assert "console.sqlite3" in refused.output
    assert callpoint("restore", copy, "-c", config).exit_code == 3
    done = callpoint("restore", copy, "--replace", "-c", config)
    assert done.exit_code == 0, done.output
    assert logins(config) == {"xihu-1"}
    before = [file.name for file in (folder / "kept/console").iterdir() if "before" in file.name]
    assert before  # what was there is kept


def test_the_password_of_the_database_is_copied_with_secrets_only(
    folder: Path, config: Path
) -> None:
    with opened(file_in(folder / "kept"), SUBJECTS) as database:
        add(database, "xihu-1")
    for name, words in (("open", ()), ("locked", ("--secrets",))):
        made = callpoint("backup", folder / name, *words, "-c", config)
        assert made.exit_code == 0, made.output
        texts = [file.read_bytes() for file in (folder / name).rglob("*") if file.is_file()]
        assert any(PASSWORD.encode() in text for text in texts) is bool(words)
    assert (folder / "locked" / SECRETS).is_dir()


def test_a_copy_of_accounts_is_no_copy_of_a_gateway(folder: Path, config: Path) -> None:
    with opened(file_in(folder / "kept"), SUBJECTS) as database:
        add(database, "xihu-1")
    assert callpoint("backup", folder / "copy", "-c", config).exit_code == 0
    assert (folder / "copy" / NOTE).exists()
    (folder / "register.toml").write_text("")
    gateway = folder / "gateway.toml"
    gateway.write_text(
        '[gateway]\nsite = "d1"\nregister = "register.toml"\nstate_dir = "state"\n', "utf-8"
    )
    done = callpoint("restore", folder / "copy", "--replace", "-c", gateway)
    assert done.exit_code == 3, done.output


def test_a_district_without_accounts_has_nothing_to_copy(folder: Path, config: Path) -> None:
    done = callpoint("backup", folder / "copy", "-c", config)
    assert done.exit_code == 3
    assert "state_dir" in done.output
    assert not (folder / "copy").exists()
