"""DC-09 frames, byte for byte (clause 5.5.1).

    LF CRC(4) 0LLL(4) "id" number(4) [Rreceiver] Lprefix #account [data] [X...]* _time CR

Checksum and length cover the body: from the opening quote to the byte before CR, in an
encrypted frame the hexadecimal text as transmitted. ``build`` refuses what no receiver
could read, ``parse`` raises FrameError for every sequence of bytes that is not one whole
frame. What receivers answer is often not quite a frame: that is read by ``reply``.
"""

import re
from datetime import UTC, datetime
from time import gmtime
from typing import Final

import msgspec

from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.errors import FrameError
from callpoint_gateway.words.said import said

LF: Final = b"\n"
CR: Final = b"\r"
MAX_BODY: Final = 0xFFF
LAST_NUMBER: Final = 9999
NEVER_ENCRYPTED: Final = ("NAK", "DUH")
# A NAK stands for no account (1.8 of the fact sheet: "A0" in place of "#account").
NO_ACCOUNT: Final = "A0"

_HEADER: Final = re.compile(
    rb'"(\*?)([A-Z0-9-]{1,16})"([0-9]{4})(?:R([0-9A-Fa-f]{1,6}))?L([0-9A-Fa-f]{1,6})'
    rb"(?:#([0-9A-Fa-f]{3,16})|A0)\["
)
_TAIL: Final = re.compile(rb"([^\[\]]*)\]((?:\[[A-Z][^\[\]]*\])*)(?:_(.{19}))?", re.DOTALL)
_ENVELOPE: Final = re.compile(rb"([0-9A-Fa-f]{4})(0[0-9A-Fa-f]{3})(.*)", re.DOTALL)
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d),(\d\d)-(\d\d)-(\d{4})", re.ASCII)
_CONTROL: Final = bytes(range(0x20))


def _crc_table() -> tuple[int, ...]:
    table = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (0xA001 if entry & 1 else 0)
        table.append(entry)
    return tuple(table)


# Computed, because the table printed in the older DC-07 has a wrong entry 101.
_CRC_TABLE: Final = _crc_table()


def crc16(body: bytes, register: int = 0) -> int:
    """Return CRC-16/ARC of ``body``, going on from ``register``."""
    for byte in body:
        register = register >> 8 ^ _CRC_TABLE[(register ^ byte) & 0xFF]
    return register


def next_number(number: int) -> int:
    """Return the sequence number after ``number``: 1..9999, 0 is for link tests (5.5.1.5)."""
    return number % LAST_NUMBER + 1


class Frame(msgspec.Struct, frozen=True):
    """One frame in clear.

    ``token`` has neither quotes nor star; ``receiver`` and ``prefix`` are hexadecimal digits
    without their letter, ``receiver`` None leaves it out. ``data`` is what stands between
    the brackets, the repeated account included. ``extended`` blocks start with their
    letter. ``time`` is Unix seconds. ``account`` None is the ``A0`` of a NAK.
    """

    token: str
    number: int
    account: str | None
    data: str = ""
    extended: tuple[str, ...] = ()
    time: int | None = None
    receiver: str | None = None
    prefix: str = "0"
    encrypted: bool = False


def time_text(seconds: float) -> str:
    """Return ``HH:MM:SS,MM-DD-YYYY`` in UTC (5.5.1.9)."""
    try:
        year, month, day, hour, minute, second = gmtime(seconds)[:6]
    except (ValueError, OverflowError, OSError):
        raise FrameError(said("frame.time_range")) from None
    if not 1 <= year <= 9999:
        raise FrameError(said("frame.time_range"))
    return f"{hour:02d}:{minute:02d}:{second:02d},{month:02d}-{day:02d}-{year:04d}"


