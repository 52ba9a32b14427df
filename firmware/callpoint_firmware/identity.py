"""Who a board is: a partition that the host writes whole and the device only reads.

8  b"CALLPIDN"    2  layout, 1    4  length of the settings    n  settings, JSON    32  SHA-256
Numbers are little endian; the digest covers everything before it, because a text that was cut can
parse as a smaller object. What follows is not looked at. Errors name what is wrong and show none
of the content, which holds passwords and keys.
"""

import hashlib
import json
import struct
from binascii import a2b_base64

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.board import Flash

_MAGIC = b"CALLPIDN"
_LAYOUT = const(1)
_HEAD = const(14)
_DIGEST = const(32)


def _read(flash: Flash, buf: bytearray) -> None:
    """Fill ``buf`` from the beginning of the partition."""
    size = flash.ioctl(5, 0)
    view = memoryview(buf)
    for at in range(0, len(buf), size):
        flash.readblocks(at // size, view[at : at + size], 0)


def _material(text: str) -> bytes:
    """Return TLS material as bytes: PEM as it is, DER from its base64."""
    return text.encode() if text.startswith("-----") else a2b_base64(text)


def _settings(text: Any) -> dict[str, Any] | None:
    """Return the settings with TLS material as bytes, None if they are none."""
    try:
        content = json.loads(text)
        tls = content.get("tls") or {}
        for key in ("ca", "cert", "key"):
            if key in tls:
                tls[key] = _material(tls[key])
    except (AttributeError, TypeError, ValueError):
        return None
    return content


def read(flash: Flash) -> dict[str, Any]:
    """Return what ``settings.Settings`` takes; ValueError says why it cannot be believed."""
    room = flash.ioctl(4, 0) * flash.ioctl(5, 0)
    head = bytearray(_HEAD)
    _read(flash, head)
    magic, layout, length = struct.unpack("<8sHI", head)
    if magic != _MAGIC:
        raise ValueError("identity: " + ("blank" if head == b"\xff" * _HEAD else "wrong magic"))
    if layout != _LAYOUT:
        raise ValueError("identity: layout %d, not %d" % (layout, _LAYOUT))
    end = _HEAD + length
    if end + _DIGEST > room:
        raise ValueError("identity: truncated")
    whole = bytearray(end + _DIGEST)
    _read(flash, whole)
    view = memoryview(whole)
    if view[end:] == b"\xff" * _DIGEST:
        raise ValueError("identity: truncated")
    if hashlib.sha256(view[:end]).digest() != view[end:]:
        raise ValueError("identity: wrong digest")
    content = _settings(view[_HEAD:end])
    if content is None:
        raise ValueError("identity: not settings")
    return content
