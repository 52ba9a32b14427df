"""Seals records with AES-256-GCM (NIST SP 800-38D) by a key in a file of its own.

A sealed record is one byte of version, a nonce of 12 random bytes, and the ciphertext with its
tag. The record's id is its associated data, so a record cannot stand under another id.
"""

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callpoint_gateway.host.made_once import make_once
from callpoint_gateway.words.said import said_by
from callpoint_people.words import PeopleError

KEY_BYTES: Final = 32
_NONCE: Final = 12
_VERSION: Final = b"\x01"


class Seal:
    """Seals and opens records with one key."""

    def __init__(self, key: bytes) -> None:
        """``key``: 32 bytes."""
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, id: str, record: bytes) -> bytes:
        """Return a record sealed under its id."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, record, _VERSION + id.encode())

    def open(self, id: str, sealed: bytes) -> bytes:
        """Return the record. PeopleError: another key, another id, or it was changed."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, rest, version + id.encode())
        except (InvalidTag, ValueError):
            raise PeopleError("key.wrong", person=id) from None

    def derived(self, purpose: bytes) -> bytes:
        """Return 32 bytes that follow from the key, others for each purpose (RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, None, purpose).derive(self._key)


def read_key(path: Path) -> bytes:
    """Return the key in a file. PeopleError: it is missing, open to others, or no key."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise PeopleError("key.open", path=path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise PeopleError("key.missing", path=path) from None
    except OSError as error:
        raise PeopleError("file.unusable", path=path, reason=said_by(error)) from None
    except ValueError:
        raise PeopleError("key.bad", path=path) from None
    if len(key) != KEY_BYTES:
        raise PeopleError("key.bad", path=path)
    return key


def make_key(path: Path) -> None:
    """Write a new key into a file that only its owner may use, unless there is one.

    OSError: it cannot be written.
    """
    make_once(path, f"{os.urandom(KEY_BYTES).hex()}\n".encode())
