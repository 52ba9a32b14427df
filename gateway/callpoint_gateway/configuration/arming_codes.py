"""Codes with which people arm and disarm from afar, kept as salted hashes only.

The file has a line ``role = "scrypt:<salt>:<hash>"`` for each and is nobody else's to read;
``callpoint partitions code`` makes the line. Whoever has the file can try few digits out, so the
hash is slow.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.configuration.privacy import Unsaid, who
from callpoint_gateway.configuration.secret_file import private_lines
from callpoint_gateway.configuration.toml_file import ConfigError

SHORTEST: Final = 4
LONGEST: Final = 32
COST: Final = 1 << 14
_KIND: Final = "scrypt"


class Code(msgspec.Struct, frozen=True):
    """The code of a role."""

    role: str
    salt: bytes
    hashed: bytes


def hash_of(code: str, salt: bytes) -> bytes:
    """Return the hash of a code. Slow by intention."""
    return hashlib.scrypt(code.encode(), salt=salt, n=COST, r=8, p=1, dklen=32)


def sealed(code: str) -> str:
    """Return a code as it stands in the file. ValueError for one that is too short or long."""
    if not SHORTEST <= len(code) <= LONGEST:
        raise ValueError(f"a code has {SHORTEST} to {LONGEST} characters")
    salt = os.urandom(16)
    return f"{_KIND}:{salt.hex()}:{hash_of(code, salt).hex()}"


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
