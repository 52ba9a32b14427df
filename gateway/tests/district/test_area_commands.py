"""What ``callpoint district`` prints of areas, in both languages; no engine runs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.areas.desks import Desks
from callpoint_district.areas.rules import Areas, load
from callpoint_district.database import Database
from callpoint_gateway.host.clock import SystemClock
from callpoint_protocol import names

from .area_rows import alarm, gateway

PAGE = Path(__file__).parents[2] / "DISTRICT.md"
GRID = ("Hangzhou", "Xihu", "North")
LEADER = ("--account", "op-7", "--as", "supervisor")
Command = Callable[..., str]


@pytest.fixture
def areas(tmp_path: Path) -> Areas:
    """Return the example of the page."""
    (text,) = re.findall(r"```toml\n(\[\[area\]\].*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "areas.toml").write_text(text, encoding="utf-8")
    return load(tmp_path / "areas.toml")


@pytest.fixture
def command(tmp_path: Path, address: str, database: Database, areas: Areas) -> Command:
    """Return what runs a command of a district with one gateway and an alarm there."""
    file = tmp_path / "district.toml"
    file.write_text(
        f'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "{address}"\n'
        'areas = "areas.toml"\n',
        encoding="utf-8",
    )
    gateway(database, "g1", *GRID)
    alarm(database, "g1", 7, names.SMOKE)
    Desks(database, areas, SystemClock()).look()

    def run(*words: str, code: int = 0, language: str = "en") -> str:
        typed = ["--lang", language, "district", *words, "-c", str(file)]
        done = CliRunner().invoke(main, typed)
        assert done.exit_code == code, done.output
        return " ".join(done.output.split())

    return run


def test_routes_say_who_gets_an_alarm_and_why(command: Command) -> None:
    shown = command("routes", "--place", "Hangzhou / Xihu / North", "--kind", "smoke")
    assert "beishan" in shown
    assert "Hangzhou / Xihu is the smallest area with a rule for it" in shown
    assert "the rule before names this desk (of everything)" in shown
    found = json.loads(command("routes", "--kind", "panic", "--json"))
    assert [[desk["desk"] for desk in each["desks"]] for each in found] == [["city"]]
    assert "街道" in command("routes", "--place", "Hangzhou/Xihu", language="zh")


def test_a_level_and_a_plan_are_kept_for_gateways_that_are_away(
    command: Command, tmp_path: Path
) -> None:
    begin = ("level", "begin", "hangzhou / xihu", "--level", "2", "--for", "2h")
    begun = command(*begin, "--reason", "storm", *LEADER)
    assert begun.startswith("Hangzhou / Xihu: ")
    again = ("level", "begin", "Hangzhou / Xihu", "--level", "2", "--reason", "storm", *LEADER)
    assert "op-7 was first" in command(*again, "--for", "2h", code=4)
    command(*again, "--for", "3h")
    command("level", "end", "2", *LEADER)
    assert "g1 has not confirmed yet" in command("level", "list")
    assert "g1 尚未确认" in command("level", "list", language="zh")
    command("level", "end", "1", *LEADER)
    assert "no response level holds" in command("level", "list")
    command("level", "end", "1", *LEADER, code=4)
    near = command("level", "begin", "Hangzou", *begin[3:], "--reason", "x", *LEADER, code=4)
    assert "near it: Hangzhou" in near
    operator = ("--account", "op-7", "--as", "operator")
    command(*begin, "--reason", "storm", *operator, code=4)
    command(*begin, "--reason", "call 13800138000", *LEADER, code=4)
    (tmp_path / "plan.toml").write_text('[[step]]\nid = "call"\nen = "Call"\nzh = "致电"\n')
    of = ("--area", "Hangzhou / Xihu", "--kind", "smoke", *LEADER)
    assert "version 1, 1 steps" in command("plan", "set", str(tmp_path / "plan.toml"), *of)
    assert "version 2" in command("plan", "set", str(tmp_path / "plan.toml"), *of)
    assert "g1 has not confirmed yet" in command("plan", "list")
    assert "taken back" in command("plan", "remove", *of)
    assert "no area has an action plan" in command("plan", "list")
    command("plan", "remove", *of, code=4)
    missing = command("plan", "set", str(tmp_path / "missing.toml"), *of, code=2)
    assert "there is no such file; write it, or correct its name" in missing
    (tmp_path / "plan.toml").write_text('[[step]]\nid = "call"\nen = "Call"\nzh = "Call"\n')
    refused = command("plan", "set", str(tmp_path / "plan.toml"), *of, code=4)
    assert "the Chinese text is missing" in refused


def test_who_names_an_area_too_early_is_told_to_enrol_gateways(
    command: Command, database: Database
) -> None:
    begin = ("level", "begin", "Hangzhou / Xuhi", "--level", "2", "--for", "2h")
    asked = (*begin, "--reason", "storm", *LEADER)
    assert "near it: Hangzhou / Xihu" in command(*asked, code=4)
    with database.transaction() as connection:
        connection.execute("DELETE FROM places")
    assert "no gateway has told its places yet" in command(*asked, code=4)


def test_status_says_with_whom_an_alarm_is_and_which_note_waits(command: Command) -> None:
    shown = command("status")
    assert "with beishan (Beishan fire station) since" in shown
    noted = command("alarm", "g1", "7", "note", "--note", "nobody opens", *LEADER)
    assert "gets the note when it comes back" in noted
    assert "note, not delivered yet: nobody opens (op-7" in command("status")
    found = json.loads(command("status", "--json"))
    assert [turn["desk"] for each in found["desks"] for turn in each["desks"]] == ["beishan"]
    assert [note["note"] for note in found["notes"]] == ["nobody opens"]
    assert "open are: 7" in command("alarm", "g1", "8", "note", "--note", "x", *LEADER, code=4)


@pytest.mark.parametrize("name", ["g\udcff", "G1", "", "g1\n"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_can_be_no_gateway_is_refused(command: Command, name: str, language: str) -> None:
    # An argument whose bytes are no UTF-8 has surrogates, which the database cannot take.
    said = {"en": "is no name", "zh": "不是有效名称"}[language]
    note = ("alarm", name, "1", "note", "--note", "x", *LEADER)
    for words in (("retire", name), note, ("inhibit", "list", name, *LEADER)):
        assert said in command(*words, code=4, language=language)


@pytest.mark.parametrize("console", [("console",), ("district", "console")])
def test_a_port_that_there_is_not_is_refused(console: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*console, "--port", "65536"])
    assert (done.exit_code, "65536" in done.output) == (2, True)
