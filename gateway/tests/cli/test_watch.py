"""``callpoint watch``: what the screen says, in both languages, and the command."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from callpoint_cli.errors import MISSING, OK
from callpoint_cli.journals import UTC
from callpoint_cli.main import main
from callpoint_cli.screens.watch import Line, Rates, Screen
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    Action,
    Cause,
    Cursor,
    EventBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    Mark,
    NewEntry,
    Quality,
    Stage,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.text import LANGUAGES
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

from ..alarms.site_journals import REGISTER, URGENT, Site
from ..conftest import ManualClock

QUIET = {"en": "All quiet", "zh": "一切正常"}


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    found = Site(tmp_path, clock)
    yield found
    found.close()


def screen(
    site: Site,
    language: str = "en",
    register: Register | None = None,
    zone: ZoneInfo = UTC,
    running: bool | None = True,
) -> list[Line]:
    """Return what is shown."""
    return Screen(Words(language), zone).lines(site.now(register), running, Rates(0, None))


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def red(lines: list[Line]) -> list[str]:
    """Return what is shown as an alarm."""
    return [line.text for line in lines if line.style == "alarm"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_released_panic_that_nobody_acknowledged_is_not_quiet(site: Site, language: str) -> None:
    alarm = site.event(names.ALARM)
    site.event(names.RESTORE)
    site.clock.advance(42_000)
    shown = screen(site, language)
    assert QUIET[language] not in texts(shown)
    title, line = red(shown)
    assert title.endswith(("(1)", "（1）"))
    words = Words(language)
    for part in (words.handling("new"), words.deadline("acknowledge", -12_000), "button"):
        assert part in line
    site.act(alarm, Action.ACKNOWLEDGE, Action.CLOSE, cause=Cause.REAL)
    shown = screen(site, language)
    assert QUIET[language] in texts(shown)
    assert red(shown) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drill_is_never_red(site: Site, language: str) -> None:
    site.tell(ExerciseBody(Mark.DRILL, Stage.START, 600, [], [], "desk-2", "cli"), None)
    site.event(names.ALARM, names.SMOKE, mark=Mark.DRILL)
    shown = screen(site, language)
    assert red(shown) == []
    words = Words(language)
    assert words("watch.exercise", what=words.mark("drill"), age=words.age(600_000)) in texts(
        shown
    )
    assert any(
        words.kind(names.SMOKE) in one and words.mark("drill") in one for one in texts(shown)
    )
    assert QUIET[language] not in texts(shown)


def test_a_detector_of_a_disarmed_partition_is_not_shown(site: Site) -> None:
    site.event(names.ALARM, names.INTRUSION, guarded=True)
    assert red(screen(site)) == []
    assert QUIET["en"] in texts(screen(site))


def test_a_closed_alarm_is_not_shown_though_its_detector_goes_on(site: Site) -> None:
    alarm = site.event(names.ALARM, names.SMOKE)
    site.act(alarm, Action.ACKNOWLEDGE, Action.CLOSE, cause=Cause.FALSE)
    assert red(screen(site)) == []
    assert QUIET["en"] in texts(screen(site))


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "device was never heard  3 / 301, button"), ("zh", "设备从未上线  3 / 301, button")],
)
def test_a_device_that_was_never_heard_is_not_quiet(site: Site, language: str, said: str) -> None:
    shown = screen(site, language, REGISTER)
    assert said in texts(shown)
    assert QUIET[language] not in texts(shown)
    site.event(names.TESTED)
    assert QUIET[language] in texts(screen(site, language, REGISTER))


def test_it_is_not_quiet_while_no_gateway_runs(site: Site) -> None:
    assert QUIET["en"] not in texts(screen(site, running=False))
    assert QUIET["en"] in texts(screen(site, running=None)), "it may not be looked at"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "centre police does not answer (no route) -> start it",
                "device lost its connection  other",
                "battery low (2900 mV)  button zone 3",
                "door left open  button zone 3",
            ],
        ),
        (
            "zh",
            [
                "接警中心 police 无应答（no route） -> start it",
                "设备失联  other",
                "电池电量低（2900 mV）  button 防区 3",
                "门长时间未关  button 防区 3",
            ],
        ),
    ],
)
def test_faults_are_said_for_people(site: Site, language: str, expected: list[str]) -> None:
    site.tell(FaultBody("centre/police", True, "no route", "start it"), None)
    site.tell(StatusBody("estate", names.LOST, 7, "", 0), "other")
    site.event(names.TROUBLE, names.BATTERY, 2900)
    site.event(names.TROUBLE, names.DOOR, names.LEFT_OPEN)
    site.clock.advance(5000)
    shown = [line for line in screen(site, language) if line.style == "fault"]
    assert [line.text for line in shown[1:]] == expected
    assert [line.age_ms for line in shown[1:]] == [5000] * 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_alarms_come_before_faults_and_a_long_list_is_counted(site: Site, language: str) -> None:
    site.store(Cursor(URGENT, 0))
    site.tell(FaultBody("timeseries", True, "away"), None)
    for number in range(25):
        site.event(names.ALARM, place=f"flat-{number}")
    shown = screen(site, language)
    words = Words(language)
    assert len(red(shown)) == 22  # a title, 20 alarms, and how many more
    assert words("more", count=5) == red(shown)[-1]
    assert words("alarm.waiting") in red(shown)[1]
    styles = [line.style for line in shown]
    assert styles.index("alarm") < styles.index("fault")


def test_times_are_the_sites_and_named(site: Site) -> None:
    site.clock.wall = 1_796_144_400_000  # 2026-12-01 17:00 UTC
    site.event(names.ALARM)
    body = InhibitBody("button", 3, "", "x", "technician", False, False, 0, site.clock.wall)
    site.tell(body)
    shown = texts(screen(site, zone=ZoneInfo("Asia/Shanghai")))
    assert any("2026-12-02 01:00:00" in one and "panic" in one for one in shown)
    assert "button zone 3, until 2026-12-02 01:00:00" in shown
    assert shown[-1] == "times: Asia/Shanghai"


def test_links_have_names_for_people_and_idle_ones_nothing_waiting(site: Site) -> None:
    site.store(Cursor(URGENT, 0), Cursor("timeseries", 0), Cursor("alarms/snapshot", 0))
    alarm = site.event(names.ALARM)
    shown = texts(screen(site, "zh"))
    assert "接警中心 police（紧急）：待处理 1 条" in shown
    assert not any("snapshot" in one for one in shown)
    site.store(Cursor(URGENT, alarm), Cursor("timeseries", alarm))
    shown = texts(screen(site, "zh"))
    assert "接警中心 police（紧急）：无积压" in shown
    assert "时序库：无积压" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_once_says_whether_a_gateway_runs_and_that_all_is_quiet(
    tmp_path: Path, alarms: Journal, language: str
) -> None:
    typed = ["watch", "--state-dir", str(tmp_path), "--once", "--lang", language]
    words = Words(language)
    result = CliRunner().invoke(main, typed)
    assert result.exit_code == OK, result.output
    assert words("watch.stopped") in result.stdout
    assert QUIET[language] not in result.stdout
    with (tmp_path / "gateway.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = CliRunner().invoke(main, typed)
    assert words("watch.running") in result.stdout
    assert QUIET[language] in result.stdout
    assert "\x1b" not in result.stdout


def test_not_on_a_terminal_it_prints_again_on_a_change(
    tmp_path: Path, alarms: Journal, clock: ManualClock
) -> None:
    # A shell that starts tests in the background has them ignore Ctrl-C; a person's does not.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "callpoint_cli.main"]
    command += ["watch", "--state-dir", str(tmp_path)]
    alarms.submit([])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == Words("en")("watch.title")
        body = EventBody("estate", names.PANIC, names.ALARM, 3, 0, 1, 0, clock.wall, Quality.AGE)
        alarms.submit([NewEntry(Type.EVENT, body, "door-1", 7, 1)])
        for line in process.stdout:
            if "panic" in line:
                break
        assert "door-1 zone 3" in line
        process.send_signal(2)
        process.stdout.read()
        assert process.wait(60) == OK


def test_without_a_journal_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["watch", "--state-dir", str(tmp_path), "--once"])
    assert result.exit_code == MISSING
    assert len(result.stderr.splitlines()) == 1
