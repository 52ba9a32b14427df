"""``callpoint alarms`` and ``callpoint supervision`` from the journal, without a gateway."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.errors import MISSING
from callpoint_cli.main import main
from callpoint_gateway.journal.entries import Action, Cause, ExerciseBody, FaultBody, Mark, Stage
from callpoint_protocol import names

from ..alarms.site_journals import Site
from ..conftest import ManualClock


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    found = Site(tmp_path, clock)
    yield found
    found.close()


def typed(folder: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, [*words, "--state-dir", str(folder)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_it_shows_what_watch_shows(site: Site, tmp_path: Path) -> None:
    assert typed(tmp_path, "alarms") == "no open alarms\n"
    first = site.event(names.ALARM)
    site.event(names.RESTORE)
    second = site.event(names.ALARM, names.SMOKE)
    site.event(names.ALARM, names.INTRUSION, guarded=True)
    site.tell(ExerciseBody(Mark.DRILL, Stage.START, 600, [], [], "desk-2", "cli"), None)
    drill = site.event(names.ALARM, names.GAS, mark=Mark.DRILL)
    site.act(second, Action.ACKNOWLEDGE, Action.CLOSE, cause=Cause.FALSE)
    lines = typed(tmp_path, "alarms").splitlines()
    assert [line.split()[0] for line in lines] == [str(first), str(drill), "times:"]
    assert "panic  lobby, button zone 3  2026-11-18 11:06:40" in lines[0]
    assert "NEW  restored" in lines[0]
    assert "drill" in lines[1]
    watched = typed(tmp_path, "watch", "--once")
    # The time since then is another, a moment later.
    number_to_place = lines[0].partition("  2026")[0]
    assert number_to_place in watched
    (shown, other) = map(json.loads, typed(tmp_path, "alarms", "--json").splitlines())
    assert (shown["condition"], shown["handling"], shown["mark"]) == ("restored", "new", None)
    assert other["mark"] == "drill"


def test_supervision_without_a_gateway_says_what_is_in_fault(site: Site, tmp_path: Path) -> None:
    site.tell(FaultBody("timeseries", True, "refused"), None)
    shown = typed(tmp_path, "supervision", "--lang", "zh", code=MISSING)
    assert "时序库" in shown
    assert "故障" in shown
    (fault,) = json.loads(typed(tmp_path, "supervision", "--json", code=MISSING))
    assert (fault["source"], fault["state"], fault["reason"]) == ("timeseries", "fault", "refused")
