"""All ports of a batch at once: a board that appears is written, and its first word is awaited."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from callpoint_gateway.words.said import said
from callpoint_technician.flash import board_pass
from callpoint_technician.flash.batch import Board, Stage
from callpoint_technician.flash.board_pass import Outcome
from callpoint_technician.flash.desk import Desk
from callpoint_technician.flash.first_word import FirstWord, Gateway
from callpoint_technician.flash.port_client import PortClient
from callpoint_technician.flash.ports import Look, without_driver
from callpoint_technician.flash.trouble import AGAIN, Layer, Trouble

POLL_S: Final = 0.1
#: A person needs this long to press a button on the board or to close another program.
AGAIN_S: Final = 2.0
#: After this time without any board it is said what that can be.
NOTHING_S: Final = 20.0
_WORD_S: Final = 1.0


class PortRow(board_pass.Row, Protocol):
    """A port's row on the screen, with its end."""

    def good(self, outcome: Outcome) -> None:
        """Tell loudly that the board is done."""

    def bad(self, trouble: Trouble) -> None:
        """Tell loudly what is wrong."""


class Screen(Protocol):
    """What the technician sees. Any thread may call it."""

    def row(self, port: str) -> PortRow:
        """Return the row of a port; its earlier board is forgotten."""

    def gone(self, port: str) -> None:
        """Show that a port is free for the next board."""

    def heard(self, device: str, word: FirstWord) -> None:
        """Tick a device off."""

    def nothing(self, trouble: Trouble) -> None:
        """Say why no board may appear."""

    def count(self, written: int, heard: int, of: int) -> None:
        """Show how far the batch is."""


class Flasher:
    """Writes boards until the batch is done or ``stop`` is called."""

    def __init__(
        self,
        desk: Desk,
        screen: Screen,
        look: Look,
        baud: int,
        gateway: Gateway | None = None,
        clients: Callable[[], PortClient] = PortClient,
    ) -> None:
        """``gateway``: where devices are awaited; None: nowhere. ``look``: see ``ports``."""
        self._desk, self._screen, self._look = desk, screen, look
        self._baud, self._gateway = baud, gateway
        self._clients = clients
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._there: set[str] = set()
        # Ports whose board was pulled out since their thread began, or is to be done anew.
        self._left: set[str] = set()
        self._next = threading.Event()
        self._at_work: dict[str, threading.Thread] = {}
        self._in_use: set[PortClient] = set()
        self._spare: deque[PortClient] = deque([clients()])
        #: Troubles by device or port, for the end.
        self.troubles: dict[str, Trouble] = {}

    def run(self, wait_s: float) -> None:
        """Write boards until all have been written and, within ``wait_s`` more, been heard."""
        quiet_since = time.monotonic()
        words_at = written_at = 0.0
        told_nothing = False
        while not self._ended.is_set():
            now = time.monotonic()
            if self._serve():
                quiet_since, told_nothing = now, False
            elif (
                now - quiet_since > NOTHING_S and not told_nothing and not self._all(Stage.WRITTEN)
            ):
                told_nothing = True
                self._screen.nothing(self._why_nothing())
            if self._gateway is not None and now - words_at > _WORD_S:
                words_at = now
                self._listen(self._gateway)
            if self._all(Stage.WRITTEN) and not self._busy():
                written_at = written_at or now
                if self._gateway is None or self._all(Stage.HEARD) or now - written_at > wait_s:
                    return
            self._ended.wait(POLL_S)

    def next_boards(self) -> None:
        """Take what is at the ports for new boards: an adapter stays when its board is changed."""
        self._next.set()

    def stop(self) -> None:
        """End every process of a port, whatever it is about, and wait for the threads."""
        self._ended.set()
        with self._lock:
            clients = [*self._in_use, *self._spare]
            self._spare.clear()
        for client in clients:
            client.stop()
        for thread in list(self._at_work.values()):
            thread.join()

    def _serve(self) -> bool:
        """Begin with the boards that have appeared; say whether there is any board."""
        there = self._look()
        for port in self._there - there:
            self._left.add(port)
            self._screen.gone(port)
        if self._next.is_set():
            self._next.clear()
            self._left |= there
        self._there = there
        for port in self._left & self._at_work.keys():
            if not self._at_work[port].is_alive():
                del self._at_work[port]
        self._left &= self._at_work.keys()
        for port in sorted(there - self._at_work.keys()):
            thread = threading.Thread(target=self._port, args=(port,), daemon=True)
            self._at_work[port] = thread
            thread.start()
        return bool(there)

    def _busy(self) -> bool:
        return any(thread.is_alive() for thread in self._at_work.values())

    def _port(self, port: str) -> None:
        """Write the board at a port; try again while it is something that a person mends."""
        while not self._ended.is_set() and port in self._there:
            row = self._screen.row(port)
            trouble = self._once(port, row)
            if trouble is None or trouble.layer not in AGAIN:
                return
            self._ended.wait(AGAIN_S)

    def _once(self, port: str, row: PortRow) -> Trouble | None:
        client = self._taken()
        try:
            outcome = board_pass.write_board(port, client, self._desk, row, self._baud)
        except Trouble as trouble:
            if self._ended.is_set():
                return None
            self.troubles[port] = trouble
            row.bad(trouble)
            return trouble
        finally:
            with self._lock:
                self._in_use.discard(client)
            client.stop()
            self._prepare()
        self.troubles.pop(port, None)
        row.good(outcome)
        self._count()
        return None

    def _taken(self) -> PortClient:
        """Return a process for a board, if possible one that has loaded esptool meanwhile."""
        with self._lock:
            client = self._spare.popleft() if self._spare else self._clients()
            self._in_use.add(client)
        return client

    def _prepare(self) -> None:
        """Start a process for the next board, while a person plugs that in."""
        if not self._all(Stage.WRITTEN):
            with self._lock:
                if not self._ended.is_set():
                    self._spare.append(self._clients())

    def _boards(self) -> list[Board]:
        wanted = set(self._desk.devices)
        return [board for board in self._desk.batch.boards() if board.device in wanted]

    def _all(self, stage: Stage) -> bool:
        boards = self._boards()
        return len(boards) == len(self._desk.devices) and all(
            board.stage >= stage for board in boards
        )

    def _count(self) -> None:
        stages = [board.stage for board in self._boards()]
        written = sum(stage >= Stage.WRITTEN for stage in stages)
        heard = sum(stage >= Stage.HEARD for stage in stages)
        self._screen.count(written, heard, len(self._desk.devices))

    def _listen(self, gateway: Gateway) -> None:
        for board in self._boards():
            if board.stage is Stage.WRITTEN:
                word = gateway.heard(board.device, board.position)
                if word is not None:
                    # If that cannot be put on record now, it is heard again.
                    with suppress(Trouble):
                        self._desk.batch.heard(board.mac)
                        self._screen.heard(board.device, word)
                        gateway.show(board.device)
                        self._count()

    def _why_nothing(self) -> Trouble:
        wrong = without_driver()
        if wrong is not None:
            return Trouble(Layer.NO_DRIVER, wrong)
        return Trouble(Layer.NO_PORT, said("flash.nothing", seconds=round(NOTHING_S)))
