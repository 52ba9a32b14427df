"""``callpoint events`` on journals that a gateway could have written."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from callpoint_cli.errors import MISSING, OK, USAGE
from callpoint_cli.journals import UTC
from callpoint_cli.main import main
from callpoint_cli.screens.event_objects import quarantined_object
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    EventBody,
    FaultBody,
    Mark,
    NewEntry,
    Quality,
    Quarantine,
    Quarantined,
    TelemetryBody,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

REGISTER = """
[[place]]
id = "home"
community = "翠园"
building = "3"
[[device]]
id = "door-1"
place = "home"
"""
CONFIG = """
[gateway]
site = "estate"
state_dir = "."
register = "register.toml"
"""


def event(clock: ManualClock, seq: int, device: str = "door-1", kind: int = names.PANIC) -> Write:
    """Return an alarm of now."""
    state = names.NOTICE if kind == names.DOOR else names.ALARM
    body = EventBody("estate", kind, state, 3, 0, 1, 0, clock.wall, Quality.AGE)
    return NewEntry(Type.EVENT, body, device, 7, seq)


def run(*words: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["events", *map(str, words)])


def rows(result: Result) -> list[dict[str, Any]]:
    """Return what --json printed."""
    assert result.exit_code == OK, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


FAULT = FaultBody("centre/police", True, "no \x1b[31manswer", "call it")


@pytest.fixture
def folder(tmp_path: Path, alarms: Journal, clock: ManualClock) -> Path:
    """Return a state directory: a panic that a centre took, a door, and a fault."""
    delivery = DeliveryBody("police", 1, True, "ACK", 12)
    alarms.submit([event(clock, 1)])
    alarms.submit([NewEntry(Type.DELIVERY, delivery, "door-1", about=1)])
    clock.advance(60_000)
    alarms.submit([event(clock, 2, "door-2", names.DOOR)])
    alarms.submit([NewEntry(Type.FAULT, FAULT)])
    alarms.close()
    (tmp_path / "register.toml").write_text(REGISTER, encoding="utf-8")
    (tmp_path / "gateway.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def alarms(tmp_path: Path, clock: ManualClock) -> Journal:
    """Return a journal that a test closes itself, so that all of it is on disk."""
    return Journal(tmp_path / "alarms.db", clock, chained=True)


def test_the_table_says_how_far_and_where(folder: Path) -> None:
    lines = run("-c", folder / "gateway.toml").stdout.splitlines()
    assert lines[0].startswith("time (UTC)")
    for part in ("2026-11-18T", "door-1", "翠园 / 3", "panic", "alarm", "7/1"):
        assert part in lines[1]
    assert lines[1].rstrip().endswith("at centre police")
    assert lines[2].rstrip().endswith("stored")
    assert "\x1b" not in "".join(lines)
    assert r"no \x1b[31manswer -> call it" in lines[3]


def test_json_lines_carry_identity_and_stage(folder: Path) -> None:
    panic, door, fault = rows(run("--state-dir", folder, "--json"))
    assert (panic["device"], panic["boot"], panic["seq"], panic["place"]) == ("door-1", 7, 1, None)
    assert (panic["stage"], panic["centres"], door["stage"]) == ("centre", ["police"], "stored")
    assert door["detail"] == "closed"
    assert (fault["kind"], fault["state"]) == ("fault", "active")
    assert fault["remedy"] == "call it"


@pytest.mark.parametrize(
    ("words", "positions"),
    [
        (["--kind", "panic"], [1]),
        (["--kind", "fault"], [4]),
        (["--device", "door-2"], [3]),
        (["--limit", "1"], [4]),
        (["--since", "2026-11-18T11:07:00"], [3, 4]),
        (["--since", "2026-11-18T12:07:00+01:00"], [3, 4]),
        (["--since", "2026-11-18T12:00:00"], []),
    ],
)
def test_filters(folder: Path, words: list[str], positions: list[int]) -> None:
    found = rows(run("--state-dir", folder, "--json", *words))
    assert [row["position"] for row in found] == positions


def test_a_device_that_nothing_knows_is_no_empty_answer(folder: Path) -> None:
    for place in (["--state-dir", folder], ["-c", folder / "gateway.toml"]):
        result = run(*place, "--device", "dor-1")
        assert result.exit_code == 2
        assert "no device 'dor-1' is in the register; near it: door-1" in result.output


def test_the_last_of_many_are_found_over_several_blocks(
    tmp_path: Path, alarms: Journal, clock: ManualClock
) -> None:
    alarms.submit([event(clock, 1)])
    alarms.submit([event(clock, seq, kind=names.DOOR) for seq in range(2, 3002)])
    alarms.close()
    found = rows(run("--state-dir", tmp_path, "--json", "--kind", "panic"))
    assert [row["seq"] for row in found] == [1]
    found = rows(run("--state-dir", tmp_path, "--json"))
    assert [row["seq"] for row in found] == list(range(2952, 3002))


def test_telemetry(tmp_path: Path, clock: ManualClock) -> None:
    telemetry = Journal(tmp_path / "telemetry.db", clock, chained=False)
    body = TelemetryBody("estate", {"mv": 3300, "tc": -5, "zz": 1}, clock.wall)
    telemetry.submit([NewEntry(Type.TELEMETRY, body, "door-1", 7, 1)])
    telemetry.close()
    result = run("--state-dir", tmp_path, "--telemetry")
    assert "battery 3300 mV, temperature -0.5 °C, zz 1" in result.stdout
    chinese = run("--state-dir", tmp_path, "--telemetry", "--lang", "zh")
    assert "电池 3300 mV, 温度 -0.5 °C, zz 1" in chinese.stdout


@given(payload=st.binary(max_size=300), topic=st.text(max_size=40))
def test_any_quarantined_bytes_can_be_shown(payload: bytes, topic: str) -> None:
    shown = quarantined_object(Quarantined(1, 0, "mqtt", topic, "r", payload), UTC)
    assert bytes.fromhex(shown["hex"]) == payload
    assert shown["text"].isprintable()
    assert shown["topic"].isprintable()


def test_quarantine_is_shown_as_text_and_hex(tmp_path: Path, alarms: Journal) -> None:
    alarms.submit([Quarantine("mqtt", "callpoint/v1/x", "not UTF-8", b"\xff\x1b[2J{\n")])
    alarms.submit([Quarantine("mqtt", "a/b", "empty", b"")])
    alarms.close()
    result = run("--state-dir", tmp_path, "--quarantine")
    assert result.exit_code == OK
    assert r"text:   \xff\x1b[2J{\n" in result.stdout
    assert "hex:    ff1b5b324a7b0a" in result.stdout
    found = rows(run("--state-dir", tmp_path, "--quarantine", "--limit", "1", "--json"))
    assert [(row["number"], row["reason"]) for row in found] == [(2, "empty")]


def test_follow_shows_what_arrives_and_how_far_it_comes(
    tmp_path: Path, alarms: Journal, clock: ManualClock
) -> None:
    # A shell that starts tests in the background has them ignore Ctrl-C; a person's does not.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "callpoint_cli.main"]
    command += ["events", "--follow", "--json"]
    alarms.submit([event(clock, 1)])
    with subprocess.Popen(
        [*command, "--state-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        # The first may be there already or still to come.
        assert json.loads(process.stdout.readline())["seq"] == 1
        alarms.submit([event(clock, 2)])
        assert json.loads(process.stdout.readline())["stage"] == "stored"
        delivery = DeliveryBody("police", 1, True, "ACK", 12)
        alarms.submit([NewEntry(Type.DELIVERY, delivery, "door-1", about=2)])
        again = json.loads(process.stdout.readline())
        assert (again["seq"], again["centres"]) == (2, ["police"])
        process.send_signal(2)
        assert process.wait(60) == OK
    alarms.close()


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "alarms.db").write_text("not a journal, and long enough " * 50)
    for words, code in [
        (["--state-dir", tmp_path], MISSING),
        (["--state-dir", tmp_path / "text"], MISSING),
        (["-c", tmp_path / "none.toml"], USAGE),
    ]:
        result = run(*words)
        assert result.exit_code == code
        assert len(result.stderr.splitlines()) == 1
    assert run("--state-dir", tmp_path, "--since", "soon").exit_code == USAGE
    assert run("--telemetry", "--quarantine").exit_code == USAGE


def test_times_are_those_of_the_site(folder: Path) -> None:
    (folder / "gateway.toml").write_text(CONFIG + 'time_zone = "Asia/Shanghai"\n')
    config = ("-c", folder / "gateway.toml")
    lines = run(*config).stdout.splitlines()
    assert lines[0].startswith("time (Asia/Shanghai)")
    assert "2026-11-18T19:06:40.000+08:00" in lines[1]
    found = rows(run(*config, "--json", "--since", "2026-11-18 19:07"))
    assert [row["position"] for row in found] == [3, 4]
    assert found[0]["recorded"] == "2026-11-18T19:07:40.000+08:00"


def test_rows_in_chinese(folder: Path) -> None:
    lines = run("-c", folder / "gateway.toml", "--lang", "zh").stdout.splitlines()
    assert lines[0].startswith("时间（UTC）")
    for part in ("紧急求助", "报警", "已送达 police"):
        assert part in lines[1]
    assert "门" in lines[2]
    assert "状态 (关闭)" in lines[2]
    assert "系统故障" in lines[3]


def test_an_exercise_and_a_guarded_detector_are_not_shown_as_real(
    tmp_path: Path, alarms: Journal, clock: ManualClock
) -> None:
    body = EventBody("estate", names.SMOKE, names.ALARM, 3, 0, 1, 0, clock.wall, Quality.AGE)
    drill = msgspec.structs.replace(body, mark=Mark.DRILL)
    guarded = msgspec.structs.replace(body, kind=names.INTRUSION, guarded=True)
    alarms.submit([NewEntry(Type.EVENT, drill, "a", 7, 1)])
    alarms.submit([NewEntry(Type.EVENT, guarded, "a", 7, 2)])
    alarms.close()
    lines = run("--state-dir", tmp_path).stdout.splitlines()
    assert "alarm (drill)" in lines[1]
    assert "alarm (its partition decides)" in lines[2]
    found = rows(run("--state-dir", tmp_path, "--json"))
    assert [(row["mark"], row["guarded"]) for row in found] == [("drill", False), (None, True)]
