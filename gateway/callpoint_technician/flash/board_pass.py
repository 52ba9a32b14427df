"""One pass over one board: what it is, what it gets, all of it read back, and its start.

The order is such that a board that was left half done never runs with what it had before under a
name that is not its own: identity, spool and state are erased first, the identity comes last.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from callpoint_gateway.words.said import Said, said
from callpoint_technician.flash.batch import Board, Stage
from callpoint_technician.flash.desk import Desk
from callpoint_technician.flash.port_client import PortClient
from callpoint_technician.flash.trouble import Layer, Trouble, swapped
from callpoint_technician.image.parts import IDENTITY, FlashPart, sectors


class Row(Protocol):
    """A port's row on the screen."""

    def step(self, what: Said) -> None:
        """Show what is being done."""

    def device(self, name: str) -> None:
        """Show whose identity it is."""

    def total(self, count: int) -> None:
        """Begin a bar of so many bytes."""

    def more(self, count: int) -> None:
        """Move the bar."""


class Outcome(NamedTuple):
    """The board, and whether it had everything already."""

    board: Board
    already: bool


def write_board(port: str, client: PortClient, desk: Desk, row: Row, baud: int) -> Outcome:
    """Write the board at a port; Trouble if it cannot be done."""
    row.step(said("flash.step.connect"))
    found = client.open(port, baud)
    parts = desk.parts(found)
    with desk.at(port, found.mac):
        board, new = desk.claim(found)
        row.device(board.device)
        place = next(part for part in parts if part.name == IDENTITY)
        if board.stage >= Stage.WRITTEN:
            _check_finished(client, board, place)
            client.restart()
            return Outcome(board, True)
        row.step(said("flash.step.erase"))
        _write(client, replace(place, data=b""), row)
        _write_firmware(client, parts, row, new)
        _check_same(client, found.mac)
        row.step(said("flash.step.identity"))
        identity = desk.identity(board)
        desk.batch.writing(found.mac, identity.digest, len(identity.image))
        whole = replace(place, data=identity.image)
        _write(client, whole, row)
        _verify(client, [whole])
        _check_same(client, found.mac)
        desk.written(board)
        _restart(client)
    return Outcome(board, False)


def _write_firmware(client: PortClient, parts: Sequence[FlashPart], row: Row, new: bool) -> None:
    """Write all parts but the identity; of a board that was begun earlier, what is missing."""
    firmware = [part for part in parts if part.name != IDENTITY]
    row.total(sum(len(part.data) for part in firmware))
    for part in sorted(firmware, key=lambda part: bool(part.data)):
        row.step(said("flash.step.write") if part.data else said("flash.step.erase"))
        if new or _differs(client, part):
            _write(client, part, row)
        else:
            row.more(len(part.data))
    row.step(said("flash.step.verify"))
    _verify(client, firmware)


def _write(client: PortClient, part: FlashPart, row: Row) -> None:
    """Write a part, and erase what is reserved for it behind it."""
    if part.data:
        client.write(part.offset, part.data, row.more)
    begin = sectors(len(part.data))
    rest = part.reserve - begin
    # To look takes a chip a fraction of the time that it takes to erase.
    if rest and client.md5(part.offset + begin, rest) != _erased(rest):
        client.erase(part.offset + begin, rest)


def _differs(client: PortClient, part: FlashPart) -> bool:
    """Say whether a part is not on the flash, or what is reserved behind it is not erased."""
    size, rest = len(part.data), part.reserve - len(part.data)
    if size and client.md5(part.offset, size) != _md5(part.data):
        return True
    return bool(rest) and client.md5(part.offset + size, rest) != _erased(rest)


def _verify(client: PortClient, parts: Sequence[FlashPart]) -> None:
    for part in parts:
        if _differs(client, part):
            why = said("flash.content", part=part.name, offset=f"{part.offset:#x}")
            raise Trouble(Layer.CONTENT, why)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _erased(size: int) -> str:
    return _md5(b"\xff" * size)


def _check_same(client: PortClient, mac: str) -> None:
    now = client.mac()
    if now != mac:
        raise swapped(mac, now)


def _check_finished(client: PortClient, board: Board, place: FlashPart) -> None:
    """Refuse a board with the address of a finished one that has not its identity."""
    if client.md5(place.offset, board.size) != board.digest:
        why = said("flash.same_mac", mac=board.mac, device=board.device)
        raise Trouble(Layer.SAME_MAC, why)


def _restart(client: PortClient) -> None:
    """Start the board; one that was pulled out already starts by itself."""
    try:
        client.restart()
    except Trouble as trouble:
        if trouble.layer not in (Layer.VANISHED, Layer.SILENT, Layer.SWAPPED):
            raise
