"""The rig for a real board, tried on a pretended one: what it says when something is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .pretended_board import PretendedBoard, pretended_port
from .pty_boards import PtyBoard
from .raw_repl import RawRepl, ReplError
from .rigs import Missing
from .serial_rig import SerialRig, open_port

SETTINGS = {"site": "s", "device": "d", "host": "127.0.0.1", "port": 1, "zones": []}
Boards = Callable[[str], PretendedBoard]


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[Boards]:
    made: list[PretendedBoard] = []

    def make(lacks: str) -> PretendedBoard:
        made.append(PretendedBoard(tmp_path, lacks=lacks))
        made[-1].begin()
        return made[-1]

    yield make
    for board in made:
        board.close()


def test_a_port_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"port /.*ttyUSB9: .*plug the board in"):
        open_port(str(tmp_path / "ttyUSB9"))


def test_a_port_that_cannot_reset_the_board_is_told() -> None:
    board = PtyBoard()
    board.begin()
    port = open_port(board.name)
    try:
        with pytest.raises(Missing, match=r"no line that resets the board .*RTS and DTR"):
            SerialRig(port, SETTINGS)
    finally:
        port.close()
        board.close()


@pytest.mark.parametrize(
    ("lacks", "told"),
    [
        ("boards", r"lacks a part .*no module named 'callpoint_firmware.*make firmware"),
        ("state", r"no partition state: flash .*partitions-4MiB.csv"),
    ],
)
def test_what_a_board_lacks_is_told(boards: Boards, lacks: str, told: str) -> None:
    board = boards(lacks)
    rig = SerialRig(open_port(board.name, pretended_port(board)), SETTINGS)
    try:
        with pytest.raises(Missing, match=told):
            rig.start()
    finally:
        rig.close()


def test_wrong_settings_are_told_with_the_traceback_of_the_board(boards: Boards) -> None:
    board = boards("")
    rig = SerialRig(open_port(board.name, pretended_port(board)), SETTINGS)
    try:
        rig.start()
        with pytest.raises(ReplError, match="ValueError: zones: at least one is needed"):
            rig.state()
    finally:
        rig.close()


def test_a_power_cut_resets_the_chip_and_both_lines_together_do_not(boards: Boards) -> None:
    board = boards("")
    port = open_port(board.name, pretended_port(board))
    try:
        repl = RawRepl(port)
        port.dtr = True
        port.rts = True
        repl.enter()
        assert board.starts == 0, "this is how a port is opened that nobody told otherwise"
        rig = SerialRig(port, SETTINGS)
        rig.start()
        assert board.starts == 1
        rig.power_cut()
        rig.start()
        assert board.starts == 2
    finally:
        port.close()


def test_a_new_rig_makes_the_board_a_new_device(boards: Boards) -> None:
    board = boards("")
    settings: dict[str, Any] = SETTINGS | {
        "zones": [{"zone": 1, "kind": "panic", "input": "button", "active": 0}],
        "board": {"improv": 0},
    }
    rig = SerialRig(open_port(board.name, pretended_port(board)), settings)
    try:
        rig.start()
        assert rig.state()["depth"] == 0
        rig.set("button", 0)
        while rig.state()["depth"] == 0:
            continue
        rig.power_cut()
        rig.start()
        assert rig.state()["depth"] >= 1, "the press; and its end, when that is seen"
        with pytest.raises(ReplError, match="one of set pulse get"):
            rig.ask({"block": 1})
    finally:
        rig.close()
    rig = SerialRig(open_port(board.name, pretended_port(board)), settings)
    try:
        rig.start()
        assert rig.state()["depth"] == 0
    finally:
        rig.close()
