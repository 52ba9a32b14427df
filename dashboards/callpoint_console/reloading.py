"""Notices that the configuration or the register was changed, and has the console use it.

A change counts once the files have stayed the same for a look, since editors write in steps. What
cannot be used is said on the pages, and the console goes on with what it had.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Generic, TypeVar

from callpoint_gateway.words.said import Said

LOOK_S: Final = 2.0

T = TypeVar("T")


class Unusable(Exception):
    """What was loaded cannot be used; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Reloading(Generic[T]):
    """Watches files while ``run`` runs.

    ``loaded``: what is to be used instead, once there is something; ``trouble``: why a change is
    not used.
    """

    def __init__(self, files: Iterable[Path], load: Callable[[], T]) -> None:
        """``load`` returns what the files say now. Unusable: it cannot be used."""
        self._files, self._load = tuple(files), load
        self._used = self._content()
        self.loaded: T | None = None
        self.trouble: Said | None = None

    async def run(self, told: Callable[[], None], end: Callable[[], None]) -> None:
        """Look again and again; ``told`` after each new ``trouble``, ``end`` when loaded."""
        before = self._used
        tried = self._used
        while self.loaded is None:
            await asyncio.sleep(LOOK_S)
            content = await asyncio.to_thread(self._content)
            settled, before = content == before, content
            if not settled or content == tried:
                continue
            tried = content
            trouble = None
            if content != self._used:
                try:
                    self.loaded = await asyncio.to_thread(self._load)
                except Unusable as error:
                    trouble = error.why
            if trouble != self.trouble:
                self.trouble = trouble
                told()
        end()

    def _content(self) -> tuple[bytes | None, ...]:
        """Return a digest of each file; None: it cannot be read."""
        return tuple(map(_digest, self._files))


def _digest(file: Path) -> bytes | None:
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return None
