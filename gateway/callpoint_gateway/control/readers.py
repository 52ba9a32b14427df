"""Lets the users and groups of ``[control]`` read the journals, without a right to write them."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from callpoint_gateway.control.access import Access
from callpoint_gateway.host.access_list import admit

#: A user or group that is made later may read after this time.
AGAIN_S: Final = 60.0
_JOURNALS: Final = ("*.db", "*.db-wal", "*.db-shm")

log = logging.getLogger(__name__)


class Readers:
    """The readers of a state directory. ``run`` until cancelled."""

    def __init__(self, state_dir: Path, access: Access) -> None:
        """``state_dir`` and the journals in it are this user's."""
        self._folder = state_dir
        self._access = access
        self._said = ""

    def admit(self) -> None:
        """Admit who has a role now, and nobody else. OSError: there are no such lists here."""
        uids, gids = self._access.readers()
        owner = self._folder.stat().st_uid
        files = [file for pattern in _JOURNALS for file in self._folder.glob(pattern)]
        for file in (self._folder, *files):
            admit(file, uids - {0, owner}, gids)

    async def run(self) -> None:
        """Admit again and again, for ever."""
        while True:
            try:
                # Names may come over the network.
                await asyncio.to_thread(self.admit)
            except OSError as error:
                if str(error) != self._said:
                    self._said = str(error)
                    log.warning(
                        "who has a role in [control] cannot be let read %s (%s); add them to the "
                        "group of that folder",
                        self._folder,
                        error.strerror,
                    )
            await asyncio.sleep(AGAIN_S)
