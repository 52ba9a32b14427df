"""Seal a message with HMAC-SHA-256 (RFC 2104), the same on both interpreters.

A sealed message is the body and 32 bytes that only the two holders of the device's key can make.
The seal covers a context as well, the topic that the message would have over MQTT, so that an
event of one device cannot be passed off as another's, or as an acknowledgement. It hides nothing.
"""

import hashlib

SEAL = 32
MIN_KEY = 16
MAX_KEY = 64
_BLOCK = 64


def _pad(key: bytes, mask: int) -> bytes:
    return bytes([byte ^ mask for byte in key + bytes(_BLOCK - len(key))])


class Sealer:
    """One key. ``seal`` and ``open`` take the context as text."""

    def __init__(self, key: bytes) -> None:
        """Refuse a key that is too short to resist guessing, or longer than a block."""
        if not MIN_KEY <= len(key) <= MAX_KEY:
            raise ValueError("key: %d to %d bytes" % (MIN_KEY, MAX_KEY))
        self._inner = _pad(key, 0x36)
        self._outer = _pad(key, 0x5C)

    def mac(self, text: bytes) -> bytes:
        """Return HMAC-SHA-256 of ``text``."""
        inner = hashlib.sha256(self._inner)
        inner.update(text)
        return hashlib.sha256(self._outer + inner.digest()).digest()

    def seal(self, context: str, body: bytes) -> bytes:
        """Return ``body`` with its seal behind it."""
        return body + self.mac(context.encode() + b"\0" + body)

    def open(self, context: str, sealed: bytes) -> bytes:
        """Return the body; ValueError if it was not sealed so, with this key and context."""
        body = bytes(sealed[:-SEAL])
        found = sealed[-SEAL:]
        if len(found) != SEAL:
            raise ValueError("seal: missing")
        made = self.mac(context.encode() + b"\0" + body)
        differ = 0
        # Every byte is looked at, so that the time taken tells nothing of where they differ.
        for index in range(SEAL):
            differ |= made[index] ^ found[index]
        if differ:
            raise ValueError("seal: wrong")
        return body
