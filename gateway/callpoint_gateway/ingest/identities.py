"""Notices two boards that send under one identity, by the generations of their boots.

A board's boots form a generation with a random number (``protocol/README.md``). A board that loses
its memory begins a new one and never returns to the earlier one: only that memory held it, and
the unsent events of it. So:

- A restart, and late events of an earlier boot, are of the same generation: nothing.
- A new generation that stays: a board that lost its memory, or another in its place.
- A return to a generation after another has sent: two boards. A technician who puts the first
  board back makes one return; ``RETURNS`` within ``WINDOW_MS`` are boards that both send.

Only new messages count, and each lane by itself: a broker keeps the order within a session, and
not between events and readings. Of statuses only births count: the broker sends a last will when
it likes. After a restart of the gateway the boards are noticed anew. Two boards with the same
memory (a copy of the whole flash) are one generation: they are not noticed.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said, said
from callpoint_protocol import names

RETURNS: Final = 2
WINDOW_MS: Final = 86_400_000
# Of the generations of a device, those that sent last.
_KEPT: Final = 8


class Board(msgspec.Struct):
    """What is known of the board behind a generation."""

    boot: int
    source: str
    firmware: str = ""

    @property
    def said(self) -> Said:
        """What is known of it, for people."""
        start = self.boot & 0xFFFF
        if not self.firmware:
            return said("device.board", boot=self.boot, start=start, source=self.source)
        return said(
            "device.board_firmware",
            boot=self.boot,
            start=start,
            source=self.source,
            firmware=self.firmware,
        )


class _Lane:
    """What a device sent in one lane: its present board, earlier ones, moments of returns."""

    __slots__ = ("board", "earlier", "generation", "returns")

    def __init__(self, generation: int, board: Board) -> None:
        self.generation, self.board = generation, board
        self.earlier: dict[int, Board] = {}
        self.returns: deque[int] = deque(maxlen=RETURNS)

    def changed(self, generation: int, board: Board, now_ms: int) -> tuple[Board, Board] | None:
        """Take the first message of another generation; return both boards if they take turns."""
        returned = self.earlier.pop(generation, None)
        left = self.board
        self.earlier[self.generation] = left
        if len(self.earlier) > _KEPT:
            del self.earlier[next(iter(self.earlier))]
        if returned is not None:
            board.firmware = board.firmware or returned.firmware
            self.returns.append(now_ms)
        self.generation, self.board = generation, board
        if len(self.returns) < RETURNS or now_ms - self.returns[0] > WINDOW_MS:
            return None
        return left, board


class Identities:
    """One for all devices; any thread may tell it."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Begin without a message. ``now_ms`` returns monotonic ms."""
        self._now_ms = now_ms
        self._lock = threading.Lock()
        # Bounded by the register: three for each of its devices.
        self._lanes: dict[str, dict[str, _Lane]] = {
            lane: {} for lane in (names.EVENT, names.TELEMETRY, names.STATUS)
        }

    def seen(
        self, lane: str, device: str, boot: int, source: str, firmware: str = ""
    ) -> tuple[Board, Board] | None:
        """Take a new message; return the boards of the device's identity if there are two.

        ``lane``: ``names.EVENT``, ``names.TELEMETRY`` or, for a birth, ``names.STATUS``.
        """
        known = self._lanes[lane].get(device)
        if known is not None and known.generation == boot >> 16:
            # As nearly always, and without the lock: this runs for every message.
            known.board.boot = boot
            return None
        with self._lock:
            board = Board(boot, source, firmware)
            if known is None:
                self._lanes[lane][device] = _Lane(boot >> 16, board)
                return None
            return known.changed(boot >> 16, board, self._now_ms())
