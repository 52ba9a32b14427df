"""One image as a boot loader of Espressif takes it: header, segments, checksum, SHA-256.

Layout: ESP-IDF, *App Image Format*.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"\xe9"
DESCRIPTION: Final = b"\x32\x54\xcd\xab"
"""Magic of ``esp_app_desc_t``, with which an application's first segment begins."""
DESCRIPTION_AT: Final = 0x20
HEADER: Final = 24
"""Bytes of the header."""
_SEGMENT: Final = 8
_CHIP_AT: Final = 12
_HAS_HASH_AT: Final = 23
_ALIGNED: Final = 16
_HASH: Final = 32


class Truncated(Exception):
    """The bytes end before the image does."""


class Damaged(Exception):
    """It is no image, or its hash is not that of its bytes."""


@dataclass(frozen=True)
class EspImage:
    """``content`` is the image with its hash, ``rest`` the bytes that follow it."""

    chip_id: int
    content: bytes
    rest: bytes


def chip_id(content: bytes) -> int:
    """Return the chip's number in a header."""
    return int.from_bytes(content[_CHIP_AT : _CHIP_AT + 2], "little")


def is_application(content: bytes) -> bool:
    """Say whether this begins as an application does; a boot loader has no description."""
    return content.startswith(MAGIC) and content[DESCRIPTION_AT:].startswith(DESCRIPTION)


def first_image(content: bytes) -> EspImage:
    """Return the image at the beginning of some bytes; raises Truncated, Damaged."""
    if len(content) < HEADER:
        raise Truncated
    if not content.startswith(MAGIC) or content[_HAS_HASH_AT] != 1:
        raise Damaged
    end = HEADER
    for _ in range(content[1]):
        size = int.from_bytes(content[end + 4 : end + _SEGMENT], "little")
        end += _SEGMENT + size
        if end > len(content):
            raise Truncated
    end += _ALIGNED - end % _ALIGNED  # the checksum is the last byte before the border
    whole = end + _HASH
    if whole > len(content):
        raise Truncated
    if hashlib.sha256(content[:end]).digest() != content[end:whole]:
        raise Damaged
    return EspImage(chip_id(content), content[:whole], content[whole:])
