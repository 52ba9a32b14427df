"""Random tokens: what a browser or a link carries, and what is stored of it.

A token has 256 bits from the kernel. Only its SHA-256 is stored, so that a stolen file opens no
session: nobody finds 256 random bits by trying.
"""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
MOST: Final = 64  # characters; what is longer was never given out


def new_token() -> str:
    """Return a token for a cookie or a link: 43 characters that need no quoting."""
    return secrets.token_urlsafe(_BYTES)


def stored(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token[: MOST + 1].encode("utf-8", "surrogatepass")).digest()
