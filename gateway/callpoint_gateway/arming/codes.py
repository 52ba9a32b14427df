"""Codes with which people arm and disarm from afar, kept as salted hashes only.

The file has a line ``role = "scrypt:<salt>:<hash>"`` for each and is nobody else's to read;
``callpoint partitions code`` makes the line. Whoever has the file can try few digits out, so the
hash is slow.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.alarms.said import Unsaid, who
from callpoint_gateway.clock import Clock
from callpoint_gateway.secret_file import private_lines
from callpoint_gateway.toml_file import ConfigError

SHORTEST: Final = 4
LONGEST: Final = 32
MISSES: Final = 5
LOCKED_MS: Final = 300_000
_COST: Final = 1 << 14
_KIND: Final = "scrypt"


class Code(msgspec.Struct, frozen=True):
    """The code of a role."""

    role: str
    salt: bytes
    hashed: bytes


def _hash(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=_COST, r=8, p=1, dklen=32)


def sealed(code: str) -> str:
    """Return a code as it stands in the file. ValueError for one that is too short or long."""
    if not SHORTEST <= len(code) <= LONGEST:
        raise ValueError(f"a code has {SHORTEST} to {LONGEST} characters")
    salt = os.urandom(16)
    return f"{_KIND}:{salt.hex()}:{_hash(code, salt).hex()}"


def codes(path: Path) -> list[Code]:
    """Return the codes of a file. ConfigError names the line, and never shows a hash."""
    found = []
    for role, value, line in private_lines(path, 'role = "scrypt:..."'):
        try:
            kind, salt, hashed = value.split(":")
            one = Code(who(role), bytes.fromhex(salt), bytes.fromhex(hashed))
        except Unsaid as error:
            raise ConfigError(str(error), path, line) from None
        except (AttributeError, ValueError):
            kind = ""
        if kind != _KIND:
            raise ConfigError(
                f"{role}: no code; make the line with: callpoint partitions code", path, line
            )
        found.append(one)
    return found


class Keypad:
    """Tells whose code it is, and takes no more for a while after several wrong ones."""

    def __init__(self, known: list[Code], clock: Clock) -> None:
        """``known``: the codes that are right."""
        self._known = known
        self._clock = clock
        self._misses = 0
        self._until_ms = 0

    @property
    def locked(self) -> bool:
        """No code is taken now."""
        return self._clock.monotonic_ms() < self._until_ms

    def role_of(self, code: str) -> str | None:
        """Return whose code it is, None if it is nobody's or if the keypad is locked. Slow."""
        if self.locked:
            return None
        role = None
        for one in self._known:
            # Every one is tried, so that the time says nothing.
            if hmac.compare_digest(_hash(code[:LONGEST], one.salt), one.hashed):
                role = one.role
        self._misses = 0 if role else self._misses + 1
        if self._misses >= MISSES:
            self._misses = 0
            self._until_ms = self._clock.monotonic_ms() + LOCKED_MS
        return role
