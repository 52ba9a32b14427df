"""Makes a PNG file harmless: only the parts that draw are kept (PNG, third edition, 5 and 11).

Texts, times, positions of a camera, and whatever stands behind the end are left out.
"""

import struct
import zlib
from typing import Final

from callpoint_console.storeys.picture import PNG, BadPicture, Picture, check_sides

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS: Final = 40_000_000
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"})


def harmless(content: bytes) -> Picture:
    """Return a PNG file without anything that does not draw. BadPicture: it is none."""
    if not content.startswith(SIGNATURE):
        raise BadPicture("storey.no_png")
    parts, at, width, height = [SIGNATURE], len(SIGNATURE), 0, 0
    seen: set[bytes] = set()
    while b"IEND" not in seen:
        name, body, whole, at = _chunk(content, at)
        if not seen:
            if name != b"IHDR" or len(body) != 13:
                raise BadPicture("storey.no_png")
            width, height = struct.unpack(">II", body[:8])
        elif name == b"IHDR":
            raise BadPicture("storey.no_png")
        seen.add(name)
        if name in _KEPT:
            parts.append(whole)
        elif not name[0] & 0x20:  # a part that must be understood, and is not
            raise BadPicture("storey.no_png")
    if b"IDAT" not in seen:
        raise BadPicture("storey.no_png")
    check_sides(width, height)
    if width * height > MOST_PIXELS:
        raise BadPicture("storey.bad_size")
    return Picture(PNG, b"".join(parts), width, height)


def _chunk(content: bytes, at: int) -> tuple[bytes, bytes, bytes, int]:
    """Return name and body of the part at a position, the whole of it, and where it ends."""
    if at + 12 > len(content):
        raise BadPicture("storey.no_png")
    (length,) = struct.unpack_from(">I", content, at)
    end = at + 12 + length
    if end > len(content):
        raise BadPicture("storey.no_png")
    name, body = content[at + 4 : at + 8], content[at + 8 : end - 4]
    if struct.unpack_from(">I", content, end - 4)[0] != zlib.crc32(name + body):
        raise BadPicture("storey.no_png")
    return name, body, content[at:end], end
