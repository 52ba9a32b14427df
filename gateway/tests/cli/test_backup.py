"""``callpoint backup --secrets``: with it a site can go on on another machine."""

import sqlite3
import stat
from contextlib import closing
from datetime import date
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_console.accounts.credentials import Credentials
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.accounts.sessions import SessionStore
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.journal.backup import FURTHER, SECRETS, last_made, read_note
from callpoint_gateway.journal.entries import NewEntry, StatusBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_people.person import person as checked
from callpoint_people.store import PeopleStore

from ..conftest import ManualClock

TODAY = date(2026, 1, 1)


def test_the_authority_is_copied_with_the_secrets_and_for_its_owner_only(
    tmp_path: Path, clock: ManualClock
) -> None:
    for name in ("alarms.db", "telemetry.db"):
        (tmp_path / "state").mkdir(exist_ok=True)
        Journal(tmp_path / "state" / name, clock, chained=name == "alarms.db").close()
    authority = Authority(tmp_path / "certificates", clock)
    authority.client("lobby")
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        '[renewal]\ncertificates_dir = "certificates"\n'
    )
    for words, kept in (([], False), (["--secrets"], True)):
        target = tmp_path / f"copy{len(words)}"
        done = CliRunner().invoke(
            main, ["backup", str(target), *words, "-c", str(tmp_path / "gateway.toml")]
        )
        assert done.exit_code == 0, done.output
        place = target / SECRETS / authority.folder.relative_to("/")
        assert place.exists() == kept
        made = last_made(tmp_path / "state")
        assert made is not None
        assert made == read_note(target)
    files = {file.name: file for file in place.iterdir()}
    assert set(files) == {file.name for file in authority.folder.iterdir()}
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files.values())
    again = Authority.opened(place, clock)
    assert again.named == ["lobby"]


def test_accounts_come_back_with_their_second_factor_and_without_sessions(
    tmp_path: Path, clock: ManualClock
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    for name in ("alarms.db", "telemetry.db"):
        Journal(state / name, clock, chained=name == "alarms.db").close()
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\nsite = "e"\nstate_dir = "state"\nregister = "register.toml"\n')
    with PeopleStore(state) as people:
        person = checked("Wang Fang", "zh", "2026-01-01", {"phone": "13800138000"}, (), TODAY)
        contact = people.add(person, [])

    def typed(*words: str) -> str:
        done = CliRunner().invoke(main, [*words, "-c", str(config)])
        assert done.exit_code == 0, done.output
        return done.output

    typed("user", "add", "wang", "--role", "operator")
    database = Database(file_in(state), SUBJECTS)
    account = AccountStore(database, clock).find("wang").id
    credentials = Credentials(database, clock)
    credentials.set_password(account, "hash")
    secret = credentials.pending_factor(account)
    totp = pyotp.TOTP(secret)
    assert credentials.confirm_factor(account, totp.at(clock.wall // 1000))
    session = SessionStore(database, ConsoleSettings(), clock).begin(account, "", "", factor=True)
    typed("backup", str(tmp_path / "copy"))
    typed("backup", str(tmp_path / "secrets"), "--secrets")
    typed("user", "disable", "wang")
    database.close()
    for name, contacts in (("copy", False), ("secrets", True)):
        for file in (tmp_path / name).rglob("*"):
            assert file.is_dir() or b"13800138000" not in file.read_bytes()
        assert (tmp_path / name / FURTHER / "people").exists() is contacts
        typed("restore", str(tmp_path / name), "--replace")
        database = Database(file_in(state), SUBJECTS)
        found = AccountStore(database, clock).find("wang")
        assert (found.disabled, found.factor) == (False, True)
        clock.advance(60_000)
        assert Credentials(database, clock).check_factor(account, totp.at(clock.wall // 1000))
        assert Credentials(database, clock).recovery_codes_left(account) == 10
        assert SessionStore(database, ConsoleSettings(), clock).find(session, click=False) is None
        database.close()
    with PeopleStore(state) as people:
        assert people.contact(contact, "admin").person.name == "Wang Fang"


@pytest.mark.parametrize(
    ("typed", "english", "chinese"),
    [
        (["events"], "no such journal; has the gateway run here yet?", "没有此日志库"),
        (["watch", "--once"], "no such journal", "没有此日志库"),
        (["backup", "copy"], "no such journal", "没有此日志库"),
        (["backup", "."], "exists; name a folder that does not", "已存在；请指定新的文件夹"),
        (["restore", "."], "is no backup of a gateway (No such file", "不是网关的备份（文件或文"),
    ],
)
def test_what_is_wrong_with_journals_and_copies_is_said_in_the_askers_language(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    english: str,
    chinese: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    )
    for language, told, other in (("en", english, chinese), ("zh", chinese, english)):
        done = CliRunner().invoke(main, [*typed, "--lang", language, "-c", "gateway.toml"])
        assert done.exit_code == 3
        assert told in done.output
        assert other not in done.output


def test_a_broken_chain_is_said_in_chinese_as_well(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "."\nregister = "register.toml"\n'
    )
    journal = Journal(tmp_path / "alarms.db", clock, chained=True)
    status = StatusBody("estate", 1, 7, "2026.11", 0)
    journal.submit([NewEntry(Type.STATUS, status, "lobby")])
    journal.close()
    with closing(sqlite3.connect(tmp_path / "alarms.db", isolation_level=None)) as changed:
        changed.execute("UPDATE entries SET recorded_ms = 1")
    for language, told in (("en", "position 1 does not fit"), ("zh", "第 1 条记录与校验链不符")):
        done = CliRunner().invoke(
            main, ["journal", "verify", "--lang", language, "-c", "gateway.toml"]
        )
        assert done.exit_code == 4
        assert told in done.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "state").mkdir()
    for name in ("alarms.db", "telemetry.db"):
        Journal(tmp_path / "state" / name, clock, chained=name == "alarms.db").close()
    (tmp_path / "register.toml").write_text("")
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        '[[notify.channel]]\nname = "wecom"\nurl_file = "wecom.url"\n'
    )
    words = ["backup", str(tmp_path / "copy"), "--secrets", "-c", str(tmp_path / "gateway.toml")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 3
    assert f"{tmp_path / 'wecom.url'}: No such file" in done.output
    assert not (tmp_path / "copy").exists()
