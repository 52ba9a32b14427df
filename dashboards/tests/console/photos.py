"""Small photos as a phone makes them, with what a photo says beside its picture."""

import struct
import zlib


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(orientation: int = 1) -> bytes:
    """Return an EXIF segment with an orientation and a place."""
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(">HHII", 0x8825, 4, 1, 38)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 2) + entries + struct.pack(">I", 0)
    return segment(0xE1, b"Exif\0\0" + tiff + b"GPS 31.2304 121.4737")


# The tables of a grey picture of 8 by 8: one quantisation table, one code of one bit each.
_TABLE = segment(0xDB, b"\0" + b"\1" * 64)
_CODES = segment(0xC4, b"\0" + b"\1" + b"\0" * 15 + b"\0") + segment(
    0xC4, b"\x10" + b"\1" + b"\0" * 15 + b"\0"
)


def jpeg(orientation: int = 1, width: int = 8, height: int = 8, extra: bytes = b"") -> bytes:
    """Return a grey JPEG file that browsers draw."""
    frame = segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0))
    scan = segment(0xDA, bytes((1, 1, 0, 0, 63, 0)))
    # Each block is two zero bits, and the last byte is filled up with ones.
    whole, rest = divmod(2 * -(-width // 8) * -(-height // 8), 8)
    data = bytes(whole) + (bytes((0xFF >> rest,)) if rest else b"")
    start = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0") + exif(orientation)
    comment = segment(0xFE, b"taken by a person")
    end = b"\xff\xd9" + b"a second picture behind the end"
    return start + comment + extra + _TABLE + frame + _CODES + scan + data + end


def png() -> bytes:
    """Return a PNG file with a text in it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    text = chunk(b"eXIf", b"MM\0*Exif") + chunk(b"tEXt", b"Author\0a person")
    data = chunk(b"IDAT", zlib.compress(b"\0\x10\x20\0\x30\x40"))
    return b"\x89PNG\r\n\x1a\n" + head + text + data + chunk(b"IEND", b"")
