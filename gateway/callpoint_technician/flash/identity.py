"""The identity that a board is to have, ready to be written."""

import hashlib
from typing import NamedTuple


class Identity(NamedTuple):
    """``chip``: name in ``chips.CHIPS`` of the boards that it is for. ``image``: with secrets."""

    device: str
    chip: str
    image: bytes

    @property
    def digest(self) -> str:
        """The MD5 by which a chip says what it holds."""
        return hashlib.md5(self.image, usedforsecurity=False).hexdigest()

    def __repr__(self) -> str:
        # A traceback or a log must not show the keys.
        return f"Identity({self.device!r}, {self.chip!r})"
