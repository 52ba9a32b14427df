"""What was done about an alarm is shown after it was closed, too."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    DeliveryBody,
    EscalationBody,
    ExerciseBody,
    Mark,
    SetAsideBody,
    Stage,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.text import LANGUAGES
from callpoint_protocol import names

from ..alarms.site_journals import Site
from ..conftest import ManualClock


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    site = Site(tmp_path, clock)
    yield site
    site.close()


def typed(folder: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, [*words, "--state-dir", str(folder)])
    assert result.exit_code == code, result.output
    return result.output


def handled(site: Site) -> int:
    """Let an alarm be escalated, acknowledged, noted and closed; return its number."""
    number = site.event(names.ALARM)
    site.tell(DeliveryBody("police", 1, True, "ACK", 12), about=number)
    site.clock.advance(40_000)
    site.tell(EscalationBody("acknowledge", 1, "supervisor", 10_000), about=number)
    site.tell(ActionBody(Action.ACKNOWLEDGE, "operator", "cli:1000"), about=number)
    site.tell(ActionBody(Action.NOTE, "desk-2", "console", note="smoke\x1b[2J"), about=number)
    site.clock.advance(60_000)
    site.tell(ActionBody(Action.CLOSE, "supervisor", "cli:1001", Cause.FALSE), about=number)
    return number


def test_a_closed_alarm_still_says_who_did_what_and_when(site: Site, tmp_path: Path) -> None:
    number = str(handled(site))
    assert typed(tmp_path, "alarms") == "no open alarms\n"
    lines = typed(tmp_path, "alarm", "show", number, "--lang", "en").splitlines()
    assert lines[0].startswith(f"alarm {number}: panic alarm, lobby, button zone 3")
    done = [line.split("  ", 1) for line in lines[1:-1]]
    assert [text for _, text in done] == [
        "stored by the gateway",
        "centre police has it",
        "NOT ACKNOWLEDGED, 10 s overdue; supervisor told",
        "acknowledged by operator (cli:1000)",
        r"noted by desk-2 (console): smoke\x1b[2J",
        "closed (false) by supervisor (cli:1001)",
    ]
    assert done[0][0] < done[3][0] < done[5][0]
    chinese = typed(tmp_path, "alarm", "show", number, "--lang", "zh")
    assert "结案" in chinese
    assert "误报" in chinese
    assert "已通知 值班长" in chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_centre_does_not_take_it_is_said_to_its_reader(
    site: Site, tmp_path: Path, language: str
) -> None:
    number, why = site.event(names.ALARM), said("dc09.duh")
    site.tell(SetAsideBody("police", 1, True, "DUH", str(why), 3, why), about=number)
    site.tell(SetAsideBody("fire", 1, True, "", "stored alone", 3), about=number)
    shown = typed(tmp_path, "alarm", "show", str(number), "--lang", language)
    assert why.in_(language) in shown
    assert "stored alone" in shown
    assert language == "en" or str(why) not in shown


def test_it_is_an_object_as_well(site: Site, tmp_path: Path) -> None:
    number = handled(site)
    shown = json.loads(typed(tmp_path, "alarm", "show", str(number), "--json"))
    assert (shown["alarm"], shown["kind"], shown["closed"]) == (number, "panic", True)
    assert [step["what"] for step in shown["steps"]] == [
        *("accepted", "escalation", "acknowledge", "note", "close")
    ]
    assert shown["steps"][-1]["cause"] == "false"


def test_actions_and_exercises_are_rows_of_events(site: Site, tmp_path: Path) -> None:
    handled(site)
    site.tell(ExerciseBody(Mark.DRILL, Stage.START, 60, [], [], "desk-2", "console"), None)
    rows = typed(tmp_path, "events", "--lang", "en").splitlines()
    assert sum("action" in row for row in rows) == 3
    (closed,) = [row for row in rows if "closed" in row]
    assert "supervisor (cli:1001)" in closed
    (drill,) = [row for row in rows if "exercise" in row]
    assert "desk-2 (console)" in drill
    told = typed(tmp_path, "events", "--kind", "action", "--json").splitlines()
    assert [json.loads(row)["state"] for row in told] == ["acknowledge", "note", "close"]


def test_a_number_without_an_alarm_names_those_that_are_near(site: Site, tmp_path: Path) -> None:
    number = handled(site)
    site.event(names.RESTORE)
    for wrong in (number + 1, number + 1000):
        said = typed(tmp_path, "alarm", "show", str(wrong), code=4)
        assert f"no alarm has the number {wrong}; near it: {number}" in said
