"""Encryption of DC-09 frames: AES-128, -192 or -256 in CBC mode (clause 5.4).

The initial vector is 16 zero bytes for every message (5.4.6), so only the random pad in
front of the text keeps equal messages from having equal ciphertext: it is drawn anew for
each frame. The pad never holds ``[``, ``]`` or ``|`` (5.4.4), which is how the other side
finds its end. There is no authentication in this protocol beyond the checksum.
"""

import secrets
import string
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from callpoint_gateway.protocols.dc09.errors import FrameError
from callpoint_gateway.words.said import said

BLOCK: Final = 16
KEY_LENGTHS: Final = (16, 24, 32)
_PAD: Final = (string.ascii_letters + string.digits).encode("ascii")
_NO_PAD: Final = bytes(set(range(256)).difference(_PAD))
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def key_from_text(text: str) -> bytes:
    """Return the key that an installer typed.

    16, 24 or 32 ASCII characters are the key bytes themselves, as pysiaalarm and Home
    Assistant read them; 48 or 64 hexadecimal digits are 24 or 32 bytes. 32 hexadecimal
    digits could be either: with ``hex:`` in front they (and 48 or 64) are digits, without
    it they are characters. ValueError never repeats the key.
    """
    digits = text.removeprefix("hex:")
    marked = digits != text
    if marked or len(text) in (48, 64):
        if len(digits) not in (32, 48, 64) or not _HEX.issuperset(digits):
            raise ValueError(said("frame.key_digits"))
        return bytes.fromhex(digits)
    if len(text) not in KEY_LENGTHS or not text.isascii():
        raise ValueError(said("frame.key_text"))
    return text.encode("ascii")


def random_pad(length: int) -> bytes:
    """Return ``length`` random letters and digits.

    The standard allows every byte but ``[``, ``]`` and ``|``. Receivers that treat the decrypted
    frame as text refuse what is no UTF-8.
    """
    pad = bytearray()
    while len(pad) < length:
        pad += secrets.token_bytes(4 * length).translate(None, _NO_PAD)
    return bytes(pad[:length])


class Cipher:
    """Seals and opens the part of a frame behind the bracket that opens the data.

    ``least_pad`` is 1 in the 2013 edition and in common practice, 16 in the 2026 edition as
    read by siadc09, which also leaves the bar out when there are no data.
    """

    def __init__(
        self,
        key: bytes,
        pad: Callable[[int], bytes] = random_pad,
        *,
        least_pad: int = 1,
        bar_without_data: bool = True,
    ) -> None:
        if len(key) not in KEY_LENGTHS:
            raise ValueError("key: not 16, 24 or 32 bytes")
        self._cipher = BlockCipher(AES(key), CBC(bytes(BLOCK)))
        self._pad = pad
        self._least_pad = least_pad
        self._bar_without_data = bar_without_data

    def seal(self, text: bytes) -> bytes:
        """Return the ciphertext of ``text``, which starts with the data block's content."""
        bar = b"|" if self._bar_without_data or not text.startswith(b"]") else b""
        length = self._least_pad + -(self._least_pad + len(bar) + len(text)) % BLOCK
        encryptor = self._cipher.encryptor()
        return encryptor.update(self._pad(length) + bar + text) + encryptor.finalize()

    def open(self, sealed: bytes) -> bytes:
        """Return the text behind the pad; FrameError if there can be none."""
        if not sealed or len(sealed) % BLOCK:
            raise FrameError(said("frame.blocks"))
        decryptor = self._cipher.decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        bar = padded.find(b"|")
        if bar >= 0:
            return padded[bar + 1 :]
        bracket = padded.find(b"]")
        if bracket < 0:
            raise FrameError(said("frame.other_key"))
        return padded[bracket:]
