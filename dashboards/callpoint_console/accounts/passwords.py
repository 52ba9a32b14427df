"""Passwords: how they are kept, and which are refused.

argon2id with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, two passes, one
lane), which a Raspberry Pi computes in about 0.1 s. The rules are those of NIST SP 800-63B-4,
3.1.1.2: length counts, composition does not, and what everybody tries is refused.
"""

import itertools
import re
import unicodedata
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST: Final = 12
MOST: Final = 256
_BESIDE_LOGIN: Final = 8  # characters that are not the login name
_MEMORY_KIB: Final = 19 * 1024

# What people put around a word so that it is long enough, and the signs they put into it.
_AROUND: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_SIGNS: Final = str.maketrans("@431!05$7", "aaeilosst")
_COMMON: Final = frozenset(
    Path(__file__).with_name("common_words.txt").read_text(encoding="ascii").split()
)
_ROWS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "5201314521131413145211314",
)


def normal(password: str) -> str:
    """Return a password in the one form that is hashed, however it was typed (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def mistake(password: str, login: str) -> str | None:
    """Return the key of the text that says why a new password is refused; None: it is taken."""
    chosen = normal(password)
    if len(chosen) < LEAST:
        return "password.short"
    if len(chosen) > MOST:
        return "password.long"
    lower = chosen.lower()
    if len(lower.replace(login, "")) < _BESIDE_LOGIN:
        return "password.login"
    return "password.common" if _guessed_first(lower) else None


def _guessed_first(lower: str) -> bool:
    if len(set(lower)) < 5 or _repeats(lower):
        return True
    word = _AROUND.sub("", lower)
    spellings = {word, word.translate(_SIGNS), _AROUND.sub("", lower.translate(_SIGNS))}
    if not word or any(_made_of_common(spelling) for spelling in spellings):
        return True
    return _along_a_row(lower) * 3 >= len(lower) * 2


def _repeats(text: str) -> bool:
    """Say whether a text is a shorter one again and again."""
    return any(
        text == (text[:length] * len(text))[: len(text)] for length in range(1, len(text) // 2 + 1)
    )


def _made_of_common(word: str) -> bool:
    """Say whether a word is put together from common ones alone."""
    ends = {0}
    for end in range(1, len(word) + 1):
        if any(
            word[start:end] in _COMMON for start in range(max(0, end - 13), end) if start in ends
        ):
            ends.add(end)
    return len(word) in ends


def _along_a_row(text: str) -> int:
    """Return how many characters stand in runs of four or more along a row of keys or digits."""
    covered = 0
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        count, at = 0, 0
        while at < len(text) - 3:
            run = 0
            for length in itertools.count(4):
                if at + length > len(text) or text[at : at + length] not in row:
                    break
                run = length
            count += run
            at += run or 1
        covered = max(covered, count)
    return covered


class Passwords:
    """Hashes and compares; each call takes some 30 to 100 ms and 19 MiB, so one at a time."""

    def __init__(self) -> None:
        """Prepare a hash for logins that do not exist, so that they take as long."""
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)
        self._nobody = self._hasher.hash("nobody has this password")

    def hashed(self, password: str) -> str:
        """Return what is stored of a password."""
        return self._hasher.hash(normal(password))

    def right(self, stored: str | None, password: str) -> bool:
        """Say whether the password is the stored one; as slow if nothing is stored."""
        try:
            self._hasher.verify(stored or self._nobody, normal(password)[: MOST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    def outdated(self, stored: str) -> bool:
        """Say whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)
