"""RSA-2048 with SHA-256, PKCS#1 v1.5 (RFC 8017, section 8.2.2): verify only.

The whole recovered block is compared with the one that there must be, so that no parser of
padding can be talked into anything.
"""

from micropython import const

SIZE = const(256)
_EXPONENT = const(65_537)
_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def verifies(modulus: bytes, signature: bytes, digest: bytes) -> bool:
    """Say whether ``signature`` (256 bytes) is one of this SHA-256 digest by this key."""
    if len(modulus) != SIZE or len(signature) != SIZE or len(digest) != 32:
        return False
    key = int.from_bytes(modulus, "big")
    number = int.from_bytes(signature, "big")
    if not modulus[0] & 0x80 or not key & 1 or number >= key:
        return False
    found = pow(number, _EXPONENT, key).to_bytes(SIZE, "big")
    padding = SIZE - 3 - len(_DIGEST_INFO) - 32
    return found == b"\x00\x01" + b"\xff" * padding + b"\x00" + _DIGEST_INFO + digest
