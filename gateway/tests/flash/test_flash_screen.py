"""What a technician sees: a row for each port on a terminal, a line for each board elsewhere."""

import io

import pytest
from rich.console import Console

from callpoint_cli.technician.flash_screen import FlashScreen
from callpoint_gateway.words.said import said
from callpoint_gateway.words.words import Words
from callpoint_technician.flash.batch import Board, Stage
from callpoint_technician.flash.board_pass import Outcome
from callpoint_technician.flash.first_word import FirstWord
from callpoint_technician.flash.trouble import Layer, Trouble

PORT = "/dev/ttyUSB0"
DONE = Outcome(Board("24:0a:c4:00:00:01", "lobby", Stage.WRITTEN), already=False)
VANISHED = Trouble(Layer.VANISHED, said("flash.vanished"))


def played(terminal: bool, language: str) -> str:
    """Return what a board that is written, and another that is pulled out, look like."""
    file = io.StringIO()
    output = Console(file=file, width=120, force_terminal=terminal, color_system=None)
    with FlashScreen(output, Words(language)) as screen:
        row = screen.row(PORT)
        row.device("lobby")
        row.total(100)
        row.step(said("flash.step.write"))
        row.more(50)
        row.good(DONE)
        screen.count(1, 0, 2)
        screen.heard("lobby", FirstWord("1.2.0", None, False))
        screen.row("/dev/ttyUSB1").bad(VANISHED)
        screen.gone(PORT)
        screen.nothing(VANISHED)
    return file.getvalue()


@pytest.mark.parametrize(
    ("language", "good", "heard", "count"),
    [
        ("en", "lobby is on board 24:0a", "no reading of Wi-Fi yet, lacks the time", "1 of 2"),
        ("zh", "lobby 已写入电路板 24:0a", "尚无 Wi-Fi 信号读数，时间未同步", "已写入 1/2"),
    ],
)
def test_a_terminal_has_rows_and_a_bell(language: str, good: str, heard: str, count: str) -> None:
    shown = played(True, language)
    assert shown.count("\a") == 4
    for text in (PORT, good, heard, count, "━━━", Words(language)("flash.step.write")):
        assert text in shown


def test_elsewhere_there_is_a_line_for_each_end() -> None:
    lines = played(False, "en").splitlines()
    assert [line[0] for line in lines] == ["✓", "✓", "✗", "✗"]
    assert lines[0] == f"✓ {PORT}: lobby is on board 24:0a:c4:00:00:01"
    assert "\x1b" not in "".join(lines)
