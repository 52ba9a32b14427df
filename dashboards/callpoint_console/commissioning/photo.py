"""A photo of a mounted device, made harmless: it draws, and says nothing of where and by whom.

A JPEG file keeps the segments that draw (ITU-T T.81, B.1.1.3; JFIF 1.02) and loses EXIF, XMP,
comments, previews, and whatever stands behind its end. Its orientation (EXIF 2.3, tag 0x0112) is
kept as a number beside it. A PNG file is made harmless as a plan is (``storeys.png``).
"""

import struct
from typing import Final, NamedTuple

from callpoint_console.storeys import png
from callpoint_console.storeys.picture import PNG, BadPicture

MOST_BYTES: Final = 6 * 1024 * 1024
JPEG: Final = "image/jpeg"
MOST_PIXELS: Final = 64_000_000
#: By the EXIF orientation: how far a picture is turned to the right, in degrees. Mirrored ones
#: (2, 4, 5, 7) come from no camera; they are shown as they are.
_TURNS: Final = {3: 180, 6: 90, 8: 270}
_START: Final = b"\xff\xd8"
_SOS, _EOI, _APP0, _APP1, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; Huffman
#: DQT, DHT, DRI, the frames, a scan.
_DRAW: Final = frozenset({0xDB, 0xC4, 0xDD, _SOS}) | _FRAMES


class BadPhoto(ValueError):
    """The file cannot be used as a photo."""


class Photo(NamedTuple):
    """A harmless photo; ``turn``: to be turned to the right by so many degrees."""

    media: str
    content: bytes
    width: int
    height: int
    turn: int


def photo_of(content: bytes) -> Photo:
    """Return an uploaded file as a harmless photo. BadPhoto: it is no usable PNG or JPEG file.

    It is at most ``MOST_BYTES`` long, as its endpoint sees to.
    """
    if content.startswith(_START):
        return _jpeg(content)
    try:
        drawn = png.harmless(content)
    except BadPicture as bad:
        raise BadPhoto(str(bad)) from bad
    return Photo(PNG, drawn.content, int(drawn.width), int(drawn.height), 0)


def _jpeg(content: bytes) -> Photo:
    parts, at, size, turn, scanned = [_START], 2, (0, 0), 0, False
    while True:
        marker, body, at = _segment(content, at)
        if marker == _EOI:
            break
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            turn = _TURNS.get(_orientation(body[6:]), 0)
        if marker in _FRAMES:
            if size != (0, 0) or len(body) < 6:
                raise BadPhoto("frame")
            height, width = struct.unpack_from(">HH", body, 1)
            size = width, height
        # Adobe's segment says how the colours are to be taken; it has 12 bytes, and no more.
        adobe = marker == _APP14 and body.startswith(b"Adobe") and len(body) == 12
        if marker in _DRAW or adobe:
            parts.append(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body)
        elif not (_APP0 <= marker <= 0xEF or marker == 0xFE):
            raise BadPhoto("segment")
        if marker == _SOS:
            end = _end_of_scan(content, at)
            parts.append(content[at:end])
            scanned, at = True, end
    width, height = size
    if not scanned or not width or not height or width * height > MOST_PIXELS:
        raise BadPhoto("size")
    return Photo(JPEG, b"".join(parts) + bytes((0xFF, _EOI)), width, height, turn)


def _segment(content: bytes, at: int) -> tuple[int, bytes, int]:
    """Return marker and body of the segment at a position, and where the next begins."""
    while content[at : at + 2] == b"\xff\xff":  # fill bytes (B.1.1.2)
        at += 1
    if at + 2 > len(content) or content[at] != 0xFF:
        raise BadPhoto("marker")
    marker = content[at + 1]
    if marker == _EOI:
        return marker, b"", at + 2
    if at + 4 > len(content):
        raise BadPhoto("length")
    (length,) = struct.unpack_from(">H", content, at + 2)
    end = at + 2 + length
    if length < 2 or end > len(content):
        raise BadPhoto("length")
    return marker, content[at + 4 : end], end


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where a scan's data ends: at a marker that is no restart and no stuffed byte."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise BadPhoto("scan")
        following = content[at + 1]
        if following and not 0xD0 <= following <= 0xD7:
            return at
        at += 2


def _orientation(tiff: bytes) -> int:
    """Return the orientation that EXIF data states, 1 (as it is) if they state none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return 1
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    if first + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    for number in range(count):
        at = first + 2 + 12 * number
        if at + 12 > len(tiff):
            break
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if (tag, kind, values) == (0x0112, 3, 1):
            return int(value)
    return 1
