"""Boards to be flashed: esp32-mock-bootloader behind a pseudo-terminal, as fast as a real line.

The chip's side of esptool's protocol is that package's. What it lacks is here: each board has an
address, a flash size and a flash of its own, the line has a speed, and a board can be plugged in,
pulled out, exchanged for another or made to fail.
"""

import errno
import hashlib
import os
import pty
import select
import socket
import struct
import termios
import threading
import time
import tty
import zlib
from collections.abc import Callable
from pathlib import Path

from esp32_mock_bootloader import chips, protocol, registers, server

MIB = 1024 * 1024
_POLL_S = 0.01
_BITS = 10  # start, eight, stop
#: Codes of flash sizes in a JEDEC id: the power of two of the bytes.
_SIZE_SHIFT = 16
_SECTOR = 4096
_END = bytes([protocol.SLIP_END])


class _Flash(server.FlashImage):  # type: ignore[misc]
    """A board's flash. ``spoil``: what is written is changed by it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.data = bytearray(b"\xff" * size)
        self.spoil: Callable[[int, bytes], bytes] | None = None
        self.on_write: Callable[[int], None] | None = None
        self.written = 0

    def _store(self, data: bytes) -> None:
        at = self._defl_offset
        if self.spoil is not None:
            data = self.spoil(at, data)
        self.data[at : at + len(data)] = data
        self._defl_offset += len(data)
        self.written += len(data)
        if self.on_write is not None:
            self.on_write(at)

    def begin_defl(self, payload: bytes) -> None:
        size, _, _, self._defl_offset = struct.unpack_from("<IIII", payload)
        # As esptool's flasher: the sectors that are to be written are erased.
        self.erase_region(self._defl_offset, -(-size // _SECTOR) * _SECTOR)
        self._inflate = zlib.decompressobj()

    def write_defl_block(self, payload: bytes) -> None:
        length = struct.unpack_from("<I", payload)[0]
        self._store(self._inflate.decompress(payload[16 : 16 + length]))


class _Spi(server.SpiPeripheralMock):  # type: ignore[misc]
    """The lines to the flash chip, which says how large it is."""

    def __init__(self, board: "BlankBoard") -> None:
        super().__init__(None)
        self._board = board
        self.configure_for_chip(board.chip)

    def read_reg(self, addr: int) -> int:
        value: int = super().read_reg(addr)
        if value == protocol.MOCK_FLASH_ID:
            size = len(self._board.flash.data).bit_length() - 1
            return value & 0xFFFF | size << _SIZE_SHIFT
        return value


class _Session(server.ChipSession):  # type: ignore[misc]
    """What the mock keeps of one connection: this board's address and flash size."""

    def __init__(self, chip_mode: str) -> None:
        super().__init__(chip_mode)
        board = _present.board
        board.registers = self.registers
        board.become(board.mac)
        self.spi = _Spi(board)


class _Present(threading.local):
    board: "BlankBoard"


_present = _Present()
server.ChipSession = _Session


def _octets(mac: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in mac.split(":"))


class BlankBoard:
    """A chip with an empty flash; ``Socket`` is where it is plugged in."""

    def __init__(self, mac: str, chip: str = "esp32", flash_bytes: int = 4 * MIB) -> None:
        """``chip``: esptool's name of it. ``mac``: six octets in hex, with colons."""
        if chip not in chips.PROFILES:
            raise ValueError(chip)
        self.mac, self.chip = mac, chip
        self.flash = _Flash(flash_bytes)
        #: In the boot loader: without that it does not answer.
        self.listens = True
        #: What its present connection reads at which address.
        self.registers: dict[int, int] = {}

    def become(self, mac: str) -> None:
        """Have another address from now on, as if the chip were another."""
        self.mac = mac
        self.registers.update(registers._mac_registers(self.chip, _octets(mac)))

    def md5(self, offset: int, size: int) -> str:
        """Return the digest of a part of its flash."""
        return hashlib.md5(bytes(self.flash.data[offset : offset + size])).hexdigest()


class Socket:
    """A serial port of the machine, at ``path`` while a board is plugged in."""

    def __init__(self, path: Path, baud: int | None = None) -> None:
        """``baud``: the line's speed; None: as fast as the machine."""
        self.path = path
        self._byte_s = _BITS / baud if baud else 0.0
        self._master = -1
        self._thread: threading.Thread | None = None
        self._out = threading.Event()
        self.board: BlankBoard | None = None
        #: Seconds that the line was busy.
        self.line_s = 0.0
        #: Whether a program has it open.
        self.in_use = False

    def plug(self, board: BlankBoard) -> None:
        """Put a board in; the port appears."""
        if self._thread is not None:
            self._thread.join()
        self.board = board
        self._out.clear()
        self._master, slave = pty.openpty()
        tty.setraw(slave, termios.TCSANOW)
        name = os.ttyname(slave)
        os.close(slave)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        partial = self.path.with_name(f".{self.path.name}")
        partial.symlink_to(name)
        partial.replace(self.path)

    def exchange(self, board: BlankBoard) -> None:
        """Put another board on the same adapter: the port stays, the chip begins anew."""
        self.board = board

    def pull(self, wait: bool = True) -> None:
        """Pull the board out; the port is gone, also for who has it open.

        ``wait``: until it is so; the chip's own thread must not wait for itself.
        """
        self.path.unlink(missing_ok=True)
        self._out.set()
        if wait and self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        """Serve one program after another that opens the port, until the board is pulled out."""
        try:
            while not self._out.is_set():
                try:
                    first = self._read(_POLL_S)
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    self._out.wait(_POLL_S)  # nobody has it open
                    continue
                if first:
                    self.in_use = True
                    self._connection(first)
                    self.in_use = False
        finally:
            os.close(self._master)

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 65_536) if ready else b""

    def _connection(self, first: bytes) -> None:
        """Carry bytes between a program and the chip until the program closes the port."""
        served, ended = self.board, threading.Event()
        ours, theirs = socket.socketpair()

        def chip() -> None:
            assert served is not None
            _present.board = served
            server.handle_client(
                server.BootloaderConnection(sock=theirs),
                ended,
                served.chip,
                exit_on_disconnect=True,
                flash=served.flash,
            )

        thread = threading.Thread(target=chip, daemon=True)
        thread.start()
        try:
            self._carry(ours, served, first)
        finally:
            ended.set()
            ours.close()
            thread.join()

    def _carry(self, chip: socket.socket, served: BlankBoard | None, waiting: bytes) -> None:
        held = b""
        while not self._out.is_set() and self.board is served:
            if waiting and served is not None and served.listens:
                self._take_time(len(waiting))
                held += waiting
                # Whole frames: the mock reads each piece of a frame from its beginning again.
                if held.endswith(_END) and held.count(_END) % 2 == 0:
                    chip.sendall(held)
                    held = b""
            ready, _, _ = select.select([self._master, chip.fileno()], [], [], _POLL_S)
            waiting = b""
            if self._master in ready:
                try:
                    waiting = os.read(self._master, 65_536)
                except OSError:
                    return
            if chip.fileno() in ready:
                answer = chip.recv(65_536)
                self._take_time(len(answer))
                os.write(self._master, answer)

    def _take_time(self, count: int) -> None:
        seconds = count * self._byte_s
        self.line_s += seconds
        if seconds:
            time.sleep(seconds)
