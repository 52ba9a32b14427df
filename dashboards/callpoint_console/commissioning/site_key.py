"""The key with which a site signs its hand-over reports: made at the first report, never shown."""

from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from callpoint_gateway.host.made_once import make_once

KEY: Final = "handover.key"


class KeyFault(Exception):
    """The key in a file cannot be used; the text is the file."""


def site_key(file: Path) -> Ed25519PrivateKey:
    """Return the key in a file, which is made (mode 0600) if there is none. KeyFault."""
    try:
        if not file.exists():
            _make(file)
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFault(str(file)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFault(str(file))
    return key


def _make(file: Path) -> None:
    key = Ed25519PrivateKey.generate()
    make_once(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_key(pem: bytes) -> Ed25519PublicKey | None:
    """Return a public key, None if the bytes are no Ed25519 key as PEM."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None
