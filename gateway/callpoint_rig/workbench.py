"""A technician with a box of blank boards, for tests and measurements of ``callpoint flash``."""

import hashlib
import json
import random
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from callpoint_rig.blank_board import BlankBoard, Socket
from callpoint_technician.chips import CHIPS, MIB, TABLE_OFFSET
from callpoint_technician.flash.batch import FILE, Stage
from callpoint_technician.identity import image
from callpoint_technician.identity.device_settings import parse
from callpoint_technician.image.parts import IDENTITY, SECTOR, FlashPart, sectors

IDENTITY_AT = 0x362000
_LOOK_S = 0.02
#: Seconds for which a person's hand is at a socket.
HAND_S = 0.3
_IMAGE_MAGIC = 0xE9


def make_identities(folder: Path, count: int, site: str = "estate") -> list[str]:
    """Write ``count`` identities into a folder, as a site plan does; return the devices."""
    folder.mkdir(exist_ok=True)
    devices = [f"flat-{number:03}" for number in range(count)]
    for device in devices:
        settings = {
            "site": site,
            "device": device,
            "host": "192.168.1.10",
            "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
            "board": {"map": "devkit", "ssid": "estate", "password": f"secret of {device}"},
        }
        made = image.build(parse(json.dumps(settings).encode()), image.PARTITION_SIZE)
        (folder / f"{device}.bin").write_bytes(made)
    return devices


def make_image(folder: Path, application: int, seed: int = 1) -> list[FlashPart]:
    """Write the parts of an image as ``callpoint firmware image`` does.

    ``application``: bytes of it, half of which compress to nothing.
    """
    chip = CHIPS["esp32"]
    content = random.Random(seed).randbytes(application // 2) + bytes(application // 2)
    boot = struct.pack("<B11xH", _IMAGE_MAGIC, chip.image_id) + content[:12_000]
    parts = [
        FlashPart("boot loader", chip.boot_offset, boot, TABLE_OFFSET - chip.boot_offset),
        FlashPart("table", TABLE_OFFSET, content[:3_072], SECTOR),
        FlashPart("app0", 0x10000, content, sectors(application)),
        FlashPart("spool", 0x350000, b"", 0x10000),
        FlashPart("state", 0x360000, b"", 0x2000),
        FlashPart(IDENTITY, IDENTITY_AT, b"", image.PARTITION_SIZE),
    ]
    folder.mkdir()
    for part in parts:
        (folder / f"{part.offset:06x}.bin").write_bytes(part.data)
    listed = [
        {
            "name": part.name,
            "offset": part.offset,
            "reserve": part.reserve,
            "file": f"{part.offset:06x}.bin" if part.data else None,
            "sha256": hashlib.sha256(part.data).hexdigest() if part.data else None,
        }
        for part in parts
    ]
    (folder / "parts.json").write_text(json.dumps(listed))
    return parts


def device_of(board: BlankBoard) -> str | None:
    """Return whose identity is on a board, None if it has no whole one."""
    content = bytes(board.flash.data[IDENTITY_AT : IDENTITY_AT + image.PARTITION_SIZE])
    try:
        return image.read(content).device
    except image.ImageError:
        return None


def ticked(batch: Path, board: BlankBoard) -> bool:
    """Say whether a flasher, which may have been killed since, has ticked a board off.

    ``batch``: the folder of its journal.
    """
    try:
        with closing(sqlite3.connect(f"file:{batch / FILE}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT stage FROM board WHERE mac = ?", (board.mac,))
            return any(stage >= Stage.WRITTEN for (stage,) in rows)
    except sqlite3.OperationalError:
        return False  # it is not made yet, or being changed


class Handled(NamedTuple):
    """A board that a technician has done: seconds from plugging in, and of a busy line."""

    mac: str
    took_s: float
    line_s: float


class Technician:
    """Puts boards into sockets, and the next one into each socket whose board is done."""

    def __init__(
        self,
        folder: Path,
        boards: Sequence[BlankBoard],
        sockets: int,
        baud: int | None = None,
        done: Callable[[BlankBoard], bool] = lambda board: device_of(board) is not None,
    ) -> None:
        """``baud``: of the lines; None: no limit. The ports are in ``folder``.

        ``done``: the technician saw that a board is done.
        """
        self._done = done
        self.sockets = [Socket(folder / f"tty{number}", baud) for number in range(sockets)]
        self._boards = iter(boards)
        self._ended = threading.Event()
        self._plugged: dict[Socket, tuple[float, float]] = {}
        #: In the order in which they were done.
        self.handled: list[Handled] = []
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def ports(self) -> list[str]:
        """The options that name the ports to ``callpoint flash``."""
        return [word for socket in self.sockets for word in ("--port", str(socket.path))]

    def __enter__(self) -> "Technician":
        for socket in self.sockets:
            self._next(socket)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for socket in self.sockets:
            if socket.path.exists():
                socket.pull()

    def _next(self, socket: Socket) -> bool:
        board = next(self._boards, None)
        if board is not None:
            socket.plug(board)
            self._plugged[socket] = time.monotonic(), socket.line_s
        return board is not None

    def _work(self) -> None:
        busy = set(self.sockets)
        while busy and not self._ended.wait(_LOOK_S):
            for socket in list(busy):
                board = socket.board
                if board is None or socket.in_use or not self._done(board):
                    continue
                began_s, before_s = self._plugged[socket]
                took_s = time.monotonic() - began_s
                socket.pull()
                self.handled.append(Handled(board.mac, took_s, socket.line_s - before_s))
                self._ended.wait(HAND_S)
                if not self._next(socket):
                    busy.discard(socket)


def blank_boards(count: int, chip: str = "esp32", first: int = 0) -> list[BlankBoard]:
    """Return boards with addresses of their own, numbered from ``first``."""
    numbers = range(first, first + count)
    return [BlankBoard(f"24:0a:c4:00:{n >> 8:02x}:{n & 255:02x}", chip, 4 * MIB) for n in numbers]


def main() -> None:
    """Play one socket and its boards in a process of its own: FOLDER NUMBER COUNT BAUD.

    Ends when all boards are done, and prints a list for each: address, seconds, of those the line.
    """
    folder, number, count, baud = sys.argv[1:]
    boards = blank_boards(int(count), first=int(number) * int(count))
    technician = Technician(Path(folder, number), boards, 1, int(baud))
    with technician:
        while len(technician.handled) < len(boards):
            time.sleep(_LOOK_S)
    done = {board.mac: device_of(board) for board in boards}
    json.dump([[*handled, done[handled.mac]] for handled in technician.handled], sys.stdout)


if __name__ == "__main__":
    main()
