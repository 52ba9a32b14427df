"""``callpoint watch``: the fold, the screen in both languages, and the command."""

import fcntl
import string
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from callpoint_cli.errors import MISSING, OK
from callpoint_cli.main import main
from callpoint_cli.screens.situation import Situation
from callpoint_cli.screens.watch import Screen
from callpoint_cli.screens.watch_texts import FAULTS, INPUT_FAULTS, KINDS, LANGUAGES, TEXTS, Words
from callpoint_gateway.journal.entries import (
    Body,
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

NOW = 1_795_000_000_000
URGENT = "centre/police/urgent"
_TYPES = {
    EventBody: Type.EVENT,
    DeliveryBody: Type.DELIVERY,
    StatusBody: Type.STATUS,
    FaultBody: Type.FAULT,
}


class Story:
    """Feeds a situation entry by entry."""

    def __init__(self, *cursors: Cursor) -> None:
        self.now = Situation(cursors)
        self._position = 0

    def tell(
        self, body: Body, device: str | None = "d", seq: int = 1, about: int | None = None
    ) -> int:
        """Append an entry and return its position."""
        self._position += 1
        entry = Entry(self._position, _TYPES[type(body)], NOW, "b", 1, device, 7, seq, about, body)
        self.now.take(entry)
        return self._position


def event(state: int, kind: int = names.PANIC, detail: int = 0, zone: int = 3) -> EventBody:
    """Return an event of a minute ago."""
    return EventBody("estate", kind, state, zone, detail, 1, 0, NOW - 60_000, Quality.AGE)


def answer(accepted: bool) -> DeliveryBody:
    """Return what the centre said."""
    return DeliveryBody("police", 1, accepted, "ACK" if accepted else "NAK", 10)


def test_an_alarm_closes_when_it_is_restored_and_accepted() -> None:
    story = Story(Cursor(URGENT, 0))
    position = story.tell(event(names.ALARM), seq=1)
    story.tell(event(names.RESTORE), seq=2)
    assert [(a.restored, a.accepted_by) for a in story.now.alarms()] == [(True, [])]
    story.tell(answer(True), about=position)
    assert story.now.quiet


def test_an_accepted_alarm_stays_until_it_is_restored() -> None:
    story = Story(Cursor(URGENT, 0))
    position = story.tell(event(names.ALARM), seq=1)
    story.tell(answer(True), about=position)
    story.tell(event(names.RESTORE, zone=4), seq=2)
    assert [a.accepted_by for a in story.now.alarms()] == [["police"]]
    story.tell(event(names.RESTORE), seq=3)
    assert story.now.quiet


def test_a_refused_alarm_stays() -> None:
    story = Story(Cursor(URGENT, 0))
    position = story.tell(event(names.ALARM), seq=1)
    story.tell(answer(False), about=position)
    story.tell(event(names.RESTORE), seq=2)
    story.now.set_cursors([Cursor(URGENT, 2)])
    assert [a.refused_by for a in story.now.alarms()] == [["police"]]


def test_a_refused_alarm_is_found_again_after_a_start() -> None:
    story = Story(Cursor(URGENT, 3))
    story.tell(event(names.ALARM), seq=1)
    story.tell(event(names.RESTORE), seq=2)
    story.tell(answer(False), about=1)
    story.now.set_cursors([Cursor(URGENT, 3)])
    assert [a.refused_by for a in story.now.alarms()] == [["police"]]


def test_an_alarm_that_no_centre_is_to_have_closes_with_its_restore() -> None:
    without = Story()
    without.tell(event(names.ALARM), seq=1)
    without.tell(event(names.RESTORE), seq=2)
    assert without.now.quiet
    passed = Story(Cursor(URGENT, 0))
    passed.tell(event(names.ALARM), seq=1)
    passed.tell(event(names.RESTORE), seq=2)
    passed.now.set_cursors([Cursor(URGENT, 2)])
    assert passed.now.quiet


def test_what_is_inhibited_is_not_the_matter_and_a_kept_state_is_no_backlog() -> None:
    story = Story(Cursor(URGENT, 0), Cursor("state/inhibits", 0))
    for state in (names.ALARM, names.TROUBLE):
        story.tell(msgspec.structs.replace(event(state, names.TAMPER), inhibited=1))
    assert story.now.quiet
    assert set(story.now.backlogs()) == {URGENT}
    story.tell(event(names.ALARM, names.TAMPER))
    assert len(story.now.alarms()) == 1


def test_a_restore_that_arrives_before_its_alarm_counts_and_an_older_one_does_not() -> None:
    story = Story()
    story.tell(event(names.RESTORE), seq=2)
    story.tell(event(names.ALARM), seq=1)
    assert story.now.quiet
    story.tell(event(names.ALARM), seq=5)
    story.tell(event(names.RESTORE), seq=4)
    assert len(story.now.alarms()) == 1
    story.tell(event(names.RESTORE), seq=6)
    assert story.now.quiet


def test_alarms_that_nobody_has_come_first() -> None:
    story = Story(Cursor(URGENT, 0))
    first = story.tell(event(names.ALARM), device="a")
    story.tell(event(names.ALARM), device="b")
    story.tell(answer(True), about=first)
    assert [alarm.device for alarm in story.now.alarms()] == ["b", "a"]


def test_faults_stand_until_they_are_over() -> None:
    story = Story()
    story.tell(FaultBody("centre/police", True, "refused"), device=None)
    story.tell(StatusBody("estate", names.LOST, 7, "", 0))
    story.tell(event(names.TROUBLE, names.DEVICE, names.FAULT_CLOCK))
    story.tell(event(names.TROUBLE, names.BATTERY, 2900))
    story.tell(event(names.TROUBLE_RESTORE, names.DEVICE, names.FAULT_RESTART))
    now = story.now
    assert (len(now.faults()), len(now.lost()), len(now.troubles())) == (1, 1, 2)
    story.tell(FaultBody("centre/police", False, "back"), device=None)
    story.tell(StatusBody("estate", names.ONLINE, 8, "1", 1))
    story.tell(event(names.TROUBLE_RESTORE, names.DEVICE, names.FAULT_CLOCK))
    story.tell(event(names.TROUBLE_RESTORE, names.BATTERY, 3200))
    assert now.quiet


def test_backlog_counts_events_behind_each_cursor_and_rate_the_last_minute() -> None:
    story = Story(Cursor(URGENT, 1), Cursor("timeseries", 0), Cursor("centre/police/number", 0))
    for seq in range(1, 5):
        story.tell(event(names.NOTICE, names.DOOR), seq=seq)
    story.tell(StatusBody("estate", names.ONLINE, 8, "1", 1))
    assert story.now.backlogs() == {URGENT: 3, "timeseries": 4}
    assert story.now.rate(NOW) == 4
    assert story.now.rate(NOW + 60_001) == 0
    story.now.set_cursors([Cursor(URGENT, 5), Cursor("timeseries", 3)])
    assert story.now.backlogs() == {URGENT: 0, "timeseries": 1}


def _fields(text: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    assert set(LANGUAGES) == {"en", "zh"}
    assert TEXTS[language].keys() == TEXTS["en"].keys()
    for key, text in TEXTS[language].items():
        assert text, key
        assert _fields(text) == _fields(TEXTS["en"][key]), key
    assert KINDS[language].keys() == names.KINDS.keys()
    assert FAULTS[language].keys() == names.FAULTS.keys()
    assert INPUT_FAULTS[language].keys() == names.DOOR_FAULTS.keys()


def test_two_troubles_of_one_door_are_told_and_restored_apart() -> None:
    story = Story()
    story.tell(event(names.TROUBLE, names.DOOR, names.FORCED))
    story.tell(event(names.TROUBLE, names.DOOR, names.LEFT_OPEN))
    english = [line.text for line in Screen(Words("en"), None).lines(story.now, None, None, NOW)]
    assert any(line.startswith("door forced open") for line in english)
    assert any(line.startswith("door left open") for line in english)
    story.tell(event(names.TROUBLE_RESTORE, names.DOOR, names.FORCED))
    chinese = [line.text for line in Screen(Words("zh"), None).lines(story.now, None, None, NOW)]
    assert next(line for line in chinese if line.startswith("门磁")).startswith("门磁 门未关")
    story.tell(event(names.TROUBLE_RESTORE, names.DOOR, names.LEFT_OPEN))
    assert story.now.quiet


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_shows_alarms_before_faults_and_red_for_alarms_only(language: str) -> None:
    story = Story(Cursor(URGENT, 0))
    story.tell(event(names.TROUBLE, names.SMOKE))
    story.tell(FaultBody("timeseries", True, "away", "start it"), device=None)
    for _ in range(25):
        story.tell(event(names.ALARM))
    words = Words(language)
    lines = Screen(words, None).lines(story.now, None, None, NOW)
    styles = [line.style for line in lines]
    assert styles.count("alarm") == 22  # a title, 20 alarms, and how many more
    assert styles.index("alarm") < [line.text for line in lines].index(f"{words('faults')} (2)")
    assert any(line.text.endswith("away -> start it") for line in lines)
    assert words("waiting") in lines[3].text
    assert lines[3].age_ms == 60_000
    assert words("more", count=5) in [line.text for line in lines]
    assert words("quiet") not in [line.text for line in lines]


def test_ages_are_counted() -> None:
    words = Words("en")
    ages = [words.age(s * 1000) for s in (-5, 59, 61, 3661, 90_000)]
    assert ages == ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]


@pytest.mark.parametrize(("language", "quiet"), [("en", "All quiet"), ("zh", "一切正常")])
def test_once_says_whether_a_gateway_runs_and_that_all_is_quiet(
    tmp_path: Path, alarms: Journal, language: str, quiet: str
) -> None:
    words = ["watch", "--state-dir", str(tmp_path), "--once", "--lang", language]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == OK, result.output
    assert TEXTS[language]["stopped"] in result.stdout
    assert quiet not in result.stdout
    with (tmp_path / "gateway.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = CliRunner().invoke(main, words)
    assert TEXTS[language]["running"] in result.stdout
    assert quiet in result.stdout
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
        assert process.stdout.readline().strip() == TEXTS["en"]["title"]
        alarms.submit([NewEntry(Type.EVENT, event(names.ALARM), "door-1", 7, 1)])
        for line in process.stdout:
            if "panic" in line:
                break
        assert "door-1 zone 3  active" in line
        process.send_signal(2)
        process.stdout.read()
        assert process.wait(30) == OK


def test_without_a_journal_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["watch", "--state-dir", str(tmp_path), "--once"])
    assert result.exit_code == MISSING
    assert len(result.stderr.splitlines()) == 1