def time_from_text(text: str) -> int:
    """Return the Unix seconds of ``HH:MM:SS,MM-DD-YYYY`` in UTC."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise FrameError(said("frame.time_form"))
    hour, minute, second, month, day, year = map(int, match.groups())
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        raise FrameError(said("frame.time_none")) from None


def wrap(body: bytes) -> bytes:
    """Return ``body`` with line feed, checksum, length and carriage return around it."""
    if len(body) > MAX_BODY:
        raise FrameError(said("frame.long", most=MAX_BODY))
    return LF + b"%04X%04X" % (crc16(body), len(body)) + body + CR


def unwrap(raw: bytes) -> bytes:
    """Return the body of one whole frame with its checksum and length checked."""
    if raw[:1] != LF or raw[-1:] != CR:
        raise FrameError(said("frame.ends"))
    envelope = _ENVELOPE.fullmatch(raw[1:-1])
    if envelope is None:
        raise FrameError(said("frame.envelope"))
    checksum, length, body = envelope.groups()
    if int(length, 16) != len(body):
        raise FrameError(said("frame.length", length=length.decode(), actual=len(body)))
    if int(checksum, 16) != crc16(body):
        raise FrameError(
            said("frame.checksum", checksum=checksum.decode(), actual=f"{crc16(body):04X}")
        )
    return body


def build(frame: Frame, cipher: Cipher | None = None) -> bytes:
    """Return the bytes of ``frame``, sealed with ``cipher`` if it is to be encrypted."""
    if not 0 <= frame.number <= LAST_NUMBER:
        raise FrameError(said("frame.number"))
    if frame.account is None and frame.token != "NAK":
        raise FrameError(said("frame.account"))
    head = f'"{"*" if frame.encrypted else ""}{frame.token}"{frame.number:04d}'
    if frame.receiver is not None:
        head += f"R{frame.receiver}"
    head += f"L{frame.prefix}"
    head += NO_ACCOUNT if frame.account is None else f"#{frame.account}"
    header = _encode(head + "[")
    if _HEADER.fullmatch(header) is None:
        raise FrameError(said("frame.header_parts"))
    tail = _encode(frame.data + "]" + "".join(f"[{block}]" for block in frame.extended))
    match = _TAIL.fullmatch(tail)
    if match is None or match[1] != _encode(frame.data) or LF in tail or CR in tail:
        raise FrameError(said("frame.data"))
    if frame.time is not None:
        tail += _encode("_" + time_text(frame.time))
    if frame.encrypted:
        tail = _seal(frame, tail, cipher)
    return wrap(header + tail)


def _seal(frame: Frame, tail: bytes, cipher: Cipher | None) -> bytes:
    if cipher is None:
        raise FrameError(said("frame.key"))
    if frame.token in NEVER_ENCRYPTED:
        raise FrameError(said("frame.never", token=frame.token))
    if frame.time is None:
        raise FrameError(said("frame.untimed"))
    return cipher.seal(tail).hex().upper().encode("ascii")


def parse(raw: bytes, cipher: Cipher | None = None) -> Frame:
    """Return the frame in ``raw``, from LF to CR, opened with ``cipher`` if encrypted."""
    body = unwrap(raw)
    header = _HEADER.match(body)
    if header is None:
        raise FrameError(said("frame.header"))
    star, token, number, receiver, prefix, account = header.groups()
    if account is None and token != b"NAK":
        raise FrameError(said("frame.account"))
    tail = body[header.end() :]
    if star:
        tail = open_tail(tail, cipher)
    data, extended, time = split_tail(tail)
    if star and time is None:
        raise FrameError(said("frame.untimed"))
    return Frame(
        token=token.decode(),
        number=int(number),
        account=None if account is None else account.decode(),
        data=data,
        extended=extended,
        time=time,
        receiver=None if receiver is None else receiver.decode(),
        prefix=prefix.decode(),
        encrypted=bool(star),
    )


def open_tail(tail: bytes, cipher: Cipher | None) -> bytes:
    """Return the text of an encrypted body's part behind the bracket."""
    if cipher is None:
        raise FrameError(said("frame.key"))
    try:
        sealed = bytes.fromhex(tail.decode("ascii"))
    except ValueError:
        raise FrameError(said("frame.hex")) from None
    # One receiver in the field (ioBroker.sia) adds a PKCS#7 block behind the time.
    return cipher.open(sealed).rstrip(_CONTROL)


def split_tail(tail: bytes) -> tuple[str, tuple[str, ...], int | None]:
    """Return data, extended blocks and time of the clear text behind the bracket."""
    match = _TAIL.fullmatch(tail)
    if match is None:
        raise FrameError(said("frame.tail"))
    data, extended, time = match.groups()
    blocks = tuple(_decode(extended)[1:-1].split("][")) if extended else ()
    return _decode(data), blocks, None if time is None else time_from_text(_decode(time))


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise FrameError(said("frame.text")) from None


def _decode(text: bytes) -> str:
    # Older editions say Windows-1252, the newest UTF-8: keep the bytes whatever they are.
    return text.decode("utf-8", "surrogateescape")
