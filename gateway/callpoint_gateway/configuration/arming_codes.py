"""Codes with which people arm and disarm from afar, kept as salted hashes only.

The file has a line for each and is nobody else's to read; ``callpoint partitions code`` makes it:

    guard = "scrypt:<salt>:<hash>"                                          every partition
    flat-a = { code = "scrypt:<salt>:<hash>", partitions = ["flat-a"] }     only these

Whoever has the file can try few digits out, so the hash is slow.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec

from callpoint_gateway.configuration.privacy import Unsaid, who
from callpoint_gateway.configuration.secret_file import private_lines
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import of, said

SHORTEST: Final = 4
LONGEST: Final = 32
COST: Final = 1 << 14
_KIND: Final = "scrypt"


class Code(msgspec.Struct, frozen=True):
    """The code of a role. ``partitions``: for which it is; none: for all."""

    role: str
    salt: bytes
    hashed: bytes
    partitions: tuple[str, ...] = ()

    def opens(self, partition: str) -> bool:
        """Say whether it is for this partition."""
        return not self.partitions or partition in self.partitions


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line that names partitions."""

    code: str
    partitions: Annotated[list[str], msgspec.Meta(min_length=1)]


def hash_of(code: str, salt: bytes) -> bytes:
    """Return the hash of a code. Slow by intention."""
    return hashlib.scrypt(code.encode(), salt=salt, n=COST, r=8, p=1, dklen=32)


def sealed(code: str) -> str:
    """Return a code as it stands in the file. ValueError for one that is too short or long."""
    if not SHORTEST <= len(code) <= LONGEST:
        raise ValueError(said("code.length", least=SHORTEST, most=LONGEST))
    salt = os.urandom(16)
    return f"{_KIND}:{salt.hex()}:{hash_of(code, salt).hex()}"


def line(role: str, code: str, partitions: Sequence[str] = ()) -> str:
    """Return the line of a code. ValueError as ``sealed``."""
    if not partitions:
        return f'{role} = "{sealed(code)}"'
    names = ", ".join(f'"{name}"' for name in partitions)
    return f'{role} = {{ code = "{sealed(code)}", partitions = [{names}] }}'


def codes(path: Path) -> list[Code]:
    """Return the codes of a file. ConfigError names the line, and never shows a hash."""
    found = []
    for role, value, number in private_lines(path, 'role = "scrypt:..."'):
        try:
            found.append(_code(role, value))
        except Unsaid as error:
            raise ConfigError(error.why, path, number) from None
        except (ValueError, msgspec.ValidationError):
            # Its own words may hold the hash.
            raise ConfigError(of(role, said("code.none")), path, number) from None
    return found


def _code(role: str, value: object) -> Code:
    """Return the code of a line. Unsaid for the role; ValueError and msgspec's for the rest."""
    checked = who(role)
    told = _Line(value, []) if isinstance(value, str) else msgspec.convert(value, _Line)
    kind, salt, hashed = told.code.split(":")
    if kind != _KIND:
        raise ValueError("no code")
    return Code(checked, bytes.fromhex(salt), bytes.fromhex(hashed), tuple(told.partitions))
