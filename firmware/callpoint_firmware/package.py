"""The header of an update package: what it is for and who says so; layout in ``UPDATE.md``."""

import hashlib
import json
from binascii import unhexlify

from callpoint_firmware import signature
from callpoint_protocol.names import (
    FAULT_UPDATE_HARDWARE,
    FAULT_UPDATE_PRODUCT,
    FAULT_UPDATE_SEQUENCE,
    FAULT_UPDATE_SIGNATURE,
    FAULT_UPDATE_SIZE,
    MAX_SEQ,
)

_MAGIC = b"CALLPFW1"


class Refused(Exception):
    """The package is not for this device; ``args[0]`` is the fault to tell."""


def check(
    header: bytes, keys: list[bytes], product: str, hardware: int, sequence: int, room: int
) -> tuple[int, int, int, bytes]:
    """Return (size of the header, sequence, size, SHA-256) of a package this device may take.

    ``header`` are the package's first bytes, ``keys`` the moduli that may sign, ``room`` the bytes
    of the slot. The signature comes first: nothing else is read before it is verified.
    """
    length = header[8] | header[9] << 8 if len(header) >= 10 else 0
    end = 10 + length
    if header[:8] != _MAGIC or len(header) < end + signature.SIZE:
        raise Refused(FAULT_UPDATE_SIGNATURE)
    digest = hashlib.sha256(header[:end]).digest()
    signed = header[end : end + signature.SIZE]
    if not any(signature.verifies(key, signed, digest) for key in keys):
        raise Refused(FAULT_UPDATE_SIGNATURE)
    manifest = json.loads(header[10:end])
    if manifest["product"] != product:
        raise Refused(FAULT_UPDATE_PRODUCT)
    if hardware not in manifest["hardware"]:
        raise Refused(FAULT_UPDATE_HARDWARE)
    offered, size, digest = manifest["sequence"], manifest["size"], unhexlify(manifest["sha256"])
    # The store would keep the lowest 32 bits only, and take old packages from then on.
    if not (isinstance(offered, int) and isinstance(size, int)) or offered > MAX_SEQ:
        raise ValueError
    if offered <= sequence:
        raise Refused(FAULT_UPDATE_SEQUENCE)
    if not 0 < size <= room:
        raise Refused(FAULT_UPDATE_SIZE)
    return end + signature.SIZE, offered, size, digest
