"""Boards of one port, against esptool's real protocol, and each way in which it goes wrong."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import serial

from callpoint_gateway.words.said import Said, said
from callpoint_rig.blank_board import MIB, BlankBoard
from callpoint_technician.flash.batch import Batch, Stage, opened
from callpoint_technician.flash.desk import Desk
from callpoint_technician.flash.frames import Found
from callpoint_technician.flash.port_access import users_of
from callpoint_technician.flash.trouble import Layer, Trouble

from .workshop import (
    APPLICATION_AT,
    LONG_S,
    PARTS,
    SPOOL_AT,
    Table,
    has,
    identities,
    identity_bytes,
    mac,
    table,
    table_of,
    until,
)


def english(table: Table) -> str:
    return str(table.shown.wrong[-1].why)


class Hold:
    """Stops a board at the first byte that is written on it, until it may go on."""

    def __init__(self, board: BlankBoard) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        board.flash.on_write = self._stop

    def _stop(self, _offset: int) -> None:
        self.reached.set()
        self.go_on.wait(LONG_S)


def test_a_board_gets_everything_and_keeps_nothing(tmp_path: Path) -> None:
    wanted = identities(1)
    board = BlankBoard(mac(1))
    board.flash.data[:] = b"\x5a" * len(board.flash.data)  # used before
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(board)
        at.finished()
        assert not at.shown.wrong
        (outcome,) = at.shown.done
        assert outcome.board.device == "d0"
        assert not outcome.already
        (bound,) = at.batch.boards()
        assert bound.mac == mac(1)
        assert bound.stage is Stage.WRITTEN
    assert has(board, wanted[0])
    assert board.flash.data[SPOOL_AT : SPOOL_AT + 0x4000] == b"\xff" * 0x4000


def test_boards_of_two_ports_at_once_get_different_identities(tmp_path: Path) -> None:
    wanted = identities(4)
    boards = [BlankBoard(mac(number)) for number in range(4)]
    with table(tmp_path, wanted, sockets=2) as at:
        at.begin()
        for written, pair in ((2, boards[:2]), (4, boards[2:])):
            for socket, board in zip(at.sockets, pair, strict=True):
                socket.plug(board)
            until(lambda written=written: len(at.shown.done) == written)  # type: ignore[misc]
            if written < len(boards):
                for socket in at.sockets:
                    socket.pull()
                until(lambda: len(at.shown.freed) == len(at.sockets))
        at.finished()
        assert not at.shown.wrong
        assert at.shown.counts[-1] == (4, 0, 4)
    assert sorted(identity_bytes(board) for board in boards) == sorted(
        identity.image for identity in wanted
    )


def test_an_adapter_that_stays_takes_the_next_board_at_enter(tmp_path: Path) -> None:
    wanted = identities(2)
    first, second = BlankBoard(mac(1)), BlankBoard(mac(2))
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(first)
        until(lambda: len(at.shown.done) == 1)
        at.sockets[0].exchange(second)
        assert at.flasher is not None
        at.flasher.next_boards()
        at.finished()
    assert has(first, wanted[0])
    assert has(second, wanted[1])


def test_a_board_that_was_done_is_known_again(tmp_path: Path) -> None:
    wanted = identities(2)
    board = BlankBoard(mac(1))
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(board)
        until(lambda: len(at.shown.done) == 1)
        at.pull()
        at.plug_again(board)
        until(lambda: len(at.shown.done) == 2)
        assert at.shown.done[1].already
        assert at.shown.done[1].board.device == "d0"
        assert len(at.batch.boards()) == 1


def test_another_board_with_the_address_of_a_finished_one_gets_nothing(tmp_path: Path) -> None:
    wanted = identities(2)
    twin = BlankBoard(mac(1))
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(BlankBoard(mac(1)))
        until(lambda: len(at.shown.done) == 1)
        at.pull()
        at.plug_again(twin)
        assert at.ends_badly().layer is Layer.SAME_MAC
        assert "it is another board with the same address" in english(at)
        assert "--again d0" in english(at)
        # The first board may be with somebody: what it has is not given away.
        assert twin.flash.written == 0


def test_two_boards_with_one_address_at_two_ports(tmp_path: Path) -> None:
    first, twin = BlankBoard(mac(1)), BlankBoard(mac(1))
    seen = threading.Event()
    with table(tmp_path, identities(1), sockets=2) as at:
        at.begin()
        at.sockets[0].plug(first)
        until(lambda: bool(at.batch.boards()))
        # Slow, but not so slow that the flasher gives it up.
        first.before = lambda: seen.wait(1)
        at.sockets[1].plug(twin)
        assert at.ends_badly().layer is Layer.SAME_MAC
        assert f"two boards have the address {mac(1)}" in english(at)
        assert str(at.sockets[0].path) in english(at)
        seen.set()
        at.finished()
    assert twin.flash.written == 0


def test_a_board_that_is_pulled_out_goes_on_where_it_was(tmp_path: Path) -> None:
    wanted = identities(2)
    board = BlankBoard(mac(1))
    with table(tmp_path, wanted) as at:
        board.flash.on_write = lambda _offset: at.pull(wait=False)
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.VANISHED
        assert "pulled out, or its cable is loose" in english(at)
        board.flash.on_write = None
        at.plug_again(board)
        until(lambda: bool(at.shown.done))
        assert [bound.device for bound in at.batch.boards()] == ["d0"]
    assert has(board, wanted[0])


def test_a_board_that_falls_silent_for_a_while_goes_on_by_itself(tmp_path: Path) -> None:
    wanted = identities(1)
    board = BlankBoard(mac(1))

    def falls_silent(offset: int) -> None:
        if offset >= APPLICATION_AT:
            board.listens = False

    board.flash.on_write = falls_silent
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.SILENT
        assert "the board no longer answers" in english(at)
        board.flash.on_write = None
        board.listens = True
        at.finished()
    assert has(board, wanted[0])


def test_a_board_that_is_exchanged_in_the_middle_is_named(tmp_path: Path) -> None:
    wanted = identities(2)
    first, other = BlankBoard(mac(1)), BlankBoard(mac(2))
    with table(tmp_path, wanted) as at:
        first.flash.on_write = lambda _offset: at.sockets[0].exchange(other)
        at.begin()
        at.sockets[0].plug(first)
        assert at.ends_badly().layer is Layer.SWAPPED
        assert english(at) == (
            f"the board {mac(1)} was exchanged for {mac(2)} while it was written; "
            f"put {mac(1)} in again"
        )
    assert other.flash.written == 0
    assert not identity_bytes(first)


def test_an_identity_never_goes_to_a_chip_that_took_the_place_silently(tmp_path: Path) -> None:
    # The flasher on the chip goes on, only the address is another: the last look before it.
    board = BlankBoard(mac(1))
    with table(tmp_path, identities(1)) as at:
        board.flash.on_write = lambda _offset: board.become(mac(2))
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.SWAPPED
    assert not identity_bytes(board)


def test_a_board_of_another_chip(tmp_path: Path) -> None:
    board = BlankBoard(mac(1), "esp32c3")
    with table(tmp_path, identities(1)) as at:
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.WRONG_CHIP
        assert english(at).startswith("a board with ESP32-C3; the batch has images for ESP32.")
        assert not at.batch.boards()
    assert board.flash.written == 0


def test_a_flash_that_is_too_small(tmp_path: Path) -> None:
    with table(tmp_path, identities(1)) as at:
        at.begin()
        at.sockets[0].plug(BlankBoard(mac(1), flash_bytes=2 * MIB))
        assert at.ends_badly().layer is Layer.FLASH_SIZE
        assert "flash of 2 MB, 4 MB are needed" in english(at)
        assert not at.batch.boards()


def test_a_busy_port_names_the_program_and_goes_on_when_it_is_free(tmp_path: Path) -> None:
    wanted = identities(1)
    board = BlankBoard(mac(1))
    with table(tmp_path, wanted) as at:
        at.sockets[0].plug(board)
        other = serial.Serial(str(at.sockets[0].path))
        at.begin()
        assert at.ends_badly().layer is Layer.BUSY
        assert f"({os.getpid()}); end it" in english(at)
        # It is tried again and again, and told loudly once.
        until(lambda: at.shown.wrong[0].why in [what for _, what in at.shown.steps])
        other.close()
        at.finished()
        assert len(at.shown.wrong) == 1
    assert has(board, wanted[0])


def test_an_adapter_without_a_driver_is_told_once(tmp_path: Path) -> None:
    missing = said("flash.no_driver", module="ch341")
    looks: list[Said | None] = []

    def drivers() -> Said | None:
        looks.append(missing)
        return missing

    with table(tmp_path, identities(1)) as at:
        at.begin(drivers)
        until(lambda: len(looks) > 3)
        assert at.shown.told == [missing]


def test_a_chip_that_is_not_in_boot_mode_goes_on_when_boot_is_held(tmp_path: Path) -> None:
    wanted = identities(1)
    board = BlankBoard(mac(1))
    board.listens = False
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.BOOT_MODE
        assert "hold BOOT, press RESET" in english(at)
        board.listens = True
        at.finished()
    assert has(board, wanted[0])


def test_what_is_read_back_must_be_what_was_written(tmp_path: Path) -> None:
    board = BlankBoard(mac(1))

    def worn(offset: int, data: bytes) -> bytes:
        return data[:-1] + b"\0" if offset == APPLICATION_AT else data

    board.flash.spoil = worn
    with table(tmp_path, identities(1)) as at:
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.CONTENT
        assert "not what was written (application at 0x10000)" in english(at)
        (bound,) = at.batch.boards()
        assert bound.stage is Stage.BOUND
    assert not identity_bytes(board)


def test_more_boards_than_identities(tmp_path: Path) -> None:
    with table(tmp_path, identities(1), sockets=2) as at:
        at.begin()
        at.sockets[0].plug(BlankBoard(mac(1)))
        until(lambda: bool(at.batch.boards()))
        spare = BlankBoard(mac(2))
        at.sockets[1].plug(spare)
        assert at.ends_badly().layer is Layer.NO_IDENTITY
        assert "all 1 identities for ESP32 have their boards" in english(at)
    assert spare.flash.written == 0


def test_a_board_that_is_kept_for_a_device_that_is_not_to_be_written(tmp_path: Path) -> None:
    wanted = identities(2)
    board = BlankBoard(mac(1))
    with table(tmp_path, wanted[1:]) as at:
        at.batch.bind(mac(1), ["d0"])
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.NO_IDENTITY
        assert "this board is kept for d0, which is not to be written now" in english(at)
    assert board.flash.written == 0


def test_a_chip_that_no_identity_is_for(tmp_path: Path) -> None:
    with opened(tmp_path / "batch") as batch:
        desk = Desk(batch, {"esp32c3": PARTS}, identities(1))
        with pytest.raises(Trouble) as caught:
            desk.claim(Found("esp32c3", mac(1), 4 * MIB))
        assert "no identity of this batch is for ESP32-C3" in str(caught.value.why)


def test_no_identity_goes_out_when_the_journal_cannot_be_written(tmp_path: Path) -> None:
    board = BlankBoard(mac(1))
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    batch = Batch(database)
    # SQLite's own way to run out of room, which it tells as that of a disk.
    database.execute("PRAGMA max_page_count = 3")
    with pytest.raises(Trouble):  # noqa: PT012
        for number in range(2_000):
            batch.bind(f"earlier {number}", [f"e{number}"])
    with closing(database), table_of(tmp_path, batch, identities(1)) as at:
        at.begin()
        at.sockets[0].plug(board)
        assert at.ends_badly().layer is Layer.JOURNAL
        assert "the journal of the batch cannot be written (database or disk is full)" in english(
            at
        )
    assert board.flash.written == 0


def test_ctrl_c_leaves_no_process_and_no_second_identity(tmp_path: Path) -> None:
    wanted = identities(2)
    board = BlankBoard(mac(1))
    hold = Hold(board)
    with table(tmp_path, wanted) as at:
        at.begin()
        at.sockets[0].plug(board)
        until(hold.reached.is_set)
        hold.go_on.set()
        assert at.flasher is not None
        at.flasher.close()
        at.finished()
        assert users_of(str(at.sockets[0].path)) == []
        assert not at.shown.wrong
        board.flash.on_write = None
        at.begin()
        until(lambda: bool(at.shown.done))
        assert [bound.device for bound in at.batch.boards()] == ["d0"]
    assert has(board, wanted[0])
