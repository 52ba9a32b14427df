"""The screen of ``callpoint flash``: a row for each port, and a loud line for each board."""

import sys
import threading
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import Said, said
from callpoint_gateway.words.words import Words
from callpoint_technician.flash.board_pass import Outcome
from callpoint_technician.flash.first_word import FirstWord
from callpoint_technician.flash.trouble import Trouble

# A sign, so that nothing depends on colour, and the style.
_GOOD: Final = ("✓", "bold")
_BAD: Final = ("✗", "bold red")
_BAR = 30


class FlashRow:
    """What is known of one port now."""

    def __init__(self, screen: "FlashScreen", port: str) -> None:
        """``port``: as the system calls it."""
        self.port, self.name, self.done, self.whole = port, "", 0, 0
        self.what: Said = said("flash.step.connect")
        self._screen = screen

    def step(self, what: Said) -> None:
        """Show what is being done."""
        self.what = what
        self._screen.draw()

    def device(self, name: str) -> None:
        """Show whose identity it is."""
        self.name = name

    def total(self, count: int) -> None:
        """Begin the bar."""
        self.done, self.whole = 0, count

    def more(self, count: int) -> None:
        """Move the bar."""
        self.done += count
        self._screen.draw()

    def good(self, outcome: Outcome) -> None:
        """Tell that the board is done."""
        self.what = said("flash.step.wait")
        mac, device = outcome.board.mac, outcome.board.device
        text = said("flash.good", port=self.port, device=device, mac=mac)
        if outcome.already:
            text = said("flash.already", port=self.port, device=device, mac=mac)
        self._screen.loud(text, _GOOD)

    def bad(self, trouble: Trouble) -> None:
        """Tell what is wrong; the row keeps it in sight."""
        self.what = trouble.why
        self._screen.loud(said("flash.bad", port=self.port, why=trouble.why), _BAD)


class FlashScreen:
    """All rows. On a terminal they stay in place; elsewhere there is a line for each end."""

    def __init__(self, output: Console, words: Words) -> None:
        """``output``: where to; ``words``: the texts of the reader's language."""
        self._output, self._words = output, words
        self._rows: dict[str, FlashRow] = {}
        self._count: Said = said("flash.step.wait")
        self._lock = threading.RLock()
        self._live = Live(console=output, auto_refresh=False) if output.is_terminal else None

    def __enter__(self) -> "FlashScreen":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def row(self, port: str) -> FlashRow:
        """Return the row of a port for its present board."""
        with self._lock:
            row = self._rows[port] = FlashRow(self, port)
        self.draw()
        return row

    def gone(self, port: str) -> None:
        """Forget the board of a port."""
        with self._lock:
            self._rows.pop(port, None)
        self.draw()

    def heard(self, device: str, word: FirstWord) -> None:
        """Tick a device off."""
        rssi = said("flash.no_rssi")
        if word.rssi_dbm is not None:
            rssi = said("flash.rssi", rssi=word.rssi_dbm)
        text = said(
            "flash.heard",
            device=device,
            firmware=word.firmware or "?",
            rssi=rssi,
            clock=said("flash.clock") if word.clock else said("flash.no_clock"),
        )
        self.loud(text, _GOOD)

    def nothing(self, trouble: Trouble) -> None:
        """Say why no board may appear."""
        self.loud(trouble.why, _BAD)

    def count(self, written: int, heard: int, of: int) -> None:
        """Show how far the batch is."""
        with self._lock:
            self._count = said("flash.count", written=written, heard=heard, count=of)
        self.draw()

    def loud(self, text: Said, how: tuple[str, str]) -> None:
        """Write a line that stays, with the terminal's bell."""
        sign, style = how
        with self._lock:
            line = f"{sign} {printable(self._words.told(text))}"
            self._output.print(Text(line, style=style))
            if self._output.is_terminal:
                self._output.bell()
            else:
                sys.stdout.flush()
        self.draw()

    def draw(self) -> None:
        """Bring the rows up to date."""
        if self._live is None:
            return
        with self._lock:
            table = Table.grid(padding=(0, 1))
            for port in sorted(self._rows):
                row = self._rows[port]
                bar = ProgressBar(max(row.whole, 1), row.done, width=_BAR)
                table.add_row(row.port, row.name, bar, printable(self._words.told(row.what)))
            self._live.update(Group(table, Text(self._words.told(self._count))), refresh=True)
