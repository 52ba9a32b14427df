"""CoAP messages (RFC 7252) as far as one request and its answer need them. No I/O."""

import struct

from micropython import const

CON = const(0)
ACK = const(2)
RST = const(3)
POST = const(0x02)
_URI_PATH = const(11)
_TOKEN = const(4)


def request(number: int, token: bytes, path: str, payload: bytes) -> bytes:
    """Return a confirmable POST (section 3); ``path`` has parts of at most 255 letters."""
    message = bytearray(struct.pack(">BBH", 0x40 | CON << 4 | _TOKEN, POST, number)) + token
    option = _URI_PATH
    for part in path.split("/"):
        size = len(part)
        if size < 13:
            message.append(option << 4 | size)
        else:
            message.append(option << 4 | 13)
            message.append(size - 13)
        message += part.encode()
        option = 0
    message.append(0xFF)
    return bytes(message) + payload


def empty(kind: int, number: int) -> bytes:
    """Return an empty ACK or RST (section 4.1)."""
    return struct.pack(">BBH", 0x40 | kind << 4, 0, number)


def _extended(body: bytes, at: int, value: int) -> tuple[int, int]:
    """Return an option's delta or length and where it goes on (section 3.1)."""
    if value < 13:
        return value, at
    if value == 13:
        return body[at] + 13, at + 1
    if value == 14:
        return (body[at] << 8 | body[at + 1]) + 269, at + 2
    raise ValueError("option")


def parse(body: bytes) -> tuple[int, int, int, bytes, bytes] | None:
    """Return (type, code, number, token, payload), or None if it is no CoAP message."""
    try:
        first, code, number = struct.unpack_from(">BBH", body, 0)
        size = first & 15
        if first >> 6 != 1 or size > 8 or len(body) < 4 + size:
            return None
        at = 4 + size
        while at < len(body):
            option = body[at]
            at += 1
            if option == 0xFF:
                if at == len(body):
                    return None
                break
            _, at = _extended(body, at, option >> 4)
            size, at = _extended(body, at, option & 15)
            at += size
            if at > len(body):
                return None
    except (ValueError, IndexError):
        return None
    return first >> 4 & 3, code, number, bytes(body[4 : 4 + (first & 15)]), bytes(body[at:])
