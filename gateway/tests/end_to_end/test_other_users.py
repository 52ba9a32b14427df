"""Other users of the machine: who has a role looks and acts, without root and without a secret."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal

from ..other_user import ROOT, User, callpoint, may_write, open_folder, user

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
READER, ACTOR, STRANGER = user(4), user(5), user(6)

CONFIGURATION = """\
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"

[control]
users = {{ {users} }}

[[centre]]
name = "police"
protocol = "dc09"
host = "127.0.0.1"
port = 9
account = "1234"
key_file = "police.key"
kinds = ["panic", "medical", "smoke", "door", "intrusion", "tamper", "gas", "water",
         "device", "battery", "supervision", "test"]
"""
REGISTER = """\
[[place]]
id = "hall"
city = "Fengyang"

[[partition]]
id = "flat"
place = "hall"

[[device]]
id = "button"
place = "hall"

[[device.zone]]
zone = 1
kind = "panic"

[[device.zone]]
zone = 2
kind = "door"
guarded_by = "flat"
"""
LOOKING = [
    ["alarms"],
    ["watch", "--once"],
    ["events"],
    ["report"],
]
ASKING = [
    ["supervision"],
    ["partitions"],
    ["inhibit", "--list"],
    ["drill", "status"],
]


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


@contextmanager
def site(roles: dict[User, str]) -> Iterator[Path]:
    """Yield the folder of a site in which these users have a role, and no others."""
    with open_folder() as folder:
        users = ", ".join(f'{who.uid} = ["{role}"]' for who, role in roles.items())
        (folder / "gateway.toml").write_text(CONFIGURATION.format(users=users))
        (folder / "register.toml").write_text(REGISTER)
        (folder / "police.key").write_text("0123456789abcdef")
        (folder / "police.key").chmod(0o600)
        yield folder


@contextmanager
def running(folder: Path) -> Iterator[None]:
    (folder / "police.key").chmod(0o600)
    with (folder / "log").open("wb") as log:
        gateway = subprocess.Popen(
            [sys.executable, "-m", "callpoint_cli.main", "run", "-c", folder / "gateway.toml"],
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: (folder / "state" / "control.sock").exists() or _ended(gateway, folder))
        # Whoever runs the tests could read it.
        (folder / "police.key").chmod(0)
        yield
    finally:
        gateway.terminate()
        gateway.wait(SOON_S)


def _ended(gateway: subprocess.Popen[bytes], folder: Path) -> bool:
    assert gateway.poll() is None, (folder / "log").read_text()
    return False


def typed(who: User, folder: Path, words: list[str]) -> tuple[int, str]:
    shown = callpoint(who, *words, "-c", str(folder / "gateway.toml"))
    return shown.returncode, (shown.stdout + shown.stderr).decode()


def test_a_reader_sees_everything_and_changes_nothing() -> None:
    with site({READER: "viewer"}) as folder:
        with running(folder):
            until(lambda: typed(READER, folder, ["alarms"])[0] == 0)
            for words in LOOKING + ASKING:
                code, shown = typed(READER, folder, words)
                assert (code, "Error" in shown) == (0, False), (words, shown)
            for words in (
                ["arm", "flat"],
                ["alarm", "ack", "1"],
                ["drill", "start"],
                ["inhibit", "button", "--for", "1h", "--reason", "new"],
                ["device", "button", "identify"],
                ["reload"],
            ):
                code, shown = typed(READER, folder, words)
                assert code == 4, (words, shown)
                assert "that needs the role" in shown
        # The service is down: what is on disk is still there to be read.
        for words in LOOKING:
            code, shown = typed(READER, folder, words)
            assert (code, "Error" in shown) == (0, False), (words, shown)
        assert typed(READER, folder, ["supervision"])[0] == 3
        for part in ("", "-wal", "-shm"):
            if ROOT:
                assert not may_write(READER, folder / "state" / f"alarms.db{part}")


def test_who_has_a_role_acts_by_it_and_the_journal_says_by_which() -> None:
    with site({ACTOR: "operator"}) as folder, running(folder):
        until(lambda: typed(ACTOR, folder, ["alarms"])[0] == 0)
        code, shown = typed(ACTOR, folder, ["arm", "flat"])
        assert code == 0, shown
        code, shown = typed(ACTOR, folder, ["events", "--kind", "arming", "--json"])
        assert f"operator (cli:{ACTOR.uid})" in shown
        code, shown = typed(ACTOR, folder, ["disarm", "flat", "--as", "supervisor"])
        assert (code, "does not have the role supervisor" in shown) == (4, True), shown
        assert typed(ACTOR, folder, ["disarm", "flat", "--as", "operator"])[0] == 0


def test_a_stranger_is_told_which_role_it_needs_and_what_to_write() -> None:
    nothing = {} if ROOT else {STRANGER: ""}
    with site(nothing) as folder:
        toml = folder / "gateway.toml"
        toml.write_text(toml.read_text().replace('[""]', "[]"))
        with running(folder):
            code, shown = typed(STRANGER, folder, ["partitions"])
            assert code == 4, shown
            assert "that needs the role viewer" in shown
            assert "gateway.toml" in shown
            assert str(os.geteuid()) in shown or str(STRANGER.uid) in shown or not ROOT
            if ROOT:
                code, shown = typed(STRANGER, folder, ["alarms"])
                assert (code, "callpoint-read" in shown) == (3, True), shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_stranger_is_told_so_by_every_command(language: str) -> None:
    """None of them ends with a traceback, and none shows what the user may not read."""
    with site({}) as folder:
        state = folder / "state"
        state.mkdir(mode=0o750)
        for name in ("alarms.db", "telemetry.db"):
            Journal(state / name, SystemClock(), chained=name == "alarms.db").close()
        (state / "console").mkdir(mode=0o700)
        state.chmod(0o750 if ROOT else 0)
        try:
            for words in (
                *LOOKING,
                ["journal", "verify"],
                ["doctor"],
                ["user", "list"],
                ["supervision"],
                ["backup", str(folder / "copy")],
            ):
                told = callpoint(
                    STRANGER, *words, "--lang", language, "-c", str(folder / "gateway.toml")
                )
                said = (told.stdout + told.stderr).decode()
                assert told.returncode in (2, 3, 4), f"{words}: {said}"
                assert "Traceback" not in said
        finally:
            state.chmod(0o750)
