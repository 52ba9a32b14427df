"""Links in messages, by which a person acknowledges an alarm: signed, expiring, for one use.

A link shows the alarm to whoever has it, also to the machines of a messenger, which open every
link: opening neither acts nor uses it up. Whoever acts presses a button there and logs in.
A link holds no name and no id of a person.
"""

import base64
import binascii
import hmac
import struct
from typing import Final

import msgspec

from callpoint_people.sealing import Seal
from callpoint_people.words import PeopleError

PURPOSE: Final = b"callpoint links"
_FORM: Final = struct.Struct(">BQQI")  # version, alarm, message, expiry
_VERSION: Final = 1
# 128 bits, as in RFC 2104, 5: at least half of the hash.
_TAG: Final = 16


class Link(msgspec.Struct, frozen=True):
    """A link about ``alarm`` in the message ``message``; ``expires_s``: Unix seconds."""

    alarm: int
    message: int
    expires_s: int

    @property
    def id(self) -> bytes:
        """What is remembered of it once it was used."""
        return _FORM.pack(_VERSION, self.alarm, self.message, self.expires_s)


class Links:
    """Makes links, and reads those that it made."""

    def __init__(self, seal: Seal) -> None:
        """The key of the signatures follows from the people's key."""
        self._key = seal.derived(PURPOSE)

    def _tag(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:_TAG]

    def token(self, link: Link) -> str:
        """Return a link as 50 characters of a URL."""
        content = link.id
        return base64.urlsafe_b64encode(content + self._tag(content)).rstrip(b"=").decode()

    def read(self, token: str, now_s: int) -> Link:
        """Return the link of a token. PeopleError: it was not made here, or has expired."""
        try:
            whole = base64.b64decode(
                token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, ValueError):
            raise PeopleError("link.invalid") from None
        content, tag = whole[: _FORM.size], whole[_FORM.size :]
        if len(content) < _FORM.size or not hmac.compare_digest(tag, self._tag(content)):
            raise PeopleError("link.invalid")
        version, alarm, message, expires_s = _FORM.unpack(content)
        if version != _VERSION:
            raise PeopleError("link.invalid")
        if now_s >= expires_s:
            raise PeopleError("link.expired")
        return Link(alarm, message, expires_s)
