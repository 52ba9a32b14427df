"""What is said of a part of the rig that does not run, to a person of either language."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.errors import MISSING
from callpoint_cli.main import main
from callpoint_rig import tools
from callpoint_rig.part import Part, RigError
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard


def test_a_part_that_ends_is_named_with_what_it_printed(tmp_path: Path) -> None:
    part = Part("broker", tmp_path, ["sh", "-c", "echo no such option; exit 3"], free_port())
    with pytest.raises(RigError) as ended:
        asyncio.run(part.start())
    assert ended.value.why.in_("en") == "broker has ended: no such option"
    assert ended.value.why.in_("zh") == "broker 已退出：no such option"


def test_a_board_that_ends_is_named_with_what_it_printed(tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path, {"device": "button"})
    with pytest.raises(RigError) as ended:
        asyncio.run(board.start())
    said = ended.value.why.in_("zh")
    assert said.startswith("button 已退出：")
    assert said.endswith("button.json: site: a text is needed")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "broker is not running"), ("zh", "broker 没有运行")]
)
def test_the_demo_says_it_in_the_language_of_who_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    async def broken(_: Rig) -> None:
        await Part("broker", tmp_path, [], None).wait()

    monkeypatch.setattr(Rig, "start", broken)
    shown = CliRunner().invoke(main, ["demo", "--lang", language])
    assert shown.exit_code == MISSING
    assert said in shown.stderr


@pytest.mark.parametrize(
    ("checkout", "name", "said"),
    [
        (True, "nats-server", "run: make district-parts"),
        (True, "psql", "run: make district-parts"),
        (True, "mosquitto", "run: make prepare"),
        (False, "initdb", "install the package postgresql, and put the folder"),
        (False, "nats-server", "install the package nats-server (that of Debian 13)"),
    ],
)
def test_who_has_not_got_a_program_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, checkout: bool, name: str, said: str
) -> None:
    found = tools.find_tool
    monkeypatch.setattr(tools, "_IN_CHECKOUT", checkout)
    monkeypatch.setattr(tools, "find_tool", lambda tool: None if tool == name else found(tool))
    shown = CliRunner().invoke(main, ["demo", "--district", "--lang", "en"])
    assert shown.exit_code == MISSING
    assert said in shown.stderr
