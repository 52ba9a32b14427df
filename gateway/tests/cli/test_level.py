"""``callpoint level`` asks a gateway's socket, and screens show what holds."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.levels import Levels
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel, ListLevels

REGISTER = Register(
    [Place(id="north-7", city="Fengyang", district="North", building="7")],
    [Device(id="n", place="north-7", zone=[Zone(zone=1, kind="panic")])],
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on which something answers the questions about levels as a gateway does."""
    ready, over = threading.Event(), threading.Event()

    async def answer() -> None:
        alarms = Journal(tmp_path / "alarms.db", SystemClock(), chained=True)
        levels = Levels(REGISTER, alarms, SystemClock())
        control = Control(tmp_path)
        control.register(BeginLevel, levels.begin)
        control.register(EndLevel, levels.end)
        control.register(ListLevels, lambda _, __: levels.listed())
        await control.start()
        ready.set()
        await asyncio.to_thread(over.wait)
        await control.close()
        alarms.close()
        levels.close()

    thread = threading.Thread(target=asyncio.run, args=(answer(),))
    thread.start()
    assert ready.wait(60)
    yield tmp_path
    over.set()
    thread.join()


def call(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--state-dir", str(folder)])


BEGIN = ("level", "begin", "Fengyang / North", "--level", "2", "--for", "12h", "--reason", "storm")


def test_a_level_is_begun_listed_shown_and_ended(folder: Path) -> None:
    begun = call(folder, *BEGIN)
    assert begun.exit_code == 0, begun.output
    assert "level II holds until" in begun.output
    listed = call(folder, "level", "list", "--lang", "zh")
    assert "二级响应" in listed.output
    assert "Fengyang / North" in listed.output
    shown = call(folder, "watch", "--once")
    assert "level II  Fengyang / North" in shown.output
    (view,) = json.loads(call(folder, "level", "list", "--json").output)["levels"]
    assert (view["level"], view["who"]) == (2, "supervisor")
    ended = call(folder, "level", "end", str(view["number"]))
    assert ended.output == "Fengyang / North: level II is over\n"
    assert call(folder, "level", "list").output == "no response level holds\n"
    rows = call(folder, "events", "--kind", "level").output
    assert "level II, Fengyang / North" in rows
    assert "ended by supervisor" in rows


def test_what_the_gateway_refuses_is_said(folder: Path) -> None:
    refused = call(folder, "level", "end", "7")
    assert refused.exit_code != 0
    assert "no level 7 holds" in refused.output
    unknown = call(folder, *BEGIN[:2], "Fengyang / Nord", *BEGIN[3:])
    assert "did you mean 'Fengyang / North'?" in unknown.output
