"""Frames of GB/T 26875.3-2011, byte for byte, and a reader for a stream of them.

    40 40 serial(2) 01 user(1) time(6) source(6) destination(6) n(2) command data(n) sum 23 23

Numbers are low byte first. The sum is that of the bytes from the serial to the data, modulo 256.
Nothing is escaped: 40 40 and 23 23 may stand in data, so a frame is known by its length.
"""

import struct
from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said, said

START: Final = b"@@"
END: Final = b"##"
VERSION: Final = 1
MOST_DATA: Final = 1024
_HEAD: Final = struct.Struct("<2sHBB6s6s6sHB")
_TAIL: Final = 3
SHORTEST: Final = _HEAD.size + _TAIL
_LONGEST_ADDRESS: Final = 1 << 48


class Command(IntEnum):
    """What a frame is for."""

    CONTROL = 1
    SEND = 2
    CONFIRM = 3
    REQUEST = 4
    RESPONSE = 5
    DENY = 6


class FrameError(ValueError):
    """What cannot stand in a frame, or does not; the text names the field."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame. ``at`` is local time, as the standard has it, of the transmission.

    ``source`` and ``destination`` are the 6 bytes as a number; ``user`` is the user's version.
    """

    command: Command
    serial: int
    at: datetime
    source: int
    destination: int
    data: bytes = b""
    user: int = 1


class Wrong(msgspec.Struct, frozen=True):
    """Bytes that are no frame. ``serial``: that of the frame that it may have been."""

    why: str
    serial: int | None = None


def time_bytes(at: datetime) -> bytes:
    """Return second, minute, hour, day, month and year of the century."""
    if not 2000 <= at.year <= 2099:
        raise FrameError(said("frame.years"))
    return bytes((at.second, at.minute, at.hour, at.day, at.month, at.year - 2000))


def time_from_bytes(six: bytes) -> datetime:
    """Return the local time of six bytes. FrameError if there is no such moment."""
    second, minute, hour, day, month, year = six
    try:
        return datetime(2000 + year, month, day, hour, minute, second)
    except ValueError:
        raise FrameError(said("frame.moment", six=six.hex(" "))) from None


def checksum(counted: bytes) -> int:
    """Return the low byte of the sum."""
    return sum(counted) & 0xFF


def build(frame: Frame) -> bytes:
    """Return the bytes of a frame. FrameError for what cannot stand in one."""
    for name, value, end in (
        ("serial", frame.serial, 1 << 16),
        ("user version", frame.user, 1 << 8),
        ("source", frame.source, _LONGEST_ADDRESS),
        ("destination", frame.destination, _LONGEST_ADDRESS),
        ("data length", len(frame.data), MOST_DATA + 1),
    ):
        if not 0 <= value < end:
            raise FrameError(said("frame.field", name=name, most=end - 1))
    head = _HEAD.pack(
        START,
        frame.serial,
        VERSION,
        frame.user,
        time_bytes(frame.at),
        frame.source.to_bytes(6, "little"),
        frame.destination.to_bytes(6, "little"),
        len(frame.data),
        frame.command,
    )
    counted = head[2:] + frame.data
    return START + counted + bytes([checksum(counted)]) + END


def parse(raw: bytes) -> Frame:
    """Return the frame that ``raw`` is, from 40 40 to 23 23. FrameError says what is wrong."""
    if len(raw) < SHORTEST:
        raise FrameError(said("frame.short"))
    start, serial, version, user, label, source, destination, length, command = _HEAD.unpack(
        raw[: _HEAD.size]
    )
    if start != START:
        raise FrameError(said("frame.start"))
    if length > MOST_DATA:
        raise FrameError(said("frame.more", length=length, most=MOST_DATA))
    if len(raw) != SHORTEST + length:
        raise FrameError(said("frame.inside", length=length, size=len(raw)))
    if raw[-2:] != END:
        raise FrameError(said("frame.end"))
    if raw[-3] != checksum(raw[2:-3]):
        raise FrameError(
            said("frame.checksum", checksum=f"{raw[-3]:02X}", actual=f"{checksum(raw[2:-3]):02X}")
        )
    if version != VERSION:
        raise FrameError(said("frame.version", version=version))
    if command not in Command.__members__.values():
        raise FrameError(said("frame.command", command=command))
    return Frame(
        command=Command(command),
        serial=serial,
        at=time_from_bytes(label),
        source=int.from_bytes(source, "little"),
        destination=int.from_bytes(destination, "little"),
        data=raw[_HEAD.size : -_TAIL],
        user=user,
    )


class FrameReader:
    """Finds frames in a stream of bytes, whatever the portions and whatever stands between."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, portion: bytes) -> Iterator[Frame | Wrong]:
        """Yield what is complete with ``portion``."""
        self._waiting += portion
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> Frame | Wrong | None:
        at = self._waiting.find(START)
        if at:
            # A last 40 may be the first half of a start.
            kept = self._waiting[-1:] == START[:1] if at < 0 else False
            skipped = len(self._waiting) - kept if at < 0 else at
            del self._waiting[:skipped]
            if skipped:
                return Wrong(f"{skipped} bytes that are no frame")
        if len(self._waiting) < SHORTEST:
            return None
        head = _HEAD.unpack(self._waiting[: _HEAD.size])
        serial, version, length = head[1], head[2], head[7]
        if version != VERSION:
            # No start of a frame, whatever length it would have.
            del self._waiting[:1]
            return Wrong(f"version: {version} is not known")
        whole = SHORTEST + length
        if length <= MOST_DATA and len(self._waiting) < whole:
            return self._inside()
        try:
            frame = parse(bytes(self._waiting[:whole]))
        except FrameError as error:
            # Whole and wrong: it is passed over. Not even whole: a frame may begin inside it, even
            # with the second 40, and whose serial that was is not known.
            ended = length <= MOST_DATA and self._waiting[whole - 2 : whole] == END
            del self._waiting[: whole if ended else 1]
            return Wrong(str(error), serial if ended or length > MOST_DATA else None)
        del self._waiting[:whole]
        return frame

    def _inside(self) -> Wrong | None:
        """Pass over a start that is none, when a whole frame stands behind it."""
        at = self._waiting.find(START, 1)
        while at >= 0:
            ahead = bytes(self._waiting[at:])
            length = int.from_bytes(ahead[24:26], "little")
            try:
                parse(ahead[: SHORTEST + length])
            except FrameError:
                at = self._waiting.find(START, at + 1)
                continue
            del self._waiting[:at]
            return Wrong(f"{at} bytes that are no frame")
        return None
