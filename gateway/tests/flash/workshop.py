"""A technician's table for tests: sockets, blank boards, a batch, and what the screen showed."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from callpoint_gateway.words.said import Said
from callpoint_rig.blank_board import BlankBoard, Socket
from callpoint_technician.flash.batch import Batch, opened
from callpoint_technician.flash.board_pass import Outcome
from callpoint_technician.flash.desk import Desk
from callpoint_technician.flash.first_word import FirstWord
from callpoint_technician.flash.flasher import Flasher
from callpoint_technician.flash.identity import Identity
from callpoint_technician.flash.ports import only
from callpoint_technician.flash.trouble import Trouble
from callpoint_technician.image.parts import IDENTITY, FlashPart

LONG_S = 60.0
IDENTITY_AT, SPOOL_AT, APPLICATION_AT = 0x362000, 0x350000, 0x10000
RANDOM = os.urandom(20_000)
PARTS = (
    FlashPart("boot loader", 0x1000, RANDOM[:5_000], 0x7000),
    FlashPart("table", 0x8000, RANDOM[:3_000], 0x1000),
    FlashPart("application", APPLICATION_AT, RANDOM + bytes(30_000), 0x10000),
    FlashPart("spool", SPOOL_AT, b"", 0x4000),
    FlashPart(IDENTITY, IDENTITY_AT, b"", 0x4000),
)


def mac(number: int) -> str:
    return f"24:0a:c4:00:00:{number:02x}"


def identities(count: int, chip: str = "esp32") -> list[Identity]:
    return [Identity(f"d{number}", chip, b"CALLPIDN" + os.urandom(600)) for number in range(count)]


def until(condition: Callable[[], bool], within_s: float = LONG_S) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Shown:
    """The screen: what was shown last, and how boards ended."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, Said]] = []
        self.done: list[Outcome] = []
        self.wrong: list[Trouble] = []
        self.ticked: dict[str, FirstWord] = {}
        self.told: list[Said] = []
        self.counts: list[tuple[int, int, int]] = []
        self.freed: list[str] = []

    def row(self, port: str) -> "ShownRow":
        return ShownRow(self, port)

    def gone(self, port: str) -> None:
        self.freed.append(port)

    def heard(self, device: str, word: FirstWord) -> None:
        self.ticked[device] = word

    def nothing(self, trouble: Trouble) -> None:
        self.told.append(trouble.why)

    def count(self, written: int, heard: int, of: int) -> None:
        self.counts.append((written, heard, of))


class ShownRow:
    def __init__(self, screen: Shown, port: str) -> None:
        self._screen, self._port = screen, port

    def step(self, what: Said) -> None:
        self._screen.steps.append((self._port, what))

    def device(self, name: str) -> None:
        pass

    def total(self, count: int) -> None:
        pass

    def more(self, count: int) -> None:
        pass

    def good(self, outcome: Outcome) -> None:
        self._screen.done.append(outcome)

    def bad(self, trouble: Trouble) -> None:
        self._screen.wrong.append(trouble)


class Table:
    """Sockets, a batch and a flasher that runs until the batch is done or the block ends."""

    def __init__(
        self, folder: Path, batch: Batch, wanted: Sequence[Identity], sockets: int
    ) -> None:
        self.sockets = [Socket(folder / f"tty{number}") for number in range(sockets)]
        self.batch, self.wanted = batch, wanted
        self.shown = Shown()
        self.desk = Desk(batch, {"esp32": PARTS}, wanted)
        self.flasher: Flasher | None = None
        self._thread: threading.Thread | None = None
        self._pulls = 0

    def begin(self, drivers: Callable[[], Said | None] = lambda: None) -> None:
        look = only(str(socket.path) for socket in self.sockets)
        self.flasher = Flasher(self.desk, self.shown, look, 460_800, drivers=drivers)
        self._thread = threading.Thread(target=self.flasher.run, args=(0.0,))
        self._thread.start()

    def finished(self) -> None:
        """Wait until the batch is done."""
        assert self._thread is not None
        self._thread.join(LONG_S)
        assert not self._thread.is_alive(), (
            self.shown.steps,
            [str(each) for each in self.shown.wrong],
        )

    def end(self) -> None:
        if self.flasher is not None:
            self.flasher.close()
        if self._thread is not None:
            self._thread.join()
        for socket in self.sockets:
            if socket.board is not None:
                socket.pull()

    def pull(self, wait: bool = True) -> None:
        """Pull out what is in the first socket; the chip's own thread must not wait."""
        self._pulls += 1
        self.sockets[0].pull(wait)

    def plug_again(self, board: BlankBoard) -> None:
        """Put a board into the first socket once the flasher has seen that it is empty."""
        until(lambda: len(self.shown.freed) == self._pulls)
        self.sockets[0].plug(board)

    def ends_badly(self) -> Trouble:
        """Wait for the first trouble and return it."""
        until(lambda: bool(self.shown.wrong))
        return self.shown.wrong[0]


@contextmanager
def table(folder: Path, wanted: Sequence[Identity], sockets: int = 1) -> Iterator[Table]:
    with opened(folder / "batch") as batch, table_of(folder, batch, wanted, sockets) as made:
        yield made


@contextmanager
def table_of(
    folder: Path, batch: Batch, wanted: Sequence[Identity], sockets: int = 1
) -> Iterator[Table]:
    made = Table(folder, batch, wanted, sockets)
    try:
        yield made
    finally:
        made.end()


def has(board: BlankBoard, identity: Identity) -> bool:
    """Say whether a board has all parts and an identity, and nothing behind them."""
    for part in PARTS:
        data = identity.image if part.name == IDENTITY else part.data
        whole = data.ljust(part.reserve, b"\xff")
        if bytes(board.flash.data[part.offset : part.offset + part.reserve]) != whole:
            return False
    return True


def identity_bytes(board: BlankBoard) -> bytes:
    return bytes(board.flash.data[IDENTITY_AT : IDENTITY_AT + 0x4000]).rstrip(b"\xff")
