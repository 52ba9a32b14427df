"""A gateway that stores entries all the time, and can be put back to an old copy of its state."""

import asyncio
import random
import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    Type,
)
from callpoint_protocol import names

from ..folded import rows_of
from ..played_gateway import PlayedGateway, panic

#: It asks so often whether the district's database was put back, in seconds.
ROUND_S: Final = 2.0
_STATES: Final = (names.ALARM, names.RESTORE)


class LoadedGateway(PlayedGateway):
    """A journal under load, and its line."""

    def __init__(self, folder: Path, address: str, name: str, chance: random.Random) -> None:
        """``address``: the engine's, as this gateway reaches it."""
        super().__init__(folder, address, name, ROUND_S)
        self.name = name
        self._chance = chance
        self._copy = folder / "copy.db"
        self._journal_use = asyncio.Lock()
        self._loading: asyncio.Task[None] | None = None
        self._told: list[NewEntry] = []  # what its devices have told it lately
        self._rests = False

    def load(self) -> None:
        """Begin to store entries all the time."""
        self._rests = False
        self._loading = asyncio.ensure_future(self._store_all_the_time())

    async def rest(self) -> None:
        """Store nothing more. What storing raised is raised here."""
        self._rests = True
        if self._loading is not None:
            loading, self._loading = self._loading, None
            await loading

    async def _store_all_the_time(self) -> None:
        while not self._rests:
            async with self._journal_use:
                await self.store(*self._entries())
            await asyncio.sleep(self._chance.uniform(0.0, 0.05))

    def _entries(self) -> list[NewEntry]:
        chance = self._chance
        count = chance.choice([1, 1, 1, 5, 30])
        if chance.random() < 0.02:
            count = 400  # behind by more than is sent without copies of urgent entries
        told = [self._event(f"b{secrets.token_hex(5)}") for _ in range(count)]
        sensor = EventBody(
            "estate", names.PANIC, chance.choice(_STATES), 1, 0, 1, 0, 1, Quality.AGE, "flat-7"
        )
        told.append(
            NewEntry(Type.EVENT, sensor, f"s{chance.randrange(3)}", 1, secrets.randbits(40))
        )
        self._told = [*self._told, *told][-500:]
        source = f"centre/{chance.randrange(4)}"
        fault = FaultBody(source, chance.random() < 0.5, "a test")
        return [*told, NewEntry(Type.FAULT, fault), *self._acts()]

    def _event(self, device: str) -> NewEntry:
        """Return an alarm, or more often an event that raises none."""
        event = panic(1, device)
        if self._chance.random() < 0.3:
            return event
        assert isinstance(event.body, EventBody)
        body = msgspec.structs.replace(event.body, state=names.RESTORE)
        return msgspec.structs.replace(event, body=body)

    def _acts(self) -> list[NewEntry]:
        """Return what people did: one thing with any alarm, and most of the last are closed."""
        if (head := self.chain.head()) == 0:
            return []
        act = self._chance.choice(list(Action))
        about = [(act, self._chance.randint(1, head))]
        if self._chance.random() < 0.9:
            about += [(Action.CLOSE, each) for each in range(max(1, head - 40), head + 1)]
        return [
            NewEntry(
                Type.ACTION,
                ActionBody(act, "operator", "cli", Cause.TEST if act is Action.CLOSE else None),
                about=position,
            )
            for act, position in about
        ]

    @property
    def has_copy(self) -> bool:
        """Whether ``copy`` has kept a state."""
        return self._copy.exists()

    async def copy(self) -> None:
        """Keep a copy of the state of this moment."""
        async with self._journal_use:
            self._copy.unlink(missing_ok=True)
            with (
                closing(sqlite3.connect(self.file)) as own,
                closing(sqlite3.connect(self._copy)) as other,
            ):
                own.backup(other)

    async def put_back(self) -> set[bytes]:
        """Go on from the copy. Return the hashes of all entries that had a receipt before.

        Devices then send again some of what the copy has not.
        """
        async with self._journal_use:
            receipted = self.receipted
            await self.stop()
            hashes = {row.hash for row in rows_of(self.file) if row.position <= receipted}
            for file in self.file.parent.glob(f"{self.file.name}*"):
                file.unlink()
            shutil.copy(self._copy, self.file)
            self.start()
            await self.store(*(each for each in self._told if self._chance.random() < 0.3))
        return hashes

    async def restart(self) -> None:
        """End the line and begin again from what is on disk."""
        async with self._journal_use:
            await self.stop()
            self.start()
