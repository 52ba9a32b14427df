"""What the flasher and the process of a port say to each other, over pipes.

A frame is its length (four bytes, the highest first) and MessagePack. An identity travels in it
and in no argument, environment or file, where others could read it.
"""

import struct
from typing import IO, Final

import msgspec

from callpoint_gateway.words.said import Said
from callpoint_technician.flash.trouble import Layer

_LENGTH: Final = struct.Struct(">I")


class Open(msgspec.Struct, frozen=True, tag=True):
    """Open a port and bring its chip into the flasher; the answer is ``Found``."""

    port: str
    baud: int


class Erase(msgspec.Struct, frozen=True, tag=True):
    """Erase whole sectors; the answer is ``Done``."""

    offset: int
    size: int


class Write(msgspec.Struct, frozen=True, tag=True):
    """Write; the answer is ``Done``, and before it come ``Told``."""

    offset: int
    data: bytes


class Digest(msgspec.Struct, frozen=True, tag=True):
    """Ask for the MD5 of what is on the flash; the answer is ``Text``."""

    offset: int
    size: int


class Address(msgspec.Struct, frozen=True, tag=True):
    """Ask for the address of the chip that is there now; the answer is ``Text``."""


class Restart(msgspec.Struct, frozen=True, tag=True):
    """Start what is on the flash; the answer is ``Done``."""


class Found(msgspec.Struct, frozen=True, tag=True):
    """The chip by its name in ``chips.CHIPS``, its address and the bytes of its flash."""

    chip: str
    mac: str
    flash_bytes: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is done."""


class Text(msgspec.Struct, frozen=True, tag=True):
    """What was asked for."""

    text: str


class Told(msgspec.Struct, frozen=True, tag=True):
    """More bytes have been written."""

    count: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It went wrong; the process ends."""

    layer: Layer
    why: Said


Order = Open | Erase | Write | Digest | Address | Restart
Reply = Found | Done | Text | Told | Failed
_ORDERS: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)
_REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)


def send(file: IO[bytes], message: Order | Reply) -> None:
    """Write a frame. OSError: the other side has gone."""
    content = msgspec.msgpack.encode(message)
    file.write(_LENGTH.pack(len(content)) + content)
    file.flush()


def _frame(file: IO[bytes]) -> bytes:
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    content = file.read(length)
    if len(content) < length:
        raise EOFError
    return content


def order(file: IO[bytes]) -> Order:
    """Return the next order. EOFError: the flasher has gone."""
    return _ORDERS.decode(_frame(file))


def reply(file: IO[bytes]) -> Reply:
    """Return the next reply. EOFError: the process of the port has ended."""
    return _REPLIES.decode(_frame(file))
