"""The one-time code with which a gateway enrols at its district: what a person types or reads out.

It has 44 letters and digits, in groups of four:

- 24 say which district it is: the first 120 bits of the SHA-256 of its authority's certificate.
  The gateway sends nothing to anybody else, so nobody has to be trusted on first use. To make
  another authority with the same 120 bits is out of reach.
- 16 are the secret, 80 random bits: the district knows by it which gateway may enrol.
- 4 are a check of the others, so that a mistake is found before anything is sent.

The letters are those of Crockford's base 32 (https://www.crockford.com/base32.html): without I, L,
O and U, so that they can be told apart when they are read out. I and L are read as 1, O as 0.
"""

import hashlib
import secrets
from typing import Final, NamedTuple

from callpoint_gateway.words.said import said

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_DISTRICT, _SECRET, _CHECK = 24, 16, 4
_ALL: Final = _DISTRICT + _SECRET + _CHECK
_GROUP: Final = 4


class Code(NamedTuple):
    """A code: which district, and the secret."""

    district: str
    secret: str

    @property
    def text(self) -> str:
        """The code as people see it."""
        whole = self.district + self.secret + _check(self.district + self.secret)
        return "-".join(whole[at : at + _GROUP] for at in range(0, _ALL, _GROUP))


def new_code(authority: bytes) -> Code:
    """Return a code that nobody has seen, for the district with this authority (DER)."""
    secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET))
    return Code(fingerprint(authority), secret)


def fingerprint(authority: bytes) -> str:
    """Return how a code names a district: by the certificate (DER) of its authority."""
    return _letters(hashlib.sha256(authority).digest(), _DISTRICT)


def read_code(typed: str) -> Code:
    """Return the code that a person has typed. ValueError says what is wrong with it."""
    letters = typed.upper().translate(_READ_AS)
    if strange := sorted(set(letters) - set(_LETTERS)):
        raise ValueError(said("enrol.letters", letters=" ".join(strange)))
    if len(letters) != _ALL:
        raise ValueError(said("enrol.length", found=len(letters), wanted=_ALL))
    code = Code(letters[:_DISTRICT], letters[_DISTRICT : _DISTRICT + _SECRET])
    if letters[_DISTRICT + _SECRET :] != _check(code.district + code.secret):
        raise ValueError(said("enrol.mistyped"))
    return code


def _check(letters: str) -> str:
    return _letters(hashlib.sha256(letters.encode()).digest(), _CHECK)


def _letters(data: bytes, count: int) -> str:
    """Return the first 5 * ``count`` bits as letters."""
    number = int.from_bytes(data) >> (8 * len(data) - 5 * count)
    return "".join(_LETTERS[number >> (5 * (count - 1 - at)) & 31] for at in range(count))
