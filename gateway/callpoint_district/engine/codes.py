"""The one-time codes of a district: ``codes.json`` in the engine's folder. No code is in it.

Each gateway has one at most, and a later one takes the place of the earlier. The file has the
SHA-256 of its secret: 80 random bits need no slower hash. Whoever changes it holds the folder's
lock.
"""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.broker import private_files
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import of, said_by

FILE: Final = "codes.json"
# So long somebody who comes too late hears that, in seconds.
_REMEMBERED_S: Final = 30 * 86_400


class KeptCode(msgspec.Struct):
    """A code. ``used_by``: the public key that has used it, empty if none has.

    Whoever has that key may use it again until it ends: the answer may have been lost.
    """

    gateway: str
    hash: str
    ends_s: int
    used_by: str = ""

    def waits(self, now_s: float) -> bool:
        """Say whether it can still be used for the first time."""
        return not self.used_by and now_s < self.ends_s


class Codes:
    """The codes of a folder as they are now. ``write`` after a change."""

    def __init__(self, folder: Path) -> None:
        """OSError; ValueError: the file cannot be used."""
        self._file = folder / FILE
        self._kept: dict[str, KeptCode] = {}
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=list[KeptCode])
        except FileNotFoundError:
            return
        except NOT_JSON as error:
            raise ValueError(of(FILE, said_by(error))) from error
        self._kept = {kept.gateway: kept for kept in found}

    def __iter__(self) -> Iterator[KeptCode]:
        return iter(self._kept.values())

    def put(self, gateway: str, secret: str, ends_s: int, now_s: float) -> None:
        """Keep a new code for a gateway, and forget those that ended long ago."""
        self._kept[gateway] = KeptCode(gateway, _hash(secret), ends_s)
        self._kept = {
            name: kept for name, kept in self._kept.items() if now_s - kept.ends_s < _REMEMBERED_S
        }

    def find(self, secret: str) -> KeptCode | None:
        """Return the code with a secret."""
        wanted = _hash(secret)
        # All of them are compared, so that the time says nothing.
        same = [kept for kept in self if hmac.compare_digest(kept.hash, wanted)]
        return same[0] if same else None

    def drop(self, gateway: str) -> bool:
        """Forget the code of a gateway; say whether it had one."""
        return self._kept.pop(gateway, None) is not None

    def write(self) -> None:
        """Write the file whole or not at all."""
        private_files.write(self._file, msgspec.json.encode(list(self)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
