"""What a carrier has learnt of a centre, and must know again after a restart."""

from collections.abc import Awaitable, Callable


async def _nowhere() -> None:
    """Keep nothing."""


class Memory(dict[str, int]):
    """Is stored with the next delivery; with ``keep`` at once, for what a centre relies on."""

    def __init__(self, store: Callable[[], Awaitable[None]] = _nowhere) -> None:
        """``store`` puts everything on the disk."""
        super().__init__()
        self._store = store

    async def keep(self) -> None:
        """Return when everything is on the disk. JournalError when it cannot be."""
        await self._store()
