"""What a person types, also wrongly: one clear line, the right exit code, no traceback."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_rig.ports import free_port

SOON_S = 60
COMMANDS = ["run", "config check", "events", "journal verify", "watch", "simulate", "demo"]


def callpoint(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callpoint_cli.main", *words],
        capture_output=True,
        text=True,
        timeout=SOON_S,
        env=os.environ | more,
        check=False,
    )


def refused(exit_code: int, *words: str) -> str:
    """Run a command that must fail and return its one line."""
    done = callpoint(*words)
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines[-1].startswith("Error: ")
    return lines[-1].removeprefix("Error: ")


def write(folder: Path, **more: str) -> Path:
    """Write a configuration that is good but for what the test changes."""
    text = {
        "site": '"estate"',
        "state_dir": '"state"',
        "register": '"register.toml"',
        "broker_port": str(free_port()),
        "end": "",
    } | more
    (folder / "register.toml").write_text("")
    path = folder / "gateway.toml"
    path.write_text(
        f"[gateway]\nsite = {text['site']}\nstate_dir = {text['state_dir']}\n"
        f"register = {text['register']}\n[broker]\nport = {text['broker_port']}\n{text['end']}"
    )
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    done = callpoint(*command.split(), "--help")
    assert done.returncode == 0
    assert f"callpoint {command}" in done.stdout
    assert "Example" in done.stdout


@pytest.mark.parametrize("command", ["run", "config check"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"end": "[[centr]]\n"}, "gateway.toml:7: unknown key 'centr'; did you mean 'centre'?"),
        ({"site": "5"}, "gateway.toml:2: gateway.site: Expected `str`, got `int`"),
        ({"site": '"A"'}, "gateway.toml:2: site: 1 to 32 of a-z 0-9 - _"),
        ({"broker_port": "0"}, "gateway.toml:6: broker.port: Expected `int` >= 1"),
        ({"register": '"nowhere.toml"'}, "nowhere.toml: cannot be read: there is no such file"),
    ],
)
def test_a_bad_configuration(
    tmp_path: Path, command: str, change: dict[str, str], said: str
) -> None:
    path = write(tmp_path, **change)
    assert said in refused(2, *command.split(), "-c", str(path))


def test_a_missing_configuration(tmp_path: Path) -> None:
    said = refused(2, "run", "-c", str(tmp_path / "no.toml"))
    assert said.startswith(f"{tmp_path}/no.toml: cannot be read: there is no such file; write it")


def test_no_broker(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert "is it running?" in refused(3, "config", "check", "--connect", "-c", str(path))
    done = callpoint("config", "check", "-c", str(path), "--json")
    assert json.loads(done.stdout)["devices"] == 0
    path.write_text(path.read_text() + "[arming]\nmqtt = true\n")
    done = callpoint("config", "check", "-c", str(path))
    assert "note: [arming]: without codes_file nobody can disarm" in done.stdout
    assert json.loads(callpoint("config", "check", "-c", str(path), "--json").stdout)["notes"]


CENTRE = '[[centre]]\nname = "police"\nhost = "h"\nport = 1\naccount = "1234"\n'
REGISTER = """[[place]]
id = "kitchen"
city = "凤阳"
room = "301室"
[[device]]
id = "button"
place = "kitchen"
[[device.zone]]
zone = 1
kind = "panic"
"""


def test_the_check_shows_what_a_centre_reads(tmp_path: Path) -> None:
    path = write(tmp_path, end=CENTRE)
    (tmp_path / "register.toml").write_text(REGISTER)
    done = callpoint("config", "check", "-c", str(path))
    titles, device, zone, good, *notes = done.stdout.splitlines()
    assert all(note.startswith("note: ") for note in notes)
    assert titles.split("  ")[0] == "centre"
    assert device.split()[-3:] == ["1234", "1/0", "301"]
    assert zone.split() == ["police", "凤阳", "/", "301室", "button", "1", "1234", "1/1", "301"]
    assert good == f"{path}: good. Site estate, 1 devices, centres: police"
    said = callpoint("config", "check", "-c", str(path), "--lang", "zh").stdout
    assert said.startswith("中心")
    done = callpoint("config", "check", "-c", str(path), "--json")
    assert json.loads(done.stdout)["readings"][1]["text"] == "301"


def test_a_state_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    said = refused(3, "run", "-c", str(write(tmp_path)))
    assert "state directory" in said
    assert "set state_dir" in said


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    """Who only looks is told; a gateway puts it aside and runs, because a press matters more."""
    (tmp_path / "state").mkdir()
    junk = b"no journal" * 100
    (tmp_path / "state" / "alarms.db").write_bytes(junk)
    path = write(tmp_path)
    looked = callpoint("journal", "verify", "-c", str(path))
    assert looked.returncode == 4
    assert "alarms.db: cannot be opened as a journal" in looked.stdout
    command = [sys.executable, "-m", "callpoint_cli.main", "run", "-c", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as gateway:
        assert gateway.stdout is not None
        try:
            assert "set aside as alarms.damaged-" in gateway.stdout.readline()
            while "site estate" not in gateway.stdout.readline():
                assert gateway.poll() is None
        finally:
            gateway.send_signal(signal.SIGTERM)
    (aside,) = (tmp_path / "state").glob("alarms.damaged-*.db")
    assert aside.read_bytes() == junk
    verified = callpoint("journal", "verify", "-c", str(path))
    assert verified.returncode == 0
    assert "no problems" in verified.stdout
    asked = refused(3, "journal", "salvage", aside.name, "-c", str(path))
    assert "no gateway runs on" in asked


def test_a_second_gateway_on_the_same_state(tmp_path: Path) -> None:
    path = write(tmp_path)
    command = [sys.executable, "-m", "callpoint_cli.main", "run", "-c", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        try:
            assert "site estate" in first.stdout.readline()
            assert "in use by another gateway" in refused(3, "run", "-c", str(path))
        finally:
            first.send_signal(signal.SIGTERM)
        rest = first.stdout.read()
    assert first.returncode == 0
    assert "no broker answers at 127.0.0.1" in rest
    assert "stopped" in rest


def test_a_changed_journal(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert "no such journal" in refused(3, "journal", "verify", "-c", str(path))
    journal = Journal(tmp_path / "state" / "alarms.db", SystemClock(), chained=True)
    for number in range(3):
        fault = FaultBody("broker", bool(number % 2), "made by a test")
        journal.submit([NewEntry(Type.FAULT, fault)])
    journal.close()
    good = callpoint("journal", "verify", "-c", str(path))
    assert good.returncode == 0
    assert "alarms.db: 3 entries, no problems\n" in good.stdout
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("UPDATE entries SET recorded_ms = 1 WHERE position = 2")
    bad = callpoint("journal", "verify", "-c", str(path), "--json")
    assert bad.returncode == 4
    assert json.loads(bad.stdout)["problems"] == ["alarms.db: position 2 does not fit the chain"]


def test_an_unknown_command_or_option() -> None:
    assert "No such command 'rum'" in refused(2, "rum")
    assert "No such option" in refused(2, "run", "--colour")


def test_keep_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "callpoint_cli.main", "demo", "--keep"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


@pytest.mark.end_to_end
def test_the_demo_ends_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = callpoint("demo", "--json", "--lang", "zh", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    for text in (
        "三块虚拟板",
        "1/5  门打开后关闭",
        "门关闭",
        "指示灯 接警中心",
        "火警",
    ):
        assert text in done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["good"]
    assert verdict["raised"] == verdict["arrived"] == verdict["points"] == 10
    assert list(tmp_path.iterdir()) == []


def children_of(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_killed_takes_its_parts_with_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "callpoint_cli.main", "demo"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as demo:
        assert demo.stdout is not None
        while "1/5" not in demo.stdout.readline():
            assert demo.poll() is None
        children = children_of(demo.pid)
        demo.send_signal(number)
        demo.wait(SOON_S)
    assert len(children) >= 5
    until = time.monotonic() + SOON_S
    while any(alive(pid) for pid in children):
        assert time.monotonic() < until
    if number is not signal.SIGKILL:
        assert list(tmp_path.iterdir()) == []
